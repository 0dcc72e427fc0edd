package chaos

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// steps lists what happens in a rollout between from and until and in its
// tail, in order.
func (d rollout) steps(from, until time.Duration) []Step {
	var steps []Step
	say := func(at time.Duration, format string, args ...any) {
		steps = append(steps, Step{At: from + at, Text: fmt.Sprintf(format, args...)})
	}
	window := until - from
	n, empty := 0, time.Duration(0)
	for i := range d.n {
		if !d.replaced(i, window) {
			continue
		}
		n++
		empty = max(empty, d.dropped(i))
		d.replacement(i, window, say)
	}
	if d.serviceAbsent && n == d.n && empty < d.fixed(0, window) {
		say(empty, "service absent: no ready replica")
	}
	if n < d.n {
		say(window, "update stops: %d of %d replicas are old", d.n-n, d.n)
	}
	if d.leftover() && n > 0 {
		say(window, "fix applied")
	}
	// Stable, so that what a cell says of one instant stays in its order.
	slices.SortStableFunc(steps, func(a, b Step) int { return cmp.Compare(a.At, b.At) })
	return steps
}

// replacement says what happens in cell i.
func (d rollout) replacement(i int, window time.Duration, say func(time.Duration, string, ...any)) {
	if d.startFirst {
		d.arrival(i, window, say)
	}
	say(d.drains(i), "replica %d of %d: draining", i+1, d.n)
	say(d.ends(i), "replica %d of %d: ended", i+1, d.n)
	if !d.startFirst {
		d.arrival(i, window, say)
	}
}

// arrival says what happens with the new replica and the gateway of cell i.
func (d rollout) arrival(i int, window time.Duration, say func(time.Duration, string, ...any)) {
	ready, fixed := d.ready(i), d.fixed(i, window)
	if d.serviceAbsent && ready < fixed {
		say(ready, "replica %d of %d: started, but no service leads to it", i+1, d.n)
	}
	if i < d.routesMissing && ready < fixed {
		say(ready, "route missing at gateway %d", i+1)
		say(fixed, "route back at gateway %d", i+1)
	}
	if d.serviceAbsent {
		ready = fixed
	}
	say(ready, "replica %d of %d: ready", i+1, d.n)
}
