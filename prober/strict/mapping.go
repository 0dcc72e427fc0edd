package strict

import (
	"cmp"
	"maps"
	"slices"
)

// Field is a key of a mapping.
type Field struct {
	Name string
	// Doc says in a sentence or two what it is for: editors show it.
	Doc   string
	Value Value
	// needed says that it must be there, and missing what is said where it is
	// not.
	needed  bool
	missing string
}

// Key returns a field that may be there.
func Key(name, doc string, v Value) Field { return Field{Name: name, Doc: doc, Value: v} }

// Need returns a field that must be there.
func Need(name, doc string, v Value) Field {
	return Field{Name: name, Doc: doc, Value: v, needed: true}
}

// Else returns f with what to say where it must be there and is not.
func (f Field) Else(missing string) Field {
	f.missing = missing
	return f
}

func (f Field) schema() *Schema {
	s := *f.Value.Schema()
	switch {
	case s.Description == "":
		s.Description = f.Doc
	case f.Doc != "":
		s.Description = f.Doc + " " + s.Description
	}
	return &s
}

// Given are the keys that a mapping has.
type Given map[string]*Node

// Has reports whether a key is there.
func (g Given) Has(key string) bool { return g[key] != nil }

// count returns how many of the keys are there.
func (g Given) count(keys []string) int {
	n := 0
	for _, key := range keys {
		if g.Has(key) {
			n++
		}
	}
	return n
}

// Mapping is a mapping whose keys are known: none twice, none that nobody
// knows. Values are read in the order of Fields, whatever the order of the
// file.
type Mapping struct {
	// What names it in messages; empty: as the place where it stands.
	What string
	// Want says what must be there in place of something else; empty: "a
	// mapping".
	Want string
	// Dotted puts its name before those of its keys in messages.
	Dotted bool
	Fields []Field
	// Rules are what its keys must be to each other.
	Rules []Rule
	// Shape is what the schema says beyond that; Then has to see to it.
	Shape func() []*Schema
	// Then, if set, looks at the whole after all keys were read.
	Then func(r *Reader, n *Node, has Given)
}

// Read implements Value.
func (m Mapping) Read(r *Reader, n *Node, what string) {
	if m.What != "" {
		what = m.What
	}
	has, meant, ok := m.given(r, n, what)
	if !ok {
		return
	}
	for _, f := range m.Fields {
		value := has[f.Name]
		switch {
		case value == nil && meant.Has(f.Name):
		case value != nil && m.Dotted:
			f.Value.Read(r, value, what+"."+f.Name)
		case value != nil:
			f.Value.Read(r, value, f.Name)
		case f.missing != "":
			r.Add(n.Pos, what, "%s", f.missing)
		case f.needed:
			r.Add(n.Pos, what, "missing key %q", f.Name)
		}
	}
	for _, rule := range m.Rules {
		if rule.broken(meant) {
			r.Add(n.Pos, what, "%s", rule.message)
		}
	}
	if m.Then != nil {
		m.Then(r, n, has)
	}
}

// given finds the known keys of n. Among those that are meant are those that
// an unknown key is a slip of the pen away from: they are not missing, too.
func (m Mapping) given(r *Reader, n *Node, what string) (has, meant Given, ok bool) {
	if n.Kind != MappingNode {
		r.Wrong(n, what, cmp.Or(m.Want, "a mapping"))
		return nil, nil, false
	}
	names := make([]string, len(m.Fields))
	for i, f := range m.Fields {
		names[i] = f.Name
	}
	has = make(Given, len(n.Pairs))
	var slips []string
	for i, one := range n.Pairs {
		name := one.Key.Text
		switch {
		case !slices.Contains(names, name):
			r.unknownKey(one.Key, what, names)
			slips = append(slips, Nearest(name, names))
		case has.Has(name):
			first := slices.IndexFunc(n.Pairs[:i], func(p Pair) bool { return p.Key.Text == name })
			r.twice(one.Key, n.Pairs[first].Key, what)
		default:
			has[name] = one.Value
		}
	}
	if len(slips) == 0 {
		return has, has, true
	}
	meant = maps.Clone(has)
	for _, name := range slips {
		meant[name] = n
	}
	return has, meant, true
}

// Schema implements Value.
func (m Mapping) Schema() *Schema {
	s := &Schema{Type: Types{"object"}, AdditionalProperties: &Schema{never: true}}
	for _, f := range m.Fields {
		s.Properties = append(s.Properties, Property{f.Name, f.schema()})
		if f.needed {
			s.Required = append(s.Required, f.Name)
		}
	}
	for _, rule := range m.Rules {
		s.AllOf = append(s.AllOf, rule.schema())
	}
	if m.Shape != nil {
		s.AllOf = append(s.AllOf, m.Shape()...)
	}
	return s
}
