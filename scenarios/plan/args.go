package plan

import (
	"slices"

	"github.com/hookdrill/hookdrill/chaos"
	"github.com/hookdrill/hookdrill/prober/strict"
)

// faultValue reads `{kind: NAME, parameters...}`.
type faultValue struct {
	r   *reader
	dst *chaos.Fault
}

func (r *reader) fault(dst *chaos.Fault) strict.Value {
	return strict.Ref("fault", faultValue{r, dst})
}

// Read implements strict.Value.
func (f faultValue) Read(r *strict.Reader, n *strict.Node, what string) {
	if n.Kind != strict.MappingNode {
		r.Wrong(n, what, "a mapping with a kind")
		return
	}
	i := slices.IndexFunc(n.Pairs, isKind)
	if i < 0 {
		r.Add(n.Pos, what, "missing key %q", "kind")
		return
	}
	kind := n.Pairs[i]
	name, before := "", r.Len()
	strict.Typed(&name, "the name of a fault").Read(r, kind.Value, "kind")
	if r.Len() > before {
		return
	}
	k := slices.IndexFunc(f.r.kinds, func(k chaos.Kind) bool { return k.Name == name })
	if k < 0 {
		r.AddErr(kind.Value.Pos, what, strict.Unknown("fault", name, kindNames(f.r.kinds)))
		return
	}
	rest := &strict.Node{Pos: n.Pos, Kind: strict.MappingNode, Pairs: slices.Concat(n.Pairs[:i], n.Pairs[i+1:])}
	if again := slices.IndexFunc(rest.Pairs, isKind); again >= 0 {
		r.Add(rest.Pairs[again].Key.Pos, what, "key %q stands here twice; the first is on line %d", "kind", kind.Key.Line)
		return
	}
	made{f.r, f.dst, f.r.kinds[k]}.Read(r, rest, name)
}

func isKind(p strict.Pair) bool { return p.Key.Text == "kind" }

// Schema implements strict.Value.
func (f faultValue) Schema() *strict.Schema {
	kinds := &strict.Schema{Description: "What goes wrong.", Enum: strict.Words(kindNames(f.r.kinds)...)}
	s := &strict.Schema{Type: strict.Types{"object"}, Required: []string{"kind"}, Properties: strict.Properties{{Name: "kind", Schema: kinds}}}
	for _, k := range f.r.kinds {
		kinds.EnumDocs = append(kinds.EnumDocs, sentence(k.Doc))
		is := strict.With("kind")
		is.Properties = strict.Properties{{Name: "kind", Schema: &strict.Schema{Const: k.Name}}}
		then := made{f.r, new(chaos.Fault), k}.Schema()
		then.Title = k.Name
		then.Properties = slices.Concat(is.Properties, then.Properties)
		s.AllOf = append(s.AllOf, &strict.Schema{If: is, Then: then})
	}
	return s
}

// made reads the parameters of a fault, and makes it. Each line of a timeline
// could have them and few do: they are put together where they are there.
type made struct {
	r    *reader
	dst  *chaos.Fault
	kind chaos.Kind
}

func (m made) params() strict.Value {
	args := chaos.Args{}
	return strict.Check(strict.Mapping{Fields: m.r.params(m.kind.Params, args)}, func(*strict.Node) (err error) {
		*m.dst, err = m.kind.New(args)
		return err
	})
}

// Read implements strict.Value.
func (m made) Read(r *strict.Reader, n *strict.Node, what string) { m.params().Read(r, n, what) }

// Schema implements strict.Value.
func (m made) Schema() *strict.Schema { return m.params().Schema() }

// deploy reads the parameters of the fault behind a deploy line.
func (r *reader) deploy(dst *chaos.Fault) strict.Value {
	i := slices.IndexFunc(r.kinds, func(k chaos.Kind) bool { return k.Name == deployKind })
	return made{r, dst, r.kinds[i]}
}

func kindNames(kinds []chaos.Kind) []string {
	names := make([]string, 0, len(kinds))
	for _, k := range kinds {
		names = append(names, k.Name)
	}
	return names
}
