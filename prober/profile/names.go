package profile

import (
	"slices"
	"strings"
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
	r := &reader{file: p.File}
	look := func(at place, what, name string, names []string) {
		if !slices.Contains(names, name) {
			names = slices.Clone(names)
			r.atf(at.line, at.col, "%s: there is no %q%s", what, name, orList(didYouMean(name, names), names))
		}
	}
	if p.Signature != nil {
		look(p.Signature.place, "signature.scheme", p.Signature.Scheme, n.Schemes)
	}
	for _, d := range p.Expected {
		look(d.place, "expected.guarantee", d.Guarantee, n.Guarantees)
		look(d.place, "expected.scenario", d.Scenario, n.Scenarios)
	}
	return r.err()
}

// orList gives all names where none is near.
func orList(hint string, names []string) string {
	if hint != "" || len(names) == 0 {
		return hint
	}
	return "; there are " + strings.Join(names, ", ")
}
