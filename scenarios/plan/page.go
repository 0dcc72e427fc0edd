package plan

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// columns is the width that every line keeps to.
const columns = 80

// page writes text for a terminal of 80 columns and keeps the first error.
type page struct {
	w   io.Writer
	err error
}

func (p *page) line(s string) {
	if p.err == nil {
		_, p.err = fmt.Fprintln(p.w, strings.TrimRight(s, " "))
	}
}

func (p *page) section(format string, args ...any) {
	p.line("")
	p.line(fmt.Sprintf(format, args...))
}

// text writes s behind head, and wraps it under its own beginning.
func (p *page) text(head, s string) {
	indent, line := strings.Repeat(" ", len([]rune(head))), head
	empty := true
	for word := range strings.FieldsSeq(s) {
		switch {
		case empty:
			line += word
		case len([]rune(line))+1+len([]rune(word)) > columns:
			p.line(line)
			line = indent + word
		default:
			line += " " + word
		}
		empty = false
	}
	p.line(line)
}

// grouped writes a number with its thousands apart.
func grouped(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// counted writes a number of things.
func counted(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return grouped(n) + " " + many
}

// names writes the names of endpoints, with us-1..us-20 for a run of them.
func (p *Plan) names(indexes []int) string {
	var parts []string
	for i := 0; i < len(indexes); {
		n := 1
		stem, number := numbered(p.Endpoints[indexes[i]].Name)
		for ; i+n < len(indexes) && number >= 0; n++ {
			s, m := numbered(p.Endpoints[indexes[i+n]].Name)
			if s != stem || m != number+n {
				break
			}
		}
		first, last := p.Endpoints[indexes[i]].Name, p.Endpoints[indexes[i+n-1]].Name
		switch n {
		case 1:
			parts = append(parts, first)
		case 2:
			parts = append(parts, first, last)
		default:
			parts = append(parts, first+".."+last)
		}
		i += n
	}
	const most = 12
	if len(parts) > most {
		parts = append(slices.Clone(parts[:most]), fmt.Sprintf("and %d more", len(parts)-most))
	}
	return strings.Join(parts, ", ")
}

// numbered cuts the number off the end of a name; -1: there is none.
func numbered(name string) (stem string, number int) {
	stem = strings.TrimRight(name, "0123456789")
	number, err := strconv.Atoi(name[len(stem):])
	if err != nil {
		return name, -1
	}
	return stem, number
}
