package plan

import (
	"slices"

	"github.com/hookdrill/hookdrill/prober/strict"
)

// to reads who is owed an event.
func to(dst *target) strict.Value {
	const want = "one, all or {where: {label: value}}"
	words := []string{"one", "all"}
	schema := func() *strict.Schema { return &strict.Schema{Enum: strict.Words(words...)} }
	word := strict.Custom(schema, func(r *strict.Reader, n *strict.Node, what string) {
		switch {
		case n.Tag != strict.TagText:
			r.Wrong(n, what, want)
		case !slices.Contains(words, n.Text):
			r.AddErr(n.Pos, what, strict.Unknown("value", n.Text, words))
		case n.Text == "one":
			dst.kind = toOne
		default:
			dst.kind = toAll
		}
	})
	return strict.Either(word, strict.Mapping{Want: want, Fields: []strict.Field{
		strict.Need("where", "Labels of the endpoints.", where(&dst.where)),
	}, Then: func(*strict.Reader, *strict.Node, strict.Given) { dst.kind = toWhere }})
}

// where reads a selection: labels, each with one value or a list of them.
func where(dst **selection) strict.Value { return strict.Ref("where", strict.Maybe(dst, selected)) }

func selected(s *selection) strict.Value {
	return strict.At(&s.Pos, strict.Entries{
		Want: "a mapping of labels", Filled: "selects by labels and is empty; leave it out to select all",
		Key: func(*strict.Node) strict.Value { return strict.Text(new(string)) },
		Value: func(key *strict.Node) strict.Value {
			w := want{Pos: key.Pos, label: key.Text}
			return strict.Also(strict.OneOrList(&w.values, wanted), func(*strict.Node) { s.wants = append(s.wants, w) })
		},
	})
}

func wanted(v *wantValue) strict.Value { return strict.At(&v.Pos, strict.Printable(&v.text)) }
