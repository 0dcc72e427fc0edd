package chaos

import (
	"slices"
	"time"
)

// Type is the type of a parameter in a scenario file, and of its value in Args.
type Type uint8

// The types of parameters. Behind each stands the Go type in Args.
const (
	TypeString       Type = iota + 1 // string
	TypeInt                          // int
	TypeFloat                        // float64
	TypeBool                         // bool
	TypeDuration                     // time.Duration; in the file `150m`, `1h30m`, `2d`
	TypeSize                         // int, in bytes; in the file `4KiB`
	TypeHeaders                      // map[string]string
	TypeDistribution                 // Distribution
	TypeFaults                       // []Fault; in the file a list of faults
	TypeParams                       // Args; in the file a mapping with Param.Fields
)

// Param describes one parameter of a fault or of a guarantee.
type Param struct {
	Name     string
	Type     Type
	Required bool
	// Default is the value in the file's notation, for the reference; the
	// constructor applies it.
	Default string
	// OneOf lists the allowed values of a string; empty: any.
	OneOf []string
	// Fields are the parameters of a TypeParams.
	Fields []Param
	Doc    string
}

// Args are the parameters of one fault as a file gives them, by name, with
// the Go types that Type lists. What a file leaves out is not there.
type Args map[string]any

// Distribution is a distribution of delays.
type Distribution struct {
	// Kind is constant, uniform, normal, lognormal or exponential.
	Kind string
	// Min and Max bound every draw; a zero Max is no bound.
	Min, Max time.Duration
	// Mean is the constant's value, or the mean (of the lognormal: the median).
	Mean time.Duration
	// Deviation is the standard deviation of the normal.
	Deviation time.Duration
	// Sigma is that of the logarithm: at one sigma the lognormal is e^Sigma
	// times its median.
	Sigma float64
}

// Kind is one row of the registry: how to make a fault of that name.
type Kind struct {
	Name string
	// Layer is where it acts with its default parameters.
	Layer  Layer
	Params []Param
	// Doc says in one sentence what it does, Expect what a correct sender does.
	Doc, Expect string
	// New makes a fault. Its error names the parameter and what is wanted.
	New func(Args) (Fault, error)
}

// Kinds returns the registry, sorted by name.
func Kinds() []Kind {
	return []Kind{
		blackholeKind(),
		delayKind(),
		deployKind(),
		finKind(),
		flapKind(),
		hangKind(),
		redirectKind(),
		refuseKind(),
		resetKind(),
		retryAfterKind(),
		sequenceKind(),
		statusKind(),
		truncateKind(),
	}
}

// KindByName finds a row of the registry.
func KindByName(name string) (Kind, bool) {
	kinds := Kinds()
	i := slices.IndexFunc(kinds, func(k Kind) bool { return k.Name == name })
	if i < 0 {
		return Kind{}, false
	}
	return kinds[i], true
}

// build completes a row with its constructor. What every constructor would
// have to do is done here: defaults, unknown and missing parameters, allowed
// values, the kind's name and layer.
func build(k Kind, construct func(*values) (Fault, error)) Kind {
	k.New = func(a Args) (Fault, error) {
		v, err := newValues(k.Params, a)
		if err != nil {
			return Fault{}, err
		}
		f, err := construct(v)
		if err != nil {
			return Fault{}, err
		}
		f.Kind = k.Name
		if f.Layer == 0 {
			f.Layer = k.Layer
		}
		return f, nil
	}
	return k
}
