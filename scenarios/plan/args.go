package plan

import (
	"math"
	"slices"
	"strings"

	"github.com/hookdrill/hookdrill/chaos"
)

// reader reads one scenario file.
type reader struct {
	problems
	kinds      []chaos.Kind
	guarantees []GuaranteeKind
}

// fault reads `{kind: NAME, parameters...}`.
func (r *reader) fault(n *node, what string) (chaos.Fault, bool) {
	if n.kind != mappingNode {
		r.add(n.pos, what, "must be a mapping with a kind, not %s", n)
		return chaos.Fault{}, false
	}
	for i, one := range n.pairs {
		if one.key.text != "kind" {
			continue
		}
		name, ok := r.scalarOf(one.value, "kind", "the name of a fault", tagText)
		if !ok {
			return chaos.Fault{}, false
		}
		k := slices.IndexFunc(r.kinds, func(k chaos.Kind) bool { return k.Name == name })
		if k < 0 {
			r.list = append(r.list, problem{one.value.pos, what, unknown("fault", name, kindNames(r.kinds))})
			return chaos.Fault{}, false
		}
		rest := &node{pos: n.pos, kind: mappingNode, pairs: slices.Concat(n.pairs[:i], n.pairs[i+1:])}
		for _, other := range rest.pairs {
			if other.key.text == "kind" {
				r.add(other.key.pos, what, "key %q stands here twice; the first is on line %d", "kind", one.key.line)
				return chaos.Fault{}, false
			}
		}
		return r.made(rest, r.kinds[k])
	}
	r.add(n.pos, what, "missing key %q", "kind")
	return chaos.Fault{}, false
}

// made makes a fault of a kind from the mapping with its parameters.
func (r *reader) made(n *node, kind chaos.Kind) (chaos.Fault, bool) {
	before := len(r.list)
	args := r.args(n, kind.Name, kind.Params)
	if len(r.list) > before {
		return chaos.Fault{}, false
	}
	f, err := kind.New(args)
	if err != nil {
		r.list = append(r.list, problem{n.pos, kind.Name, err})
		return chaos.Fault{}, false
	}
	return f, true
}

func kindNames(kinds []chaos.Kind) []string {
	names := make([]string, 0, len(kinds))
	for _, k := range kinds {
		names = append(names, k.Name)
	}
	return names
}

// args reads a mapping of parameters, each with the Go type that its
// chaos.Type lists.
func (r *reader) args(n *node, what string, params []chaos.Param, more ...string) chaos.Args {
	args := chaos.Args{}
	known := slices.Clone(more)
	for _, p := range params {
		known = append(known, p.Name)
	}
	f, ok := r.object(n, what, known...)
	if !ok {
		return args
	}
	for _, p := range params {
		if p.Required {
			f.require(p.Name)
		}
		if !f.has(p.Name) {
			continue
		}
		if value := r.value(f, p); value != nil {
			args[p.Name] = value
		}
	}
	return args
}

// value reads one parameter, or returns nil.
func (r *reader) value(f fields, p chaos.Param) any {
	n := f.values[p.Name]
	switch p.Type {
	case chaos.TypeString:
		return r.choice(f, p)
	case chaos.TypeInt:
		return f.number(p.Name, 0, math.MinInt32, math.MaxInt32)
	case chaos.TypeFloat:
		return f.float(p.Name, 0, -1e15, 1e15)
	case chaos.TypeBool:
		s, ok := f.scalar(p.Name, "true or false", tagBool)
		if !ok {
			return nil
		}
		return strings.EqualFold(s, "true")
	case chaos.TypeDuration:
		return f.duration(p.Name, 0)
	case chaos.TypeSize:
		return parsed(f, p.Name, "a size such as 4KiB", 0, parseSize)
	case chaos.TypeHeaders:
		return r.headers(n, p.Name)
	case chaos.TypeDistribution:
		return r.distribution(n, p.Name)
	case chaos.TypeFaults:
		return r.faults(f, p.Name)
	case chaos.TypeParams:
		return r.args(n, p.Name, p.Fields)
	default:
		r.add(n.pos, p.Name, "has a type that scenario files cannot write")
		return nil
	}
}

func (r *reader) choice(f fields, p chaos.Param) any {
	s, ok := f.scalar(p.Name, "a text", tagText)
	if !ok {
		return nil
	}
	if len(p.OneOf) > 0 && !slices.Contains(p.OneOf, s) {
		r.list = append(r.list, problem{f.values[p.Name].pos, p.Name, unknown("value", s, p.OneOf)})
		return nil
	}
	return s
}

func (r *reader) faults(f fields, key string) any {
	list := []chaos.Fault{}
	f.each(key, func(n *node) {
		if one, ok := r.fault(n, key); ok {
			list = append(list, one)
		}
	})
	return list
}

// headers reads a mapping of header fields. A value may be a number: in a
// header it is a text all the same.
func (r *reader) headers(n *node, what string) any {
	if n.kind != mappingNode {
		r.add(n.pos, what, "must be a mapping, not %s", n)
		return nil
	}
	headers, lower := map[string]string{}, map[string]bool{}
	for _, one := range n.pairs {
		name := one.key.text
		value, ok := r.scalarOf(one.value, name, "a text", tagText, tagInt, tagFloat, tagBool)
		switch {
		case !ok:
		case !isToken(name):
			r.add(one.key.pos, what, "%q cannot be the name of a header", name)
		case lower[strings.ToLower(name)]:
			r.add(one.key.pos, what, "header %q stands here twice", name)
		case strings.ContainsFunc(value, func(c rune) bool { return c < ' ' && c != '\t' || c == 0x7f }):
			r.add(one.value.pos, what, "the value of %q has control characters", name)
		default:
			headers[name] = value
		}
		lower[strings.ToLower(name)] = true
	}
	return headers
}

// isToken reports whether s is a token of RFC 9110, section 5.6.2.
func isToken(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(c rune) bool {
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
		return !letter && !strings.ContainsRune("!#$%&'*+-.^_`|~", c)
	})
}
