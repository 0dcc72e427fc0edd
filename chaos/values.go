package chaos

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// values are the parameters of one fault, with defaults filled in from where
// they are documented, so that the two cannot differ.
type values struct {
	params []Param
	given  Args
	all    Args
}

// newValues checks a against params. A value of another type than the
// parameter's is an error here and never a panic later.
func newValues(params []Param, a Args) (*values, error) {
	v := &values{params: params, given: a, all: make(Args, len(params))}
	for _, name := range slices.Sorted(maps.Keys(a)) {
		if !slices.ContainsFunc(params, func(p Param) bool { return p.Name == name }) {
			return nil, fmt.Errorf("%s: no such parameter", name)
		}
	}
	for _, p := range params {
		x, given := a[p.Name]
		switch {
		case !given && p.Required:
			return nil, fmt.Errorf("%s: must be given", p.Name)
		case !given:
			x = fallback(p)
		case !p.Type.holds(x):
			return nil, fmt.Errorf("%s: a %T where %s is wanted", p.Name, x, p.Type)
		}
		if s, isText := x.(string); isText && len(p.OneOf) > 0 && !slices.Contains(p.OneOf, s) {
			return nil, fmt.Errorf("%s %q: want one of %s", p.Name, s, strings.Join(p.OneOf, ", "))
		}
		v.all[p.Name] = x
	}
	return v, nil
}

func (v *values) has(name string) bool { _, ok := v.given[name]; return ok }

func (v *values) text(name string) string               { return v.all[name].(string) }
func (v *values) int(name string) int                   { return v.all[name].(int) }
func (v *values) float(name string) float64             { return v.all[name].(float64) }
func (v *values) bool(name string) bool                 { return v.all[name].(bool) }
func (v *values) duration(name string) time.Duration    { return v.all[name].(time.Duration) }
func (v *values) headers(name string) map[string]string { return v.all[name].(map[string]string) }
func (v *values) distribution(name string) Distribution { return v.all[name].(Distribution) }
func (v *values) faults(name string) []Fault            { return v.all[name].([]Fault) }

// fields reads a nested mapping.
func (v *values) fields(name string) (*values, error) {
	i := slices.IndexFunc(v.params, func(p Param) bool { return p.Name == name })
	f, err := newValues(v.params[i].Fields, v.all[name].(Args))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return f, nil
}

// fallback is the value of a parameter that was not given. The defaults are
// this package's own text, so that one that cannot be read is a bug here.
func fallback(p Param) any {
	x, err := p.Type.parse(p.Default)
	if err != nil {
		panic(fmt.Sprintf("default of %s: %v", p.Name, err))
	}
	return x
}

// parse reads a default in the notation of a scenario file. The empty text
// is the zero value.
func (t Type) parse(s string) (any, error) {
	if s == "" {
		return t.zero(), nil
	}
	switch t {
	case TypeString:
		return s, nil
	case TypeInt:
		return strconv.Atoi(s)
	case TypeFloat:
		return strconv.ParseFloat(s, 64)
	case TypeBool:
		return strconv.ParseBool(s)
	case TypeDuration:
		return time.ParseDuration(s)
	case TypeSize:
		text, kilo := strings.CutSuffix(s, "KiB")
		n, err := strconv.Atoi(text)
		if kilo {
			n <<= 10
		}
		return n, err
	}
	return nil, fmt.Errorf("%s has no default but nothing", t)
}

func (t Type) zero() any {
	switch t {
	case TypeString:
		return ""
	case TypeInt, TypeSize:
		return 0
	case TypeFloat:
		return 0.0
	case TypeBool:
		return false
	case TypeDuration:
		return time.Duration(0)
	case TypeHeaders:
		return map[string]string(nil)
	case TypeDistribution:
		return Distribution{}
	case TypeFaults:
		return []Fault(nil)
	case TypeParams:
		return Args(nil)
	}
	return nil
}

// holds reports whether x has the Go type that stands behind t.
func (t Type) holds(x any) bool {
	return x != nil && fmt.Sprintf("%T", x) == fmt.Sprintf("%T", t.zero())
}

// String returns the type's name for messages, with its article.
func (t Type) String() string {
	switch t {
	case TypeString:
		return "a string"
	case TypeInt:
		return "a whole number"
	case TypeFloat:
		return "a number"
	case TypeBool:
		return "true or false"
	case TypeDuration:
		return "a duration"
	case TypeSize:
		return "a size"
	case TypeHeaders:
		return "a mapping of headers"
	case TypeDistribution:
		return "a distribution"
	case TypeFaults:
		return "a list of faults"
	case TypeParams:
		return "a mapping"
	}
	return "an unknown type"
}
