package strict

import (
	"bytes"
	"flag"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

var update = flag.Bool("update", false, "write the golden files")

// again is a value that holds itself.
func again(depth *int) Value {
	below := 0
	return Ref("again", Mapping{Fields: []Field{
		Key("again", "Once more.", OneOrList(&[]int{}, func(*int) Value {
			return Custom(func() *Schema { return &Schema{Ref: "#/$defs/again", def: func() *Schema { return nil }} }, func(r *Reader, n *Node, what string) {
				again(&below).Read(r, n, what)
				*depth = below + 1
			})
		})),
	}})
}

func document(v Value) *Schema { return Document("https://example.com/thing.json", "a thing", v) }

func written(t testing.TB, s *Schema) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := s.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestSchema(t *testing.T) {
	x := thing{text: "or <this>", word: "red", yes: true, count: 2, ratio: 0.5, wait: 90e9}
	got := written(t, document(x.value()))
	const file = "testdata/thing.schema.json"
	if *update {
		if err := os.WriteFile(file, got, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func compiled(t testing.TB, v Value) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(written(t, document(v))))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("thing.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("thing.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// plain returns a node as a reader of JSON has it.
func plain(n *Node) any {
	switch {
	case n.Kind == ListNode:
		all := []any{}
		for _, item := range n.Items {
			all = append(all, plain(item))
		}
		return all
	case n.Kind == MappingNode:
		all := map[string]any{}
		for _, one := range n.Pairs {
			all[one.Key.Text] = plain(one.Value)
		}
		return all
	case n.Tag == TagNull:
		return nil
	case n.Tag == TagBool:
		return strings.EqualFold(n.Text, "true")
	case n.Tag == TagInt:
		if i, err := strconv.ParseInt(n.Text, 0, 64); err == nil {
			return i
		}
	case n.Tag == TagFloat:
		if f, err := strconv.ParseFloat(n.Text, 64); err == nil {
			return f
		}
	}
	return n.Text
}

// TestSchemaRefuses holds the schema against the reader for one document of
// each kind of mistake. What only the reader sees is listed, with the reason.
func TestSchemaRefuses(t *testing.T) {
	s := compiled(t, new(thing).value())
	for _, row := range []struct {
		text  string
		valid bool
		only  string // why the schema takes it though the reader does not
	}{
		{"{version: 1}", true, ""},
		{"{version: 1, text: 5, filled: true, yes: false, wait: 0, some: [a, b], below: {about: x, left: 1, rest: 1}}", true, ""},
		{"{version: 1, text: '', least: 2s, within: 1s, list: [1, true], entries: {x: 1}}", true, ""},
		{"[]", false, ""},
		{"{text: a}", false, ""},
		{"{version: 1, txet: a}", false, ""},
		{"{version: 2}", false, ""},
		{"{version: 1, text: }", false, ""},
		{"{version: 1, filled: ''}", false, ""},
		{"{version: 1, shown: 12}", false, ""},
		{"{version: 1, id: A1}", false, ""},
		{"{version: 1, word: gren}", false, ""},
		{"{version: 1, kind: yellow}", false, ""},
		{"{version: 1, yes: 'true'}", false, ""},
		{"{version: 1, count: 11}", false, ""},
		{"{version: 1, count: 1.5}", false, ""},
		{"{version: 1, ratio: 2.1}", false, ""},
		{"{version: 1, share: 1}", false, ""},
		{"{version: 1, wait: 5}", false, ""},
		{"{version: 1, wait: '5'}", false, ""},
		{"{version: 1, list: []}", false, ""},
		{"{version: 1, list: [a, b, c]}", false, ""},
		{"{version: 1, some: []}", false, ""},
		{"{version: 1, entries: {}}", false, ""},
		{"{version: 1, entries: {A: 1}}", false, ""},
		{"{version: 1, below: {left: 1}}", false, ""},
		{"{version: 1, below: {about: 1}}", false, ""},
		{"{version: 1, below: {about: 1, left: 1, right: 1}}", false, ""},
		{"{version: 1, below: {about: 1, right: 1, rest: 1}}", false, ""},
		{"{version: 1, least: 1ms}", false, "lengths of durations are no matter of a pattern"},
		{"{version: 1, within: 2m}", false, "likewise"},
		{`{version: 1, shown: "\e"}`, false, "control characters are what nobody types"},
		{"{version: 1, version: 1}", false, "JSON has a key once"},
	} {
		n := NewReader("f", Format{}).Document([]byte(row.text))
		_, err := read(Format{}, row.text)
		if (err == nil) != row.valid {
			t.Errorf("%s: the reader says %v", row.text, err)
		}
		if err := s.Validate(plain(n)); (err == nil) != (row.valid || row.only != "") {
			t.Errorf("%s: the schema says %v", row.text, err)
		}
	}
}

// TestSelfReference wants a value that holds itself in the schema once.
func TestSelfReference(t *testing.T) {
	depth := 0
	s := compiled(t, again(&depth))
	for text, deep := range map[string]int{"{}": 0, "{again: {again: [{again: {}}, {}]}}": 3, "{again: {agian: {}}}": -1} {
		depth = 0
		r := NewReader("f", Format{})
		n := r.Read([]byte(text), again(&depth))
		if err := s.Validate(plain(n)); (err == nil) != (deep >= 0) || (r.Err() == nil) != (deep >= 0) {
			t.Errorf("%s: the schema says %v, the reader %v", text, err, r.Err())
		}
		if deep >= 0 && depth > deep {
			t.Errorf("%s: %d deep", text, depth)
		}
	}
}

// FuzzSchema: what the reader takes, the schema takes.
func FuzzSchema(f *testing.F) {
	s := compiled(f, new(thing).value())
	for _, text := range []string{"version: 1", "{version: 1, wait: 0, share: 1e-3, some: [1, 2]}", "{version: 1, entries: {a: 0x1, b: 1e3}, list: [2001-01-01]}"} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var x thing
		r := NewReader("f", Format{})
		n := r.Read(text, x.value())
		if r.Err() != nil {
			return
		}
		if err := s.Validate(plain(n)); err != nil {
			t.Errorf("%s: %v", text, err)
		}
	})
}
