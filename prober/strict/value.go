package strict

// Value is what may stand at one place of a file. It is made anew for each
// place, since it reads into the Go value that it was made with.
type Value interface {
	// Read reads n, and notes what is wrong. what names the place in messages.
	Read(r *Reader, n *Node, what string)
	// Schema describes what Read takes. A Go value that is not zero is the
	// default in it.
	Schema() *Schema
}

// custom is a value of two parts. Most are read and never described.
type custom struct {
	schema func() *Schema
	read   func(r *Reader, n *Node, what string)
}

func (c custom) Read(r *Reader, n *Node, what string) { c.read(r, n, what) }
func (c custom) Schema() *Schema                      { return c.schema() }

// Custom returns a value that no other function here makes.
func Custom(schema func() *Schema, read func(r *Reader, n *Node, what string)) Value {
	return custom{schema, read}
}

// Shaped returns v with another schema: change is given its own, to change.
func Shaped(v Value, change func(s *Schema)) Value {
	return custom{func() *Schema {
		s := *v.Schema()
		change(&s)
		return &s
	}, v.Read}
}

// Matching is the schema of texts that match a regular expression.
func Matching(pattern string) func() *Schema {
	return func() *Schema { return &Schema{Type: Types{"string"}, Pattern: pattern} }
}

// Also returns v with something to do after it was read without a problem.
func Also(v Value, then func(n *Node)) Value {
	return Check(v, func(n *Node) error {
		then(n)
		return nil
	})
}

// Check returns v with a look at it after it was read without a problem; an
// error is one.
func Check(v Value, look func(n *Node) error) Value { return checked{v, look} }

type checked struct {
	Value

	look func(n *Node) error
}

func (c checked) Read(r *Reader, n *Node, what string) {
	before := r.Len()
	c.Value.Read(r, n, what)
	if r.Len() > before {
		return
	}
	if err := c.look(n); err != nil {
		r.AddErr(n.Pos, what, err)
	}
}

// At returns v, and keeps the place where it stands.
func At(dst *Pos, v Value) Value {
	return custom{v.Schema, func(r *Reader, n *Node, what string) {
		*dst = n.Pos
		v.Read(r, n, what)
	}}
}

const defs = "#/$defs/"

// ref is a value with a definition of its own in the schema.
type ref struct {
	Value

	name string
}

func (d ref) Schema() *Schema { return &Schema{Ref: defs + d.name, def: d.Value.Schema} }

// Ref returns v with a name in the schema: there it stands once, and may hold
// itself.
func Ref(name string, v Value) Value { return ref{v, name} }

// Maybe returns a value that is made where it is there: dst stays nil where it
// is not.
func Maybe[T any](dst **T, value func(*T) Value) Value {
	return Custom(func() *Schema { return value(new(T)).Schema() }, func(r *Reader, n *Node, what string) {
		one := new(T)
		value(one).Read(r, n, what)
		*dst = one
	})
}

// Either returns a value that is a scalar or something else.
func Either(scalar, other Value) Value {
	schema := func() *Schema { return &Schema{AnyOf: []*Schema{scalar.Schema(), other.Schema()}} }
	return Custom(schema, func(r *Reader, n *Node, what string) {
		if n.Kind == ScalarNode {
			scalar.Read(r, n, what)
			return
		}
		other.Read(r, n, what)
	})
}
