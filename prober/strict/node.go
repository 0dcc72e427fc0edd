// Package strict reads the YAML files that people write for hookdrill, and
// writes their JSON Schemas. A format is declared once, as Values: each of
// them reads what stands at one place of a file into the Go value that it was
// given, tells what is wrong there by line and column, and describes in the
// schema what it takes. So an editor that knows the schema and the program
// that reads the file cannot be of two minds.
package strict

import "fmt"

// Pos is a place in a file, both counted from 1.
type Pos struct{ Line, Col int }

// NodeKind is the form of a node.
type NodeKind uint8

// The forms of nodes.
const (
	ScalarNode NodeKind = iota + 1
	MappingNode
	ListNode
)

// The types that a scalar has by the way it is written.
const (
	TagText  = "!!str"
	TagInt   = "!!int"
	TagFloat = "!!float"
	TagBool  = "!!bool"
	TagNull  = "!!null"
	TagTime  = "!!timestamp"
)

// Node is one value of a document. The rest of the program sees no YAML: the
// library is on its third import path, and this package is all that the next
// move can touch.
type Node struct {
	Pos

	Kind NodeKind
	// Text and Tag are a scalar's.
	Text, Tag string
	// Pairs are a mapping's, in the order of the file; a key may be there
	// twice. Items are a list's.
	Pairs []Pair
	Items []*Node
}

// Pair is a key with its value.
type Pair struct{ Key, Value *Node }

// String names a value in a message.
func (n *Node) String() string {
	switch {
	case n.Kind == MappingNode:
		return "a mapping"
	case n.Kind == ListNode:
		return "a list"
	case n.Tag == TagNull:
		return "nothing"
	case n.Tag == TagText:
		return fmt.Sprintf("%q", n.Text)
	default:
		return n.Text
	}
}
