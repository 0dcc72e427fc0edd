package profile

import (
	"fmt"
	"regexp"
	"strings"
	"text/template"

	"github.com/hookdrill/hookdrill/prober/strict"
)

var nameForm = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]*$`)

// identifier reads a key that templates use after a dot.
func identifier(*strict.Node) strict.Value { return portName(new(string)) }

// portName reads a name that templates use after a dot.
func portName(dst *string) strict.Value {
	v := strict.Check(strict.Text(dst), func(*strict.Node) error {
		if !nameForm.MatchString(*dst) {
			return fmt.Errorf("%q: want letters, digits and _, a letter first", *dst)
		}
		return nil
	})
	return strict.Shaped(v, func(s *strict.Schema) {
		s.Pattern, s.ErrorMessage = nameForm.String(), "want letters, digits and _, a letter first"
	})
}

// anyKey reads a key of any form.
func anyKey(*strict.Node) strict.Value { return strict.Text(new(string)) }

// tmpl reads a template.
func tmpl(t *Text) strict.Value {
	v := strict.Text(&t.source)
	return strict.Custom(v.Schema, func(r *strict.Reader, n *strict.Node, what string) {
		v.Read(r, n, what)
		t.Pos, t.what = n.Pos, what
		parsed, err := template.New("").Option("missingkey=error").Funcs(funcs()).Parse(t.source)
		if err != nil {
			r.Add(n.Pos, what, "%s", templateError(err))
			return
		}
		t.tmpl = parsed
	})
}

func pairs(all *[]Pair) strict.Value {
	return strict.Entries{Dotted: true, Key: anyKey, Value: func(key *strict.Node) strict.Value {
		one := Pair{Name: key.Text}
		return strict.Also(tmpl(&one.Value), func(*strict.Node) { *all = append(*all, one) })
	}}
}

// pathForm is what ParsePath takes, but for indexes that are too high.
const pathForm = `^(([^.\[]+|\[(\*|[0-9]+)\])(\.[^.\[]+|\[(\*|[0-9]+)\])*)?$`

// pathTo reads a path, which may be empty.
func pathTo(dst *Path) strict.Value {
	text := ""
	return pathOf(dst, &text, strict.Text(&text))
}

// somePath reads a path that leads somewhere.
func somePath(dst *Path) strict.Value {
	text := ""
	return pathOf(dst, &text, strict.Filled(&text))
}

func pathOf(dst *Path, text *string, v strict.Value) strict.Value {
	return strict.Shaped(strict.Check(v, func(*strict.Node) (err error) {
		*dst, err = ParsePath(*text)
		return err
	}), func(s *strict.Schema) {
		s.Title, s.Pattern, s.ErrorMessage = "a JSON path", pathForm, "want a JSON path such as data[0].id"
	})
}

// pattern reads a regular expression.
func pattern(dst **regexp.Regexp) strict.Value {
	text := ""
	return strict.Check(strict.Text(&text), func(*strict.Node) error {
		re, err := regexp.Compile(text)
		if err != nil {
			return fmt.Errorf("%s", strings.TrimPrefix(err.Error(), "error parsing regexp: "))
		}
		*dst = re
		return nil
	})
}
