package profile

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Path leads to values in a JSON text: keys with dots between them, `[2]` for
// an element and `[*]` for all elements, as in `events[*].target.repository`.
// The empty path leads to the whole text.
type Path struct {
	source string
	steps  []pathStep
}

type pathStep struct {
	key   string
	index int
	all   bool
	// list says that the step is one in brackets.
	list bool
}

// String returns the path as it was written.
func (p Path) String() string { return p.source }

// IsZero reports whether p leads to the whole text.
func (p Path) IsZero() bool { return len(p.steps) == 0 }

// ParsePath reads a path.
func ParsePath(s string) (Path, error) {
	p := Path{source: s}
	for rest := s; rest != ""; {
		switch {
		case rest[0] == '[':
			inner, after, closed := strings.Cut(rest[1:], "]")
			if !closed {
				return Path{}, fmt.Errorf("path %q: a [ without ]", s)
			}
			step := pathStep{list: true, all: inner == "*"}
			if !step.all {
				n, err := strconv.ParseUint(inner, 10, 16)
				if err != nil {
					return Path{}, fmt.Errorf("path %q: [%s]: want a number or *", s, inner)
				}
				step.index = int(n)
			}
			p.steps = append(p.steps, step)
			rest = after
		default:
			if len(p.steps) > 0 {
				if rest[0] != '.' {
					return Path{}, fmt.Errorf("path %q: want a dot or [ before %q", s, rest)
				}
				rest = rest[1:]
			}
			end := strings.IndexAny(rest, ".[")
			if end < 0 {
				end = len(rest)
			}
			if end == 0 {
				return Path{}, fmt.Errorf("path %q: a key is empty", s)
			}
			p.steps = append(p.steps, pathStep{key: rest[:end]})
			rest = rest[end:]
		}
	}
	return p, nil
}

// find returns the values that p leads to, in the order of the text.
func (p Path) find(v any) []any {
	found := []any{v}
	for _, s := range p.steps {
		var next []any
		for _, v := range found {
			next = s.walk(next, v)
		}
		found = next
	}
	return found
}

func (s pathStep) walk(found []any, v any) []any {
	if !s.list {
		if m, ok := v.(map[string]any); ok {
			if v, ok := m[s.key]; ok {
				return append(found, v)
			}
		}
		return found
	}
	list, _ := v.([]any)
	switch {
	case s.all:
		return append(found, list...)
	case s.index < len(list):
		return append(found, list[s.index])
	default:
		return found
	}
}

// scalar renders a JSON value as text; false for lists, objects and null.
func scalar(v any) (string, bool) {
	switch v := v.(type) {
	case string:
		return v, true
	case json.Number:
		return v.String(), true
	case bool:
		return strconv.FormatBool(v), true
	default:
		return "", false
	}
}

// decodeJSON reads one JSON text and keeps numbers as they were written.
func decodeJSON(b []byte) (any, error) {
	d := json.NewDecoder(strings.NewReader(string(b)))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, fmt.Errorf("it is not JSON: %w", err)
	}
	return v, nil
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
