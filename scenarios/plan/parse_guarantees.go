package plan

import (
	"github.com/hookdrill/hookdrill/chaos"
	"github.com/hookdrill/hookdrill/prober/strict"
)

// guaranteeLines reads what must hold. The order of the file is the order of
// reports.
func (r *reader) guaranteeLines(s *Spec) strict.Value {
	byName := map[string]GuaranteeKind{}
	var names []string
	for _, k := range r.guarantees {
		byName[k.Name] = k
		names = append(names, k.Name)
	}
	schema := func() *strict.Schema {
		var all strict.Mapping
		for _, k := range r.guarantees {
			all.Fields = append(all.Fields, strict.Key(k.Name, sentence(k.Doc), r.guarantee(new(guaranteeLine), k)))
		}
		s := all.Schema()
		s.MinProperties = 1
		return s
	}
	return strict.Custom(schema, func(_ *strict.Reader, n *strict.Node, what string) {
		if n.Kind != strict.MappingNode {
			r.Wrong(n, what, "a mapping of names to parameters")
			return
		}
		if len(n.Pairs) == 0 {
			r.Add(n.Pos, what, "there are none")
		}
		seen := map[string]int{}
		for _, one := range n.Pairs {
			name := one.Key.Text
			kind, known := byName[name]
			switch {
			case !known:
				r.AddErr(one.Key.Pos, what, strict.Unknown("guarantee", name, names))
			case seen[name] > 0:
				r.Add(one.Key.Pos, what, "key %q stands here twice; the first is on line %d", name, seen[name])
			case one.Value.Kind != strict.MappingNode:
				r.Add(one.Value.Pos, name, "must be a mapping, not %s; without parameters write %s: {}", one.Value, name)
			default:
				line := guaranteeLine{Pos: one.Key.Pos}
				r.guarantee(&line, kind).Read(r.Reader, one.Value, name)
				s.guarantees = append(s.guarantees, line)
			}
			seen[name] = one.Key.Line
		}
	})
}

func (r *reader) guarantee(line *guaranteeLine, kind GuaranteeKind) strict.Value {
	line.name, line.args = kind.Name, chaos.Args{}
	fields := r.params(kind.Params, line.args)
	if kind.Where {
		fields = append(fields, strict.Key("where", "Labels of the endpoints that it is about; by default all.", where(&line.where)))
	}
	return strict.Mapping{What: kind.Name, Fields: fields}
}
