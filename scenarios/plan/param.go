package plan

import "github.com/hookdrill/hookdrill/chaos"

// Param is a parameter of a guarantee, described as those of faults are, so
// that one reader reads both. Package check, which may not know faults, names
// it and its types by these.
type Param = chaos.Param

// The types that parameters of guarantees have. Behind each stands the Go
// type in Guarantee.Args.
const (
	ParamInt      = chaos.TypeInt      // int
	ParamFloat    = chaos.TypeFloat    // float64
	ParamString   = chaos.TypeString   // string
	ParamDuration = chaos.TypeDuration // time.Duration
)
