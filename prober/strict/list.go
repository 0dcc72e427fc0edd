package strict

import "cmp"

// ListValue is a list. Its zero value reads nothing: List makes one.
type ListValue struct {
	item  func() Value
	reset func()
	each  func(r *Reader, n *Node, what string)
	least int
	most  int
}

// List returns a list that takes the place of what is in dst. item returns the
// value that reads one item; what it sets before is a default.
func List[T any](dst *[]T, item func(*T) Value) ListValue {
	return ListValue{item: func() Value { return item(new(T)) }, reset: func() { *dst = nil }, each: func(r *Reader, n *Node, what string) {
		one := new(T)
		item(one).Read(r, n, what)
		*dst = append(*dst, *one)
	}}
}

// Filled returns l, not to be empty.
func (l ListValue) Filled() ListValue {
	l.least = 1
	return l
}

// Most returns l with at most n items.
func (l ListValue) Most(n int) ListValue {
	l.most = n
	return l
}

// Read implements Value.
func (l ListValue) Read(r *Reader, n *Node, what string) {
	if n.Kind != ListNode {
		r.Wrong(n, what, "a list")
		return
	}
	if len(n.Items) < l.least {
		r.Add(n.Pos, what, "there are none")
	}
	l.reset()
	for i, item := range n.Items {
		if l.most > 0 && i == l.most {
			r.Add(item.Pos, what, "more than %d", l.most)
			return
		}
		l.each(r, item, what)
	}
}

// Schema implements Value.
func (l ListValue) Schema() *Schema {
	return &Schema{Type: Types{"array"}, Items: l.item().Schema(), MinItems: l.least, MaxItems: l.most}
}

// OneOrList returns a value that may stand alone or in a list, which must not
// be empty.
func OneOrList[T any](dst *[]T, item func(*T) Value) Value {
	l := List(dst, item).Filled()
	schema := func() *Schema {
		list := l.Schema()
		list.Title = "a list"
		return &Schema{AnyOf: []*Schema{l.item().Schema(), list}}
	}
	return Custom(schema, func(r *Reader, n *Node, what string) {
		switch {
		case n.Kind != ListNode:
			l.each(r, n, what)
		case len(n.Items) == 0:
			r.Add(n.Pos, what, "the list is empty")
		default:
			l.Read(r, n, what)
		}
	})
}

// Entries is a mapping whose keys the file chooses.
type Entries struct {
	// Want is as Mapping's.
	Want string
	// Dotted puts its name before those of its keys in messages.
	Dotted bool
	// Key reads a key, and Value makes the value that reads what stands there.
	Key   func(key *Node) Value
	Value func(key *Node) Value
	// Filled says that there must be one.
	Filled string
}

// Read implements Value.
func (e Entries) Read(r *Reader, n *Node, what string) {
	if n.Kind != MappingNode {
		r.Wrong(n, what, cmp.Or(e.Want, "a mapping"))
		return
	}
	if len(n.Pairs) == 0 && e.Filled != "" {
		r.Add(n.Pos, what, "%s", e.Filled)
	}
	seen := Given{}
	for _, one := range n.Pairs {
		name := one.Key.Text
		if seen.Has(name) {
			r.twice(one.Key, seen[name], what)
			continue
		}
		seen[name] = one.Key
		below := name
		if e.Dotted {
			below = what + "." + name
		}
		e.Key(one.Key).Read(r, one.Key, what)
		e.Value(one.Key).Read(r, one.Value, below)
	}
}

// Schema implements Value.
func (e Entries) Schema() *Schema {
	s := &Schema{Type: Types{"object"}, AdditionalProperties: e.Value(&Node{}).Schema()}
	if e.Filled != "" {
		s.MinProperties = 1
	}
	if names := *e.Key(&Node{}).Schema(); names.Pattern != "" || names.Not != nil {
		names.Type = nil // keys are texts
		s.PropertyNames = &names
	}
	return s
}
