package plan

import (
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/hookdrill/hookdrill/prober/policy"
	"github.com/hookdrill/hookdrill/prober/strict"
)

const (
	// retryAfterUnit is the resolution of Retry-After in seconds: RFC 9110,
	// section 10.2.3.
	retryAfterUnit = time.Second
	// leastTimeout is the shortest timeout that a stall can be told from a slow
	// answer by, on a machine that is busy with the run itself.
	leastTimeout = 200 * time.Millisecond
	// leastWindow is the shortest time that something can be done to endpoints
	// or to a process so that attempts meet it.
	leastWindow = 50 * time.Millisecond
	// mostEvents is how many events a second one driver is trusted with.
	mostEvents = 5000
)

// CheckScale says whether the plan can be run in real time at a scale (how
// many scenario seconds pass in one second) against a sender that declares
// pol. Its error joins a reason for each part that would mean something else
// at that scale, with the scale up to which the part keeps its meaning.
func (p *Plan) CheckScale(scale float64, pol policy.Policy) error {
	if !(scale > 0) || scale > maxScale {
		return fmt.Errorf("scale %g: must be above 0 and at most %d", scale, maxScale)
	}
	if scale <= 1 {
		return nil
	}
	s := scaling{scale: scale}
	for _, f := range p.Faults {
		what := fmt.Sprintf("line %d: %s", f.Line, f.ID)
		s.keep(what+" asks senders to wait for", f.Value.RetryAfter, retryAfterUnit, "Retry-After counts whole seconds")
		if f.Value.Stalls {
			s.keep(what+" stalls against a timeout of", pol.Timeout, leastTimeout, "a busy machine is that slow by itself")
		}
		s.keep(what+" lasts for", f.shortest(), leastWindow, "attempts would not meet it")
	}
	for _, v := range p.Verbs {
		s.keep(fmt.Sprintf("line %d: %s keeps the sender away for", v.Line, v.ID), v.For, leastWindow, "a process needs that long to go and come")
	}
	for _, t := range p.Streams {
		s.keep("traffic gives a thousand events in", 1000*t.Every, 1000*time.Second/mostEvents, "a driver publishes no faster")
	}
	return errors.Join(s.reasons...)
}

// shortest returns the shortest time for which f's window is open anywhere.
func (f Fault) shortest() time.Duration {
	least := f.Until - f.From
	for _, end := range f.Ends {
		least = min(least, end-f.From)
	}
	return least
}

type scaling struct {
	scale   float64
	reasons []error
}

// keep adds a reason when a time of the scenario becomes shorter than least.
// Zero is no time.
func (s *scaling) keep(what string, d, least time.Duration, why string) {
	d = d.Round(grid)
	if d <= 0 || scaled(d, s.scale) >= least {
		return
	}
	most := math.Floor(float64(d) / float64(least))
	s.reasons = append(s.reasons, fmt.Errorf("%s %s, which at scale %g is %s of the %s it needs (%s): the scale can be at most %g",
		what, strict.FormatDuration(d), s.scale, strict.FormatDuration(scaled(d, s.scale).Round(time.Millisecond/10)), strict.FormatDuration(least), why, max(most, 1)))
}
