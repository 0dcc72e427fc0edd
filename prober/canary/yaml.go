package canary

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"
)

// reader reads a configuration strictly and keeps what is wrong with its
// place, so that a reader can mend the file in one go.
type reader struct {
	file string
	errs []placed
}

type placed struct {
	line, col int
	err       error
}

func (r *reader) errorf(n *yaml.Node, what, format string, args ...any) {
	if what != "" {
		what += ": "
	}
	r.errs = append(r.errs, placed{n.Line, n.Column, fmt.Errorf("%s%w", what, fmt.Errorf(format, args...))})
}

// err joins the errors in the order of the file.
func (r *reader) err() error {
	slices.SortStableFunc(r.errs, func(a, b placed) int { return cmp.Or(cmp.Compare(a.line, b.line), cmp.Compare(a.col, b.col)) })
	var all []error
	for _, e := range r.errs {
		all = append(all, fmt.Errorf("%s:%d:%d: %w", r.file, e.line, e.col, e.err))
	}
	return errors.Join(all...)
}

// maxConfig bounds a configuration in bytes.
const maxConfig = 1 << 20

// root returns the mapping of the only document, or nil after an error.
func (r *reader) root(text []byte) *yaml.Node {
	start := &yaml.Node{Line: 1, Column: 1}
	if len(text) > maxConfig {
		r.errorf(start, "", "%d bytes are too much: at most %d", len(text), maxConfig)
		return nil
	}
	if len(strings.TrimSpace(string(text))) == 0 {
		r.errorf(start, "", "the file is empty")
		return nil
	}
	var doc yaml.Node
	if err := yaml.Load(text, &doc, yaml.WithSingleDocument()); err != nil {
		if load, ok := errors.AsType[*yaml.LoadError](err); ok {
			r.errorf(&yaml.Node{Line: max(load.Mark.Line, 1), Column: max(load.Mark.Column, 1)}, "yaml", "%s", load.Message)
		} else {
			r.errorf(start, "yaml", "%w", err)
		}
		return nil
	}
	if doc.Kind != yaml.DocumentNode || len(doc.Content) != 1 {
		r.errorf(start, "", "the file is empty")
		return nil
	}
	return doc.Content[0]
}

// fields are the keys of a mapping, each with what reads its value.
type fields map[string]func(n *yaml.Node)

// mapping reads a mapping whose keys are known, and returns those it has.
func (r *reader) mapping(n *yaml.Node, what string, f fields) map[string]*yaml.Node {
	has := map[string]*yaml.Node{}
	if n.Kind != yaml.MappingNode {
		r.errorf(n, what, "must be a mapping, not %s", describe(n))
		return has
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		read, known := f[key.Value]
		switch {
		case !known:
			r.errorf(key, what, "unknown key %q%s", key.Value, didYouMean(key.Value, slices.Collect(maps.Keys(f))))
		case has[key.Value] != nil:
			r.errorf(key, what, "key %q stands here twice", key.Value)
		default:
			has[key.Value] = value
			read(value)
		}
	}
	return has
}

func (r *reader) list(n *yaml.Node, what string, each func(*yaml.Node)) {
	if n.Kind != yaml.SequenceNode {
		r.errorf(n, what, "must be a list, not %s", describe(n))
		return
	}
	for _, c := range n.Content {
		each(c)
	}
}

func (r *reader) text(n *yaml.Node, what string) string {
	if n.Kind != yaml.ScalarNode || n.Tag == "!!null" || n.Value == "" {
		r.errorf(n, what, "must be a text, not %s", describe(n))
		return ""
	}
	return n.Value
}

func (r *reader) texts(n *yaml.Node, what string) []string {
	var all []string
	r.list(n, what, func(c *yaml.Node) { all = append(all, r.text(c, what)) })
	return all
}

// word reads a text that is one of those given.
func (r *reader) word(n *yaml.Node, what string, words ...string) string {
	s := r.text(n, what)
	if s != "" && !slices.Contains(words, s) {
		r.errorf(n, what, "%q is none of %s%s", s, strings.Join(words, ", "), didYouMean(s, words))
	}
	return s
}

func (r *reader) number(n *yaml.Node, what string, least, most int) int {
	i, err := strconv.Atoi(r.text(n, what))
	if err != nil || i < least || i > most {
		r.errorf(n, what, "must be a whole number from %d to %d, not %s", least, most, describe(n))
		return least
	}
	return i
}

// share reads a number between two bounds, neither of them included.
func (r *reader) share(n *yaml.Node, what string, least, most float64) float64 {
	f, err := strconv.ParseFloat(r.text(n, what), 64)
	if err != nil || !(f > least && f < most) {
		r.errorf(n, what, "must be a number above %g and below %g, not %s", least, most, describe(n))
		return (least + most) / 2
	}
	return f
}

func (r *reader) duration(n *yaml.Node, what string, least, most time.Duration) time.Duration {
	s := r.text(n, what)
	d, err := parseDuration(s)
	if err != nil || d < least || d > most {
		r.errorf(n, what, "must be a duration from %v to %v, not %s", least, most, describe(n))
		return least
	}
	return d
}

// parseDuration is time.ParseDuration, and knows days: `3d` or `1d12h`.
func parseDuration(s string) (time.Duration, error) {
	days, rest, found := strings.Cut(s, "d")
	if !found {
		return time.ParseDuration(s)
	}
	n, err := strconv.ParseUint(days, 10, 16)
	if err != nil {
		return 0, fmt.Errorf("%q is not a duration such as 90s, 1h30m or 2d", s)
	}
	d := time.Duration(n) * day
	if rest == "" {
		return d, nil
	}
	more, err := time.ParseDuration(rest)
	return d + more, err
}

func describe(n *yaml.Node) string {
	switch {
	case n.Kind == yaml.MappingNode:
		return "a mapping"
	case n.Kind == yaml.SequenceNode:
		return "a list"
	case n.Kind == yaml.AliasNode:
		return "an alias: write the value out"
	case n.Tag == "!!null":
		return "nothing"
	default:
		return strconv.Quote(n.Value)
	}
}

// didYouMean proposes the nearest of the words, if it is near.
func didYouMean(got string, words []string) string {
	slices.Sort(words)
	best, least := "", 3
	for _, w := range words {
		if d := distance(got, w); d < least && d < len(w) {
			best, least = w, d
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf("; did you mean %q?", best)
}

// distance is Levenshtein's, for texts short enough to be names.
func distance(a, b string) int {
	if max(len(a), len(b)) > 64 {
		return 64
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, diagonal+1, row[j]+1)
		}
	}
	return row[len(b)]
}
