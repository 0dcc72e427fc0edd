package profile

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"
)

// reader reads a YAML tree strictly and keeps what is wrong with its place.
// Decoding into structs would lose the places of what is wrong in meaning.
type reader struct {
	file string
	errs []error
}

// errorf notes an error at the place of n.
func (r *reader) errorf(n *yaml.Node, format string, args ...any) {
	r.atf(n.Line, n.Column, format, args...)
}

func (r *reader) atf(line, col int, format string, args ...any) {
	r.errs = append(r.errs, fmt.Errorf("%s:%d:%d: %w", r.file, line, col, fmt.Errorf(format, args...)))
}

func (r *reader) err() error { return errors.Join(r.errs...) }

// root parses the text and returns its mapping, or nil after an error.
func (r *reader) root(text []byte) *yaml.Node {
	var doc yaml.Node
	if err := yaml.Load(text, &doc, yaml.WithSingleDocument()); err != nil {
		var le *yaml.LoadError
		switch {
		case errors.As(err, &le) && le.Mark.Line > 0:
			r.atf(le.Mark.Line, le.Mark.Column, "%s", le.Message)
		case len(bytes.TrimSpace(text)) > 0:
			r.atf(1, 1, "%w", err)
		default:
			r.atf(1, 1, "the file is empty")
		}
		return nil
	}
	if doc.Kind != yaml.DocumentNode || len(doc.Content) != 1 {
		r.atf(1, 1, "the file is empty")
		return nil
	}
	return doc.Content[0]
}

// fields are the keys of a mapping, each with what reads its value.
type fields map[string]func(n *yaml.Node)

// mapping reads a mapping whose keys are known.
func (r *reader) mapping(n *yaml.Node, what string, f fields) {
	r.entries(n, what, func(key, value *yaml.Node) {
		read, known := f[key.Value]
		if !known {
			r.errorf(key, "unknown key %q in %s%s", key.Value, what, didYouMean(key.Value, slices.Collect(maps.Keys(f))))
			return
		}
		read(value)
	})
}

// entries reads a mapping with any keys, in the order of the file.
func (r *reader) entries(n *yaml.Node, what string, each func(key, value *yaml.Node)) {
	n = follow(n)
	if n.Kind != yaml.MappingNode {
		r.errorf(n, "%s: want a mapping, got %s", what, describe(n))
		return
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		if seen[key.Value] {
			r.errorf(key, "%s: key %q stands here twice", what, key.Value)
			continue
		}
		seen[key.Value] = true
		each(key, n.Content[i+1])
	}
}

func (r *reader) list(n *yaml.Node, what string, each func(*yaml.Node)) {
	n = follow(n)
	if n.Kind != yaml.SequenceNode {
		r.errorf(n, "%s: want a list, got %s", what, describe(n))
		return
	}
	for _, c := range n.Content {
		each(follow(c))
	}
}

// str reads any scalar as the text that stands there.
func (r *reader) str(n *yaml.Node, what string) string {
	n = follow(n)
	if n.Kind != yaml.ScalarNode || n.Tag == "!!null" {
		r.errorf(n, "%s: want a text, got %s", what, describe(n))
		return ""
	}
	return n.Value
}

func (r *reader) strs(n *yaml.Node, what string) []string {
	var all []string
	r.list(n, what, func(c *yaml.Node) { all = append(all, r.str(c, what)) })
	return all
}

// word reads a text that is one of those given.
func (r *reader) word(n *yaml.Node, what string, words ...string) string {
	s := r.str(n, what)
	switch {
	case slices.Contains(words, s):
	case len(words) == 1:
		r.errorf(n, "%s: want %s, got %q", what, words[0], s)
	default:
		r.errorf(n, "%s: %q is none of %s%s", what, s, strings.Join(words, ", "), didYouMean(s, words))
	}
	return s
}

func (r *reader) boolean(n *yaml.Node, what string) bool {
	switch s := r.str(n, what); s {
	case "true":
		return true
	case "false":
		return false
	default:
		r.errorf(n, "%s: want true or false, got %q", what, s)
		return false
	}
}

func (r *reader) number(n *yaml.Node, what string, least, most float64) float64 {
	s := r.str(n, what)
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || f < least || f > most {
		r.errorf(n, "%s: want a number from %g to %g, got %q", what, least, most, s)
	}
	return f
}

func (r *reader) duration(n *yaml.Node, what string) time.Duration {
	s := r.str(n, what)
	d, err := time.ParseDuration(s)
	if err != nil || d < 0 {
		r.errorf(n, `%s: want a duration such as "30s", got %q`, what, s)
	}
	return d
}

func follow(n *yaml.Node) *yaml.Node {
	if n.Kind == yaml.AliasNode {
		return n.Alias
	}
	return n
}

func describe(n *yaml.Node) string {
	switch {
	case n.Kind == yaml.MappingNode:
		return "a mapping"
	case n.Kind == yaml.SequenceNode:
		return "a list"
	case n.Tag == "!!null":
		return "nothing"
	default:
		return strconv.Quote(n.Value)
	}
}

// didYouMean proposes the nearest of the words, if it is near.
func didYouMean(got string, words []string) string {
	slices.Sort(words)
	best, least := "", 4
	for _, w := range words {
		if d := distance(got, w); d < least && 2*d <= len(w)+1 && d < len(w) {
			best, least = w, d
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf("; did you mean %q?", best)
}

// distance is Levenshtein's.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diag := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diag
			if a[i] != b[j] {
				cost++
			}
			diag = row[j+1]
			row[j+1] = min(cost, diag+1, row[j]+1)
		}
	}
	return row[len(b)]
}
