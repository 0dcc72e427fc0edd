package stricttest

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"

	"github.com/hookdrill/hookdrill/prober/strict"
)

// formal are the words in which readers say that something is wrong in form,
// which a schema has to see as well.
var formal = regexp.MustCompile(`unknown key|missing key|is missing|are missing|there are none|is none of|must be made of|has no unit|` +
	`(must be|want) (a (list|text|number|whole number)|true or false)|(must be|want) a mapping|` +
	`unknown (value|action|milestone|place|distribution|fault|guarantee|end of a drain) `)

// Mutated takes the texts apart: each key left out, renamed, and with each kind
// of value in its place. The schema has to take what the reader takes, and to
// refuse what is wrong in form.
func Mutated(t testing.TB, f Format, texts map[string][]byte) {
	t.Helper()
	m := mutator{judges: f.compile(t)}
	tried, taken, refused := 0, 0, 0
	for _, name := range slices.Sorted(maps.Keys(texts)) {
		m.root = m.document(texts[name])
		m.look = func(what string) {
			if tried++; tried > 500 && tried%each != 0 {
				return
			}
			parsed, validated := m.Parse([]byte(write(m.root))), m.validate(m.root)
			switch {
			case parsed == nil && validated != nil:
				t.Errorf("%s: %s: the reader takes what the schema refuses: %v", name, what, validated)
			case parsed == nil:
				taken++
			case validated != nil:
				refused++
			case formal.MatchString(parsed.Error()):
				t.Errorf("%s: %s: the schema takes what the reader refuses: %v", name, what, parsed)
			}
		}
		m.mutate(m.root)
	}
	t.Logf("%d mutations: both took %d, and refused %d", tried, taken, refused)
	if tried < 1000 || taken < 50 || refused < 50 {
		t.Error("that is too little to hold them together")
	}
}

// mutator changes a document in one place after the other, and looks at it
// while it is changed.
type mutator struct {
	judges

	root *strict.Node
	look func(what string)
}

func (m *mutator) mutate(n *strict.Node) {
	items := n.Items
	for i := range items {
		// The other items are in the way of going through this one quickly.
		if n.Items = items[i : i+1]; m.Parse([]byte(write(m.root))) != nil {
			n.Items = items
		}
		m.mutate(items[i])
		m.swap(&items[i], fmt.Sprintf("item %d of line %d: ", i+1, n.Line))
	}
	n.Items = items
	for i := range n.Pairs {
		key := n.Pairs[i].Key
		at := fmt.Sprintf("%s of line %d: ", key.Text, key.Line)
		m.mutate(n.Pairs[i].Value)
		m.swap(&n.Pairs[i].Value, at)

		name := key.Text
		key.Text = "zzz-" + name
		m.look(at + "renamed")
		key.Text = name

		all := n.Pairs
		n.Pairs = slices.Concat(all[:i], all[i+1:])
		m.look(at + "left out")
		n.Pairs = all
	}
}

// swap puts other values into a place, and in the end back what was there.
func (m *mutator) swap(place **strict.Node, at string) {
	was := *place
	scalar := func(text, tag string) *strict.Node {
		return &strict.Node{Kind: strict.ScalarNode, Text: text, Tag: tag}
	}
	for _, other := range []*strict.Node{
		scalar("", strict.TagNull), scalar("", strict.TagText), scalar("zzz zzz", strict.TagText), scalar("5", strict.TagText),
		scalar("1h30m", strict.TagText), scalar("0", strict.TagInt), scalar("5", strict.TagInt), scalar("-1", strict.TagInt),
		scalar("0.5", strict.TagFloat), scalar("true", strict.TagBool), {Kind: strict.ListNode}, {Kind: strict.MappingNode},
		{Kind: strict.ListNode, Items: []*strict.Node{was}},
	} {
		*place = other
		m.look(at + "in its place " + write(other))
	}
	*place = was
}

// Keys puts each key that the schema knows into each mapping of a text. The
// schema has to know it there where the reader knows it, and not elsewhere.
func Keys(t testing.TB, f Format, text []byte) {
	t.Helper()
	j := f.compile(t)
	root := j.document(text)
	both := 0
	for at, n := range mappings(root) {
		names := slices.DeleteFunc(j.keys(t), func(name string) bool {
			return slices.ContainsFunc(n.Pairs, func(p strict.Pair) bool { return p.Key.Text == name })
		})
		all := n.Pairs
		for some := range slices.Chunk(names, 5) { // more, and the reader would not tell all
			n.Pairs = slices.Clone(all)
			for _, name := range some {
				n.Pairs = append(n.Pairs, strict.Pair{
					Key:   &strict.Node{Kind: strict.ScalarNode, Text: name, Tag: strict.TagText},
					Value: &strict.Node{Kind: strict.ScalarNode, Tag: strict.TagNull},
				})
			}
			parsed, validated := j.Parse([]byte(write(root))), j.validate(root)
			for _, name := range some {
				asked, known := !asksNot(parsed, name), !additional(validated, name)
				if known != asked {
					t.Errorf("%s in %s: the schema knows it: %v, the reader asks for it: %v", name, at, known, asked)
				} else if known {
					both++
				}
			}
		}
		n.Pairs = all
	}
	if both < 50 {
		t.Errorf("%d keys that both know: this test looked at too little", both)
	}
}

// mappings returns a mapping for each place and kind of a document. Those of a
// list are alike, but for what their kind says.
func mappings(root *strict.Node) map[string]*strict.Node {
	all := map[string]*strict.Node{}
	var look func(at string, n *strict.Node)
	look = func(at string, n *strict.Node) {
		for _, item := range n.Items {
			look(at, item)
		}
		if n.Kind != strict.MappingNode {
			return
		}
		for _, one := range n.Pairs {
			if one.Key.Text == "kind" {
				at += " " + one.Value.Text
			}
		}
		all[at] = n
		for _, one := range n.Pairs {
			look(at+"."+one.Key.Text, one.Value)
		}
	}
	look("", root)
	return all
}

// asksNot reports whether a reader says that it knows no such key.
func asksNot(err error, name string) bool {
	return err != nil && regexp.MustCompile(`unknown (key|guarantee) "`+name+`"`).MatchString(err.Error())
}

// additional reports whether a schema says that it knows no such key.
func additional(err error, name string) bool {
	invalid, ok := errors.AsType[*jsonschema.ValidationError](err)
	if !ok {
		return false
	}
	if k, ok := invalid.ErrorKind.(*kind.AdditionalProperties); ok && slices.Contains(k.Properties, name) {
		return true
	}
	for _, cause := range invalid.Causes {
		if additional(cause, name) {
			return true
		}
	}
	return false
}

// keys returns the names of all properties in the schema, sorted.
func (j judges) keys(t testing.TB) []string {
	t.Helper()
	text, err := json.Marshal(j.Schema)
	if err != nil {
		t.Fatal(err)
	}
	var doc any
	if err := json.Unmarshal(text, &doc); err != nil {
		t.Fatal(err)
	}
	all := map[string]bool{}
	var look func(v any)
	look = func(v any) {
		switch v := v.(type) {
		case []any:
			for _, one := range v {
				look(one)
			}
		case map[string]any:
			for key, one := range v {
				if properties, ok := one.(map[string]any); ok && key == "properties" {
					for name := range properties {
						all[name] = true
					}
				}
				look(one)
			}
		}
	}
	look(doc)
	return slices.Sorted(maps.Keys(all))
}
