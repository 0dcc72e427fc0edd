// Package stricttest holds the reader of a file format and its JSON Schema
// together: what the one takes the other takes, and what is wrong in form both
// refuse.
package stricttest

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/hookdrill/hookdrill/prober/strict"
)

// Format is a file format with its two judges.
type Format struct {
	strict.Format

	Schema *strict.Schema
	// Parse is the reader.
	Parse func(text []byte) error
}

// judges are the two, ready to be asked.
type judges struct {
	Format

	compiled *jsonschema.Schema
}

func (f Format) compile(t testing.TB) judges {
	t.Helper()
	var b bytes.Buffer
	if err := f.Schema.Write(&b); err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(&b)
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("schema.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return judges{f, s}
}

// document reads a text; nil where it is none.
func (j judges) document(text []byte) *strict.Node {
	return strict.NewReader("", j.Format.Format).Document(text)
}

// validate asks the schema.
func (j judges) validate(n *strict.Node) error {
	if n == nil {
		return errors.New("no document")
	}
	return j.compiled.Validate(plain(n))
}

// plain returns a node as a reader of JSON has it.
func plain(n *strict.Node) any {
	switch {
	case n.Kind == strict.ListNode:
		all := []any{}
		for _, item := range n.Items {
			all = append(all, plain(item))
		}
		return all
	case n.Kind == strict.MappingNode:
		all := map[string]any{}
		for _, one := range n.Pairs {
			all[one.Key.Text] = plain(one.Value)
		}
		return all
	case n.Tag == strict.TagNull:
		return nil
	case n.Tag == strict.TagBool:
		return strings.EqualFold(n.Text, "true")
	case n.Tag == strict.TagInt:
		if i, err := strconv.ParseInt(n.Text, 0, 64); err == nil {
			return i
		}
	case n.Tag == strict.TagFloat:
		if f, err := strconv.ParseFloat(n.Text, 64); err == nil {
			return f
		}
	}
	return n.Text
}

// Judge returns what asks the schema of a format about a text.
func (f Format) Judge(t testing.TB) func(text []byte) error {
	t.Helper()
	j := f.compile(t)
	return func(text []byte) error { return j.validate(j.document(text)) }
}

// Files returns the files that the patterns match, by name.
func Files(t testing.TB, patterns ...string) map[string][]byte {
	t.Helper()
	all := map[string][]byte{}
	for _, pattern := range patterns {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: no files: %v", pattern, err)
		}
		for _, file := range files {
			if all[file], err = os.ReadFile(file); err != nil {
				t.Fatal(err)
			}
		}
	}
	return all
}

// Valid wants both judges to take all texts, and each key of the schema in one
// of them: a key that no example has is one that nobody has tried.
func Valid(t testing.TB, f Format, texts map[string][]byte) {
	t.Helper()
	j := f.compile(t)
	used := map[string]bool{}
	for _, name := range slices.Sorted(maps.Keys(texts)) {
		if err := f.Parse(texts[name]); err != nil {
			t.Errorf("the reader: %s: %v", name, err)
		}
		n := j.document(texts[name])
		if err := j.validate(n); err != nil {
			t.Errorf("the schema: %s: %v", name, err)
		}
		if n != nil {
			walk(n, func(n *strict.Node) {
				for _, one := range n.Pairs {
					used[one.Key.Text] = true
				}
			})
		}
	}
	for _, name := range j.keys(t) {
		if !used[name] {
			t.Errorf("no example has the key %q", name)
		}
	}
}

// Invalid wants both judges to refuse all texts. but has those that the schema
// takes, with the reason why it cannot tell.
func Invalid(t testing.TB, f Format, texts map[string][]byte, but map[string]string) {
	t.Helper()
	j := f.compile(t)
	for _, name := range slices.Sorted(maps.Keys(texts)) {
		if err := f.Parse(texts[name]); err == nil {
			t.Errorf("the reader takes %s", name)
		}
		base := strings.TrimSuffix(filepath.Base(name), ".yaml")
		_, known := but[base]
		err := j.validate(j.document(texts[name]))
		switch {
		case err == nil && !known:
			t.Errorf("the schema takes %s, and nobody says why", name)
		case err != nil && known:
			t.Errorf("the schema refuses %s, though it is said to take it: %v", name, err)
		}
	}
	for base := range but {
		if !slices.ContainsFunc(slices.Collect(maps.Keys(texts)), func(name string) bool {
			return strings.TrimSuffix(filepath.Base(name), ".yaml") == base
		}) {
			t.Errorf("there is no %s", base)
		}
	}
}

func walk(n *strict.Node, f func(*strict.Node)) {
	f(n)
	for _, one := range n.Pairs {
		walk(one.Value, f)
	}
	for _, item := range n.Items {
		walk(item, f)
	}
}

// write writes a node as YAML.
func write(n *strict.Node) string {
	var parts []string
	switch {
	case n.Kind == strict.ListNode:
		for _, item := range n.Items {
			parts = append(parts, write(item))
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case n.Kind == strict.MappingNode:
		for _, one := range n.Pairs {
			parts = append(parts, write(one.Key)+": "+write(one.Value))
		}
		return "{" + strings.Join(parts, ", ") + "}"
	case n.Tag == strict.TagText:
		return fmt.Sprintf("%q", n.Text)
	case n.Tag == strict.TagNull:
		return "null"
	default:
		return n.Text
	}
}
