package plan

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
)

// pos is a place in a scenario file, both counted from 1.
type pos struct{ line, col int }

type nodeKind uint8

const (
	scalarNode nodeKind = iota + 1
	mappingNode
	listNode
)

// The types that a scalar can have by the way it is written.
const (
	tagText  = "!!str"
	tagInt   = "!!int"
	tagFloat = "!!float"
	tagBool  = "!!bool"
	tagNull  = "!!null"
)

// node is one value of a document. The rest of the package sees no YAML: the
// library is on its third import path, and this file is all that the next
// move can touch.
type node struct {
	pos
	kind nodeKind
	// text and tag are a scalar's.
	text, tag string
	pairs     []pair
	items     []*node
}

type pair struct{ key, value *node }

// maxFile bounds a scenario file in bytes.
const maxFile = 1 << 20

// document reads the one document of a scenario file. Its errors carry a
// position. Anchors, aliases, merge keys and explicit tags are refused: they
// make the text of a line mean something that stands elsewhere.
func document(text []byte) (*node, *problem) {
	start := pos{1, 1}
	switch {
	case len(text) > maxFile:
		return nil, &problem{start, "", fmt.Errorf("%d bytes are too much: at most %d", len(text), maxFile)}
	case !utf8.Valid(text):
		return nil, &problem{start, "", errors.New("not UTF-8 text")}
	}
	loader, err := yaml.NewLoader(bytes.NewReader(text))
	if err != nil {
		return nil, &problem{start, "yaml", err}
	}
	var first, second yaml.Node
	switch err := loader.Load(&first); {
	case errors.Is(err, io.EOF):
		return nil, &problem{start, "", errors.New("the file is empty")}
	case err != nil:
		return nil, syntaxProblem(err)
	}
	switch err := loader.Load(&second); {
	case err == nil:
		return nil, &problem{pos{second.Line, second.Column}, "", errors.New("a second document: a scenario file has one")}
	case !errors.Is(err, io.EOF):
		return nil, syntaxProblem(err)
	}
	if first.Kind != yaml.DocumentNode || len(first.Content) != 1 {
		return nil, &problem{start, "", errors.New("the file is empty")}
	}
	return convert(first.Content[0])
}

func syntaxProblem(err error) *problem {
	var load *yaml.LoadError
	if !errors.As(err, &load) {
		return &problem{pos{1, 1}, "yaml", err}
	}
	at := pos{max(load.Mark.Line, 1), max(load.Mark.Column, 1)}
	if load.ContextMsg == "" {
		return &problem{at, "yaml", errors.New(load.Message)}
	}
	return &problem{at, "yaml", fmt.Errorf("%s %s", load.Message, load.ContextMsg)}
}

func convert(y *yaml.Node) (*node, *problem) {
	n := &node{pos: pos{y.Line, y.Column}}
	switch {
	case y.Kind == yaml.AliasNode:
		return nil, &problem{n.pos, "yaml", fmt.Errorf("alias *%s: write the value out", y.Value)}
	case y.Anchor != "":
		return nil, &problem{n.pos, "yaml", fmt.Errorf("anchor &%s: write the value out where it is used", y.Anchor)}
	case y.Style&yaml.TaggedStyle != 0:
		return nil, &problem{n.pos, "yaml", fmt.Errorf("tag %s: values take their type from the way they are written", y.Tag)}
	}
	switch y.Kind {
	case yaml.ScalarNode:
		n.kind, n.text, n.tag = scalarNode, y.Value, y.ShortTag()
		return n, nil
	case yaml.SequenceNode:
		n.kind = listNode
		for _, c := range y.Content {
			item, p := convert(c)
			if p != nil {
				return nil, p
			}
			n.items = append(n.items, item)
		}
		return n, nil
	case yaml.MappingNode:
		n.kind = mappingNode
		return n, convertPairs(n, y.Content)
	default:
		return nil, &problem{n.pos, "yaml", errors.New("a value that is neither a text, a list nor a mapping")}
	}
}

func convertPairs(n *node, content []*yaml.Node) *problem {
	for i := 0; i+1 < len(content); i += 2 {
		key, p := convert(content[i])
		if p != nil {
			return p
		}
		if key.kind != scalarNode {
			return &problem{key.pos, "yaml", errors.New("a key must be a text")}
		}
		if key.tag == "!!merge" {
			return &problem{key.pos, "yaml", errors.New("merge key <<: write the keys out")}
		}
		value, p := convert(content[i+1])
		if p != nil {
			return p
		}
		n.pairs = append(n.pairs, pair{key, value})
	}
	return nil
}

// String names a value in a message.
func (n *node) String() string {
	switch {
	case n.kind == mappingNode:
		return "a mapping"
	case n.kind == listNode:
		return "a list"
	case n.tag == tagNull:
		return "nothing"
	case n.tag == tagText:
		return fmt.Sprintf("%q", n.text)
	default:
		return n.text
	}
}

// flow writes a value on one line, for a fault's summary.
func (n *node) flow() string {
	switch n.kind {
	case mappingNode:
		return "{" + flowPairs(n.pairs) + "}"
	case listNode:
		var b []byte
		for i, item := range n.items {
			if i > 0 {
				b = append(b, ", "...)
			}
			b = append(b, item.flow()...)
		}
		return "[" + string(b) + "]"
	default:
		return n.text
	}
}

func flowPairs(pairs []pair) string {
	var b []byte
	for i, p := range pairs {
		if i > 0 {
			b = append(b, ", "...)
		}
		b = append(b, p.key.text+": "+p.value.flow()...)
	}
	return string(b)
}
