package plan

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"

	"github.com/hookdrill/hookdrill/chaos"
	"github.com/hookdrill/hookdrill/prober/strict"
)

// params are the fields of parameters, which are put into args with the Go
// types that their chaos.Type lists.
func (r *reader) params(params []chaos.Param, args chaos.Args) []strict.Field {
	fields := make([]strict.Field, 0, len(params))
	for _, p := range params {
		v := r.param(p, args)
		if p.Default != "" {
			v = strict.Shaped(v, func(s *strict.Schema) { s.Default = defaultValue(p) })
		}
		if p.Required {
			fields = append(fields, strict.Need(p.Name, sentence(p.Doc), v))
		} else {
			fields = append(fields, strict.Key(p.Name, sentence(p.Doc), v))
		}
	}
	return fields
}

// defaultValue is a default as JSON has it.
func defaultValue(p chaos.Param) any {
	switch p.Type {
	case chaos.TypeInt, chaos.TypeFloat, chaos.TypeBool:
		return json.RawMessage(p.Default)
	default:
		return p.Default
	}
}

// param reads one parameter.
func (r *reader) param(p chaos.Param, args chaos.Args) strict.Value {
	switch p.Type {
	case chaos.TypeString:
		return arg(args, p.Name, func(dst *string) strict.Value {
			if len(p.OneOf) > 0 {
				return strict.OneOf(dst, "value", p.OneOf...)
			}
			return strict.Typed(dst, "a text")
		})
	case chaos.TypeInt:
		return arg(args, p.Name, func(dst *int) strict.Value { return strict.Int(dst, math.MinInt32, math.MaxInt32) })
	case chaos.TypeFloat:
		return arg(args, p.Name, func(dst *float64) strict.Value { return strict.Float(dst, math.Inf(-1), math.Inf(1)) })
	case chaos.TypeBool:
		return arg(args, p.Name, strict.Bool)
	case chaos.TypeDuration:
		return arg(args, p.Name, strict.Duration)
	case chaos.TypeSize:
		return arg(args, p.Name, size)
	case chaos.TypeHeaders:
		return arg(args, p.Name, headers)
	case chaos.TypeDistribution:
		return arg(args, p.Name, distribution)
	case chaos.TypeFaults:
		return arg(args, p.Name, func(dst *[]chaos.Fault) strict.Value {
			*dst = []chaos.Fault{}
			return strict.List(dst, r.fault)
		})
	case chaos.TypeParams:
		return arg(args, p.Name, func(dst *chaos.Args) strict.Value {
			*dst = chaos.Args{}
			return strict.Mapping{Fields: r.params(p.Fields, *dst)}
		})
	default:
		panic(fmt.Sprintf("plan: parameter %s has a type that scenario files cannot write", p.Name)) // a bug of the registry
	}
}

// arg reads a value, and puts it into args.
func arg[T any](args chaos.Args, name string, value func(*T) strict.Value) strict.Value {
	dst := new(T)
	return strict.Also(value(dst), func(*strict.Node) { args[name] = *dst })
}

func size(dst *int) strict.Value {
	return strict.Parsed(dst, "a size such as 4KiB", telling(strict.Matching("^("+sizePattern+")$"), "must be a size such as 512B, 4KiB or 1MiB"), parseSize)
}

// headers reads a mapping of header fields. A value may be a number: in a
// header it is a text all the same.
func headers(dst *map[string]string) strict.Value {
	schema := func() *strict.Schema {
		return &strict.Schema{
			Type: strict.Types{"object"}, PropertyNames: &strict.Schema{Pattern: "^[A-Za-z0-9!#$%&'*+.^_`|~-]+$"},
			AdditionalProperties: strict.Text(new(string)).Schema(),
		}
	}
	return strict.Custom(schema, func(r *strict.Reader, n *strict.Node, what string) {
		if n.Kind != strict.MappingNode {
			r.Wrong(n, what, "a mapping")
			return
		}
		all, lower := map[string]string{}, map[string]bool{}
		for _, one := range n.Pairs {
			name, value := one.Key.Text, ""
			before := r.Len()
			strict.Text(&value).Read(r, one.Value, name)
			switch {
			case r.Len() > before:
			case !isToken(name):
				r.Add(one.Key.Pos, what, "%q cannot be the name of a header", name)
			case lower[strings.ToLower(name)]:
				r.Add(one.Key.Pos, what, "header %q stands here twice", name)
			case strings.ContainsFunc(value, func(c rune) bool { return c < ' ' && c != '\t' || c == 0x7f }):
				r.Add(one.Value.Pos, what, "the value of %q has control characters", name)
			default:
				all[name] = value
			}
			lower[strings.ToLower(name)] = true
		}
		*dst = all
	})
}

// isToken reports whether s is a token of RFC 9110, section 5.6.2.
func isToken(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(c rune) bool {
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
		return !letter && !strings.ContainsRune("!#$%&'*+-.^_`|~", c)
	})
}
