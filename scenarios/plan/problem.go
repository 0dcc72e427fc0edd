package plan

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// problem is one thing wrong with a scenario file.
type problem struct {
	pos
	// what names the part of the file that is wrong; empty: the file.
	what  string
	cause error
}

// problems collects what is wrong with a file, so that a reader can mend it
// in one go.
type problems struct {
	file string
	list []problem
}

// maxProblems is how many problems an error tells. More are mostly echoes of
// the first ones.
const maxProblems = 10

func (p *problems) add(at pos, what, format string, args ...any) {
	p.list = append(p.list, problem{at, what, fmt.Errorf(format, args...)})
}

// err joins the problems in the order of the file, one a line.
func (p *problems) err() error {
	slices.SortStableFunc(p.list, func(a, b problem) int {
		return cmp.Or(cmp.Compare(a.line, b.line), cmp.Compare(a.col, b.col))
	})
	var all []error
	for i, one := range p.list {
		if i == maxProblems {
			all = append(all, fmt.Errorf("%s: and %d more", p.file, len(p.list)-i))
			break
		}
		what := one.what
		if strings.ContainsFunc(what, unicode.IsControl) {
			what = strconv.Quote(what)
		}
		if what != "" {
			what += ": "
		}
		all = append(all, fmt.Errorf("%s:%d:%d: %s%w", p.file, one.line, one.col, what, one.cause))
	}
	return errors.Join(all...)
}

// unknown says that name is not one of known, and which of them was meant.
func unknown(kind, name string, known []string) error {
	// A list that long is of endpoints; looking at each takes seconds.
	if len(known) > 5000 {
		return fmt.Errorf("unknown %s %q", kind, name)
	}
	if near := Nearest(name, known); near != "" {
		return fmt.Errorf("unknown %s %q; did you mean %q?", kind, name, near)
	}
	if len(known) == 0 {
		return fmt.Errorf("unknown %s %q; there are none", kind, name)
	}
	if len(known) > 16 {
		return fmt.Errorf("unknown %s %q", kind, name)
	}
	return fmt.Errorf("unknown %s %q; known: %s", kind, name, strings.Join(known, ", "))
}

// Nearest returns the name that is a slip of the pen away from name, or "".
func Nearest(name string, known []string) string {
	best, least := "", max(len(name)/3, 1)+1
	for _, k := range known {
		if d := distance(strings.ToLower(name), strings.ToLower(k)); d < least {
			best, least = k, d
		}
	}
	return best
}

// distance counts the inserted, removed, replaced and swapped bytes between
// two texts. Texts too long for a name are far from everything: the work
// grows with the product of the lengths.
func distance(a, b string) int {
	if max(len(a), len(b)) > 64 {
		return 64
	}
	before, row, next := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		next[0] = i
		for j := 1; j <= len(b); j++ {
			change := row[j-1]
			if a[i-1] != b[j-1] {
				change++
			}
			next[j] = min(change, row[j]+1, next[j-1]+1)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				next[j] = min(next[j], before[j-2]+1)
			}
		}
		before, row, next = row, next, before
	}
	return row[len(b)]
}
