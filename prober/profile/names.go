package profile

import (
	"slices"
	"strings"

	"github.com/hookdrill/hookdrill/prober/strict"
)

// Names are those that a profile uses but that rooms know which this one does
// not.
type Names struct {
	// Schemes are those of signatures, Guarantees those of checkers, and
	// Scenarios those of the corpus.
	Schemes, Guarantees, Scenarios []string
}

// CheckNames looks up the names in signature and expected. The error holds all
// that are not there, each with file, line and column.
func (p *Profile) CheckNames(n Names) error {
	problems := strict.Problems{File: p.File}
	look := func(at strict.Pos, what, name string, names []string) {
		if !slices.Contains(names, name) {
			problems.Add(at, what, "there is no %q%s", name, orList(strict.DidYouMean(name, names), names))
		}
	}
	if p.Signature != nil {
		look(p.Signature.Pos, "signature.scheme", p.Signature.Scheme, n.Schemes)
	}
	for _, d := range p.Expected {
		look(d.Pos, "expected.guarantee", d.Guarantee, n.Guarantees)
		look(d.Pos, "expected.scenario", d.Scenario, n.Scenarios)
	}
	return problems.Err()
}

// orList gives all names where none is near.
func orList(hint string, names []string) string {
	if hint != "" || len(names) == 0 {
		return hint
	}
	return "; there are " + strings.Join(names, ", ")
}
