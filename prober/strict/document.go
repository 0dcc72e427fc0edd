package strict

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
)

// maxFile bounds a file in bytes.
const maxFile = 1 << 20

// Document reads the one document of a file, or returns nil after a problem.
// Anchors, aliases, merge keys and explicit tags are refused: they make the
// text of a line mean something that stands elsewhere. A Format may allow
// anchors and aliases.
func (r *Reader) Document(text []byte) *Node {
	start := Pos{1, 1}
	switch {
	case len(text) > maxFile:
		r.Add(start, "", "%d bytes are too much: at most %d", len(text), maxFile)
		return nil
	case !utf8.Valid(text):
		r.Add(start, "", "not UTF-8 text")
		return nil
	}
	loader, err := yaml.NewLoader(bytes.NewReader(text))
	if err != nil {
		r.AddErr(start, "yaml", err)
		return nil
	}
	var first, second yaml.Node
	switch err := loader.Load(&first); {
	case errors.Is(err, io.EOF):
		r.Add(start, "", "the file is empty")
		return nil
	case err != nil:
		r.syntax(err)
		return nil
	}
	switch err := loader.Load(&second); {
	case err == nil:
		r.Add(Pos{second.Line, second.Column}, "", "a second document: %s has one", r.Name)
		return nil
	case !errors.Is(err, io.EOF):
		r.syntax(err)
		return nil
	}
	if first.Kind != yaml.DocumentNode || len(first.Content) != 1 {
		r.Add(start, "", "the file is empty")
		return nil
	}
	c := converter{aliases: r.Aliases, done: map[*yaml.Node]*Node{}}
	n := c.node(first.Content[0])
	if c.bad != nil {
		r.list = append(r.list, *c.bad)
		return nil
	}
	return n
}

func (r *Reader) syntax(err error) {
	var load *yaml.LoadError
	if !errors.As(err, &load) {
		r.AddErr(Pos{1, 1}, "yaml", err)
		return
	}
	at := Pos{max(load.Mark.Line, 1), max(load.Mark.Column, 1)}
	if load.ContextMsg == "" {
		r.Add(at, "yaml", "%s", load.Message)
		return
	}
	r.Add(at, "yaml", "%s %s", load.Message, load.ContextMsg)
}

// converter turns the library's nodes into ours, until the first that is bad.
type converter struct {
	aliases bool
	done    map[*yaml.Node]*Node
	bad     *problem
}

func (c *converter) fail(n *Node, format string, args ...any) {
	if c.bad == nil {
		c.bad = &problem{n.Pos, "yaml", fmt.Errorf(format, args...)}
	}
}

func (c *converter) node(y *yaml.Node) *Node {
	if known := c.done[y]; known != nil {
		return known
	}
	n := &Node{Pos: Pos{y.Line, y.Column}}
	c.done[y] = n // an alias may stand within what it stands for
	switch {
	case y.Kind == yaml.AliasNode && c.aliases:
		return c.node(y.Alias)
	case y.Kind == yaml.AliasNode:
		c.fail(n, "alias *%s: write the value out", y.Value)
	case y.Anchor != "" && !c.aliases:
		c.fail(n, "anchor &%s: write the value out where it is used", y.Anchor)
	case y.Style&yaml.TaggedStyle != 0:
		c.fail(n, "tag %s: values take their type from the way they are written", y.Tag)
	case y.Kind == yaml.ScalarNode:
		n.Kind, n.Text, n.Tag = ScalarNode, y.Value, y.ShortTag()
	case y.Kind == yaml.SequenceNode:
		n.Kind = ListNode
		for _, item := range y.Content {
			n.Items = append(n.Items, c.node(item))
		}
	case y.Kind == yaml.MappingNode:
		n.Kind = MappingNode
		c.pairs(n, y.Content)
	default:
		c.fail(n, "a value that is neither a text, a list nor a mapping")
	}
	return n
}

func (c *converter) pairs(n *Node, content []*yaml.Node) {
	for i := 0; i+1 < len(content) && c.bad == nil; i += 2 {
		key := c.node(content[i])
		switch {
		case key.Kind != ScalarNode:
			c.fail(key, "a key must be a text")
		case key.Tag == "!!merge":
			c.fail(key, "merge key <<: write the keys out")
		}
		n.Pairs = append(n.Pairs, Pair{key, c.node(content[i+1])})
	}
}
