package plan

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// fields are the keys of one mapping, read strictly: none twice, none that
// nobody knows. Its methods report what is wrong and go on with a default, so
// that one reading finds all problems.
type fields struct {
	*problems
	// what names the mapping in messages.
	what   string
	at     pos
	values map[string]*node
}

// object reads n as a mapping with some of the keys named by known.
func (p *problems) object(n *node, what string, known ...string) (fields, bool) {
	if n.kind != mappingNode {
		p.add(n.pos, what, "must be a mapping, not %s", n)
		return fields{}, false
	}
	f := fields{p, what, n.pos, map[string]*node{}}
	for _, one := range n.pairs {
		name := one.key.text
		switch {
		case !slices.Contains(known, name):
			p.list = append(p.list, problem{one.key.pos, what, unknown("key", name, known)})
		case f.values[name] != nil:
			p.add(one.key.pos, what, "key %q stands here twice; the first is on line %d", name, f.values[name].line)
		default:
			f.values[name] = one.value
		}
	}
	return f, true
}

func (f fields) has(key string) bool { return f.values[key] != nil }

// require reports the keys that are not there.
func (f fields) require(keys ...string) {
	for _, key := range keys {
		if !f.has(key) {
			f.add(f.at, f.what, "missing key %q", key)
		}
	}
}

// fill reports lists and mappings that must not be empty and are.
func (f fields) fill(keys ...string) {
	for _, key := range keys {
		if n := f.values[key]; n != nil && n.kind != scalarNode && len(n.items)+len(n.pairs) == 0 {
			f.add(n.pos, key, "there are none")
		}
	}
}

// scalar returns the text of a key's value when it has one of the tags.
func (f fields) scalar(key, want string, tags ...string) (string, bool) {
	n := f.values[key]
	if n == nil {
		return "", false
	}
	return f.scalarOf(n, key, want, tags...)
}

func (p *problems) scalarOf(n *node, what, want string, tags ...string) (string, bool) {
	if n.kind != scalarNode || !slices.Contains(tags, n.tag) {
		hint := ""
		if n.kind == scalarNode && n.tag != tagNull && slices.Contains(tags, tagText) {
			hint = fmt.Sprintf("; put it in quotes: %q", n.text)
		}
		p.add(n.pos, what, "must be %s, not %s%s", want, n, hint)
		return "", false
	}
	return n.text, true
}

// text reads a text that can be shown on a terminal.
func (f fields) text(key string) string {
	s, ok := f.scalar(key, "a text", tagText)
	if ok && strings.ContainsFunc(s, func(c rune) bool { return unicode.IsControl(c) && c != '\n' && c != '\t' }) {
		f.add(f.values[key].pos, key, "%q has control characters", s)
	}
	return s
}

// parsed reads a text by a function of notation.go.
func parsed[T any](f fields, key, want string, or T, parse func(string) (T, error)) T {
	s, ok := f.scalar(key, want, tagText, tagInt, tagFloat)
	if !ok {
		return or
	}
	value, err := parse(s)
	if err != nil {
		f.list = append(f.list, problem{f.values[key].pos, key, err})
		return or
	}
	return value
}

func (f fields) duration(key string, or time.Duration) time.Duration {
	return parsed(f, key, "a duration such as 90s", or, parseDuration)
}

// number reads a whole number within bounds.
func (f fields) number(key string, or, least, most int) int {
	s, ok := f.scalar(key, "a whole number", tagInt)
	if !ok {
		return or
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < least || n > most {
		f.add(f.values[key].pos, key, "must be a whole number from %d to %d, not %s", least, most, s)
		return or
	}
	return n
}

func (f fields) float(key string, or, least, most float64) float64 {
	s, ok := f.scalar(key, "a number", tagInt, tagFloat)
	if !ok {
		return or
	}
	v, err := strconv.ParseFloat(s, 64)
	if math.IsNaN(v) || math.IsInf(v, 0) {
		f.add(f.values[key].pos, key, "must be a number, not %s", s)
		return or
	}
	if err != nil || v < least || v > most {
		f.add(f.values[key].pos, key, "must be a number from %g to %g, not %s", least, most, s)
		return or
	}
	return v
}

// each calls read for the items of a list.
func (f fields) each(key string, read func(*node)) {
	n := f.values[key]
	if n == nil {
		return
	}
	if n.kind != listNode {
		f.add(n.pos, key, "must be a list, not %s", n)
		return
	}
	for _, item := range n.items {
		read(item)
	}
}
