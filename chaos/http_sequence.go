package chaos

import (
	"errors"
	"fmt"
	"net/http"
	"time"
)

func sequenceKind() Kind {
	return build(Kind{
		Name:  "sequence",
		Layer: LayerResponse,
		Doc:   "does one fault to the first attempt of an obligation, the next to the second, and so on; what comes behind the last passes",
		Expect: "what each fault of the sequence asks for, in turn: every attempt that fails is followed by another on the declared schedule, " +
			"and the first that succeeds is the last",
		Params: []Param{
			{Name: "faults", Type: TypeFaults, Required: true, Doc: "the faults, one for each attempt; a status 200 lets one succeed"},
			{Name: "repeat", Type: TypeBool, Default: "false", Doc: "begins again behind the last"},
		},
	}, newSequence)
}

func newSequence(v *values) (Fault, error) {
	faults, repeat := v.faults("faults"), v.bool("repeat")
	if len(faults) == 0 {
		return Fault{}, errors.New("faults: want at least one")
	}
	f := Fault{Layer: faults[0].Layer}
	for i, inner := range faults {
		if err := nests(inner); err != nil {
			return Fault{}, fmt.Errorf("faults: number %d: %w", i+1, err)
		}
		if inner.Layer != f.Layer {
			return Fault{}, fmt.Errorf("faults: number %d: %s acts at another point of a request than %s does", i+1, inner.Kind, faults[0].Kind)
		}
		f.Stalls = f.Stalls || inner.Stalls
		f.RetryAfter = shorter(f.RetryAfter, inner.RetryAfter)
	}
	f.HTTP = func(r Request, next http.Handler) http.Handler {
		i := r.Attempt - 1
		if repeat && i >= 0 {
			i %= len(faults)
		}
		if i < 0 || i >= len(faults) {
			return nil
		}
		return faults[i].HTTP(r, next)
	}
	return f, nil
}

// nests reports why f cannot be part of another fault.
func nests(f Fault) error {
	switch {
	case f.HTTP == nil:
		return fmt.Errorf("%s acts before there is a request", f.Kind)
	case f.Tail > 0:
		// The outer fault's window would have to end later for the inner one.
		return fmt.Errorf("%s has a course of its own", f.Kind)
	}
	return nil
}

// shorter is the lesser of two times of which 0 is none.
func shorter(a, b time.Duration) time.Duration {
	if a == 0 || b == 0 {
		return a + b
	}
	return min(a, b)
}
