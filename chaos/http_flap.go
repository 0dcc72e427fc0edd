package chaos

import (
	"fmt"
	"net/http"
	"time"
)

func flapKind() Kind {
	return build(Kind{
		Name:   "flap",
		Layer:  LayerResponse,
		Doc:    "goes down and up again in turns, down first",
		Expect: "no loss, however the retries fall on the ups and downs; no endpoint is disabled while some of its attempts succeed",
		Params: []Param{
			{Name: "period", Type: TypeDuration, Default: "1m", Doc: "how long one down and one up last together"},
			{Name: "duty", Type: TypeFloat, Default: "0.5", Doc: "the share of the period that it is down, between 0 and 1"},
			{Name: "code", Type: TypeInt, Default: "503", Doc: "the status while it is down"},
			{Name: "down", Type: TypeFaults, Doc: "one fault to do while it is down, in place of code"},
		},
	}, newFlap)
}

func newFlap(v *values) (Fault, error) {
	period, duty := v.duration("period"), v.float("duty")
	switch {
	case period <= 0:
		return Fault{}, fmt.Errorf("period %v: want more than 0s", period)
	case !(duty > 0 && duty < 1): // so written, NaN is refused too
		return Fault{}, fmt.Errorf("duty %v: want more than 0 and less than 1", duty)
	case v.has("code") && v.has("down"):
		return Fault{}, fmt.Errorf("code and down: want one of them")
	}
	inner, err := downFault(v)
	if err != nil {
		return Fault{}, err
	}
	down := time.Duration(float64(period) * duty)
	f := Fault{Layer: inner.Layer, Stalls: inner.Stalls, RetryAfter: inner.RetryAfter}
	f.HTTP = func(r Request, next http.Handler) http.Handler {
		if (r.Offset-r.From)%period >= down {
			return nil
		}
		return inner.HTTP(r, next)
	}
	return f, nil
}

func downFault(v *values) (Fault, error) {
	if !v.has("down") {
		return statusKind().New(Args{"code": v.int("code")})
	}
	faults := v.faults("down")
	if len(faults) != 1 {
		return Fault{}, fmt.Errorf("down: %d faults, want one", len(faults))
	}
	if err := nests(faults[0]); err != nil {
		return Fault{}, fmt.Errorf("down: %w", err)
	}
	return faults[0], nil
}
