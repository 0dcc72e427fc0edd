package strict

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// problem is one thing wrong with a file.
type problem struct {
	Pos

	// what names the part of the file that is wrong; empty: the file.
	what  string
	cause error
}

// Problems collects what is wrong with a file, so that a reader can mend it
// in one go.
type Problems struct {
	// File is the name that messages show.
	File string
	list []problem
}

// maxProblems is how many problems an error tells. More are mostly echoes of
// the first ones.
const maxProblems = 10

// Add notes that the part that what names is wrong; empty: the file.
func (p *Problems) Add(at Pos, what, format string, args ...any) {
	p.AddErr(at, what, fmt.Errorf(format, args...))
}

// AddErr notes what is wrong in the words of an error.
func (p *Problems) AddErr(at Pos, what string, cause error) {
	p.list = append(p.list, problem{at, what, cause})
}

// Len returns how many problems there are.
func (p *Problems) Len() int { return len(p.list) }

// Err joins the problems in the order of the file, at most ten, each as
// `file:line:column: what: cause`; nil where there are none.
func (p *Problems) Err() error {
	slices.SortStableFunc(p.list, func(a, b problem) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Col, b.Col))
	})
	var all []error
	for i, one := range p.list {
		if i == maxProblems {
			all = append(all, fmt.Errorf("%s: and %d more", p.File, len(p.list)-i))
			break
		}
		what := one.what
		if strings.ContainsFunc(what, unicode.IsControl) {
			what = strconv.Quote(what)
		}
		if what != "" {
			what += ": "
		}
		all = append(all, fmt.Errorf("%s:%d:%d: %s%w", p.File, one.Line, one.Col, what, one.cause))
	}
	return errors.Join(all...)
}
