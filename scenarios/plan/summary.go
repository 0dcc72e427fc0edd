package plan

import (
	"strings"
	"unicode"

	"github.com/hookdrill/hookdrill/prober/strict"
)

// summary writes a fault in a few words: its kind, and its parameters as the
// file gives them.
func summary(n *strict.Node, kind string) string {
	var pairs []strict.Pair
	for _, p := range n.Pairs {
		if !isKind(p) {
			pairs = append(pairs, p)
		}
	}
	if len(pairs) == 0 {
		return kind
	}
	text := []rune(strings.Join(strings.FieldsFunc(flowPairs(pairs), unicode.IsControl), " "))
	const most = 160
	if len(text) > most {
		text = append(text[:most-3], []rune("...")...)
	}
	return kind + " (" + string(text) + ")"
}

// flow writes a value on one line.
func flow(n *strict.Node) string {
	switch n.Kind {
	case strict.MappingNode:
		return "{" + flowPairs(n.Pairs) + "}"
	case strict.ListNode:
		items := make([]string, len(n.Items))
		for i, item := range n.Items {
			items[i] = flow(item)
		}
		return "[" + strings.Join(items, ", ") + "]"
	default:
		return n.Text
	}
}

func flowPairs(pairs []strict.Pair) string {
	all := make([]string, len(pairs))
	for i, p := range pairs {
		all[i] = p.Key.Text + ": " + flow(p.Value)
	}
	return strings.Join(all, ", ")
}
