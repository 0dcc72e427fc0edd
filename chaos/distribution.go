package chaos

import (
	"fmt"
	"math"
	"time"
)

// The kinds of Distribution.
const (
	distConstant    = "constant"
	distUniform     = "uniform"
	distNormal      = "normal"
	distLognormal   = "lognormal"
	distExponential = "exponential"
)

// check reports what no delay can be drawn from.
func (d Distribution) check() error {
	switch d.Kind {
	case distConstant, distExponential, distNormal, distLognormal:
		if d.Mean <= 0 {
			return fmt.Errorf("mean %v: want more than 0s for %s", d.Mean, d.Kind)
		}
	case distUniform:
		if d.Max <= d.Min {
			return fmt.Errorf("max %v: want more than min %v for uniform", d.Max, d.Min)
		}
	default:
		return fmt.Errorf("kind %q: want one of constant, uniform, normal, lognormal, exponential", d.Kind)
	}
	switch {
	case d.Min < 0:
		return fmt.Errorf("min %v: want 0s or more", d.Min)
	case d.Max != 0 && d.Max < d.Min:
		return fmt.Errorf("max %v: want at least min %v", d.Max, d.Min)
	case d.Kind == distNormal && d.Deviation <= 0:
		return fmt.Errorf("deviation %v: want more than 0s for normal", d.Deviation)
	case d.Kind == distLognormal && !(d.Sigma > 0 && d.Sigma <= 10): // so written, NaN is refused too
		return fmt.Errorf("sigma %v: want more than 0 and at most 10 for lognormal", d.Sigma)
	}
	return nil
}

// at returns the delay below which a share u of all delays lies, 0 <= u < 1,
// within Min and Max. Going through the inverse of the distribution takes one
// draw for one delay, where the usual generators take an unknown number.
func (d Distribution) at(u float64) time.Duration {
	var x float64
	switch d.Kind {
	case distConstant:
		x = float64(d.Mean)
	case distUniform:
		x = float64(d.Min) + u*float64(d.Max-d.Min)
	case distNormal:
		x = float64(d.Mean) + normal(u)*float64(d.Deviation)
	case distLognormal:
		x = float64(d.Mean) * math.Exp(normal(u)*d.Sigma)
	case distExponential:
		x = -float64(d.Mean) * math.Log1p(-u)
	}
	most := d.Max
	if most == 0 {
		// A float beyond the largest duration would turn into the least one.
		most = math.MaxInt64
	}
	if x >= float64(most) {
		return most
	}
	return max(time.Duration(x), d.Min)
}

// normal is the standard normal distribution's inverse. The draw 0 stands for
// the middle of its step, as there is no delay at minus infinity.
func normal(u float64) float64 {
	return math.Sqrt2 * math.Erfinv(2*max(u, 1.0/(1<<54))-1)
}
