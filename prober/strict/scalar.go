package strict

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// scalar returns the text of n when it has one of the tags, and else says what
// is wanted.
func scalar(r *Reader, n *Node, what, want string, tags ...string) (string, bool) {
	if n.Kind != ScalarNode || !slices.Contains(tags, n.Tag) {
		r.Wrong(n, what, want)
		return "", false
	}
	return n.Text, true
}

// Text returns a text as it stands in the file, be it `5` or `true`.
func Text(dst *string) Value { return text{dst, false} }

// Filled returns a text that must not be empty.
func Filled(dst *string) Value { return text{dst, true} }

type text struct {
	dst    *string
	filled bool
}

func (t text) Read(r *Reader, n *Node, what string) {
	if n.Kind != ScalarNode || n.Tag == TagNull || t.filled && n.Text == "" {
		r.Wrong(n, what, "a text")
		return
	}
	*t.dst = n.Text
}

func (t text) Schema() *Schema {
	s := &Schema{Type: Types{"string", "number", "boolean"}, Default: orNil(*t.dst)}
	if t.filled {
		s.MinLength = 1
	}
	return s
}

// Typed returns a text that is not written as a number or the like; want says
// what it is, such as "a text".
func Typed(dst *string, want string) Value {
	return Custom(func() *Schema { return &Schema{Type: Types{"string"}, Default: orNil(*dst)} }, func(r *Reader, n *Node, what string) {
		switch {
		case n.Kind == ScalarNode && n.Tag == TagText:
			*dst = n.Text
		case n.Kind == ScalarNode && n.Tag != TagNull:
			r.Add(n.Pos, what, "must be %s, not %s; put it in quotes: %q", want, n, n.Text)
		default:
			r.Wrong(n, what, want)
		}
	})
}

// Printable returns a Typed text that can be shown on a terminal.
func Printable(dst *string) Value {
	return Check(Typed(dst, "a text"), func(n *Node) error {
		if strings.ContainsFunc(n.Text, func(c rune) bool { return unicode.IsControl(c) && c != '\n' && c != '\t' }) {
			return fmt.Errorf("%q has control characters", n.Text)
		}
		return nil
	})
}

// Form returns v, a text made of what the form allows; of says that in words.
func Form(v Value, form *regexp.Regexp, of string) Value {
	return Shaped(Check(v, func(n *Node) error {
		if !form.MatchString(n.Text) {
			return fmt.Errorf("%q must be made of %s", n.Text, of)
		}
		return nil
	}), func(s *Schema) { s.Pattern, s.ErrorMessage = form.String(), "must be made of "+of })
}

// Word returns a text that is one of the words.
func Word[T ~string](dst *T, words ...string) Value {
	schema := func() *Schema { return &Schema{Enum: Words(words...), Default: orNil(string(*dst))} }
	return Custom(schema, func(r *Reader, n *Node, what string) {
		s := ""
		Text(&s).Read(r, n, what)
		switch {
		case n.Kind != ScalarNode || n.Tag == TagNull:
		case slices.Contains(words, s):
			*dst = T(s)
		case len(words) == 1:
			r.Wrong(n, what, words[0])
		default:
			r.Add(n.Pos, what, "%q is none of %s%s", s, strings.Join(words, ", "), DidYouMean(s, words))
		}
	})
}

// OneOf returns a text that is one of the words; kind says what they are.
func OneOf(dst *string, kind string, words ...string) Value {
	return Shaped(Check(Printable(dst), func(n *Node) error {
		if !slices.Contains(words, n.Text) {
			return Unknown(kind, n.Text, words)
		}
		return nil
	}), func(s *Schema) { s.Type, s.Enum = nil, Words(words...) })
}

// Bool returns a truth value, true or false.
func Bool(dst *bool) Value {
	return Custom(func() *Schema { return &Schema{Type: Types{"boolean"}} }, func(r *Reader, n *Node, what string) {
		s, ok := scalar(r, n, what, "true or false", TagBool)
		*dst = ok && strings.EqualFold(s, "true")
	})
}

// Version returns the version of a format: the one that this program reads.
func Version(dst *int, version int) Value {
	return Custom(func() *Schema { return &Schema{Const: version} }, func(r *Reader, n *Node, what string) {
		before := r.Len()
		Int(dst, 0, math.MaxInt32).Read(r, n, what)
		if r.Len() == before && *dst != version {
			r.Add(n.Pos, what, "%d is not known: this hookdrill reads version %d", *dst, version)
		}
	})
}

// Parsed returns a text that parse reads, and want describes, such as "a rate
// such as 2/s".
func Parsed[T any](dst *T, want string, schema func() *Schema, parse func(string) (T, error)) Value {
	return Custom(schema, func(r *Reader, n *Node, what string) {
		s, ok := scalar(r, n, what, want, TagText, TagInt, TagFloat, TagTime)
		if !ok {
			return
		}
		value, err := parse(s)
		if err != nil {
			r.AddErr(n.Pos, what, err)
			return
		}
		*dst = value
	})
}

func orNil(s string) any {
	if s == "" {
		return nil
	}
	return s
}
