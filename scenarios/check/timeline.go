package check

import (
	"cmp"
	"slices"
	"time"

	"github.com/hookdrill/hookdrill/prober/history"
	"github.com/hookdrill/hookdrill/scenarios/plan"
)

// never is an offset behind every other.
const never = time.Duration(1<<63 - 1)

// window is a time in which something was wrong, as the history shows it. The
// cause was taken away at mended, which is earlier than until where a fault
// has a tail.
type window struct {
	from, mended, until time.Duration
	fault               int
}

func (w window) meets(from, until time.Duration) bool { return w.from < until && from < w.until }

// timeline is what went wrong when: the faults at each endpoint, and the times
// in which the sender was away. It comes from the history and not from the
// plan, since triggers open windows at times that no plan knows.
type timeline struct {
	plan *plan.Plan
	// at holds for each endpoint its windows, the earliest first.
	at [][]window
	// away are the times in which the sender was dead, stopping or paused.
	away []window
	// kills are when it was killed, told to stop, or died by itself.
	kills []time.Duration
	// modelled says that the kills were simulated.
	modelled bool
	// first is when anything went wrong first, fault when a fault did; never,
	// where nothing did.
	first, fault time.Duration
}

func newTimeline(p *plan.Plan, h *history.History) *timeline {
	t := &timeline{plan: p, at: make([][]window, len(p.Endpoints)), first: never, fault: never}
	t.faults(h)
	t.sender(h)
	return t
}

type place struct{ fault, endpoint int }

func (t *timeline) faults(h *history.History) {
	open := make(map[place]int)
	for _, e := range h.Faults {
		if e.What == history.FaultHits || int(e.Fault) >= len(t.plan.Faults) {
			continue
		}
		if e.What == history.FaultOn {
			t.fault = min(t.fault, e.At)
			t.first = min(t.first, e.At)
		}
		t.each(e, func(endpoint int) { t.turn(open, e, endpoint) })
	}
	for i := range t.at {
		slices.SortStableFunc(t.at[i], func(a, b window) int { return cmp.Compare(a.from, b.from) })
	}
}

// each calls f for the endpoints that an entry means.
func (t *timeline) each(e history.FaultEvent, f func(endpoint int)) {
	if len(e.Endpoints) == 0 {
		for _, endpoint := range t.plan.Faults[e.Fault].Endpoints {
			f(endpoint)
		}
		return
	}
	for _, endpoint := range e.Endpoints {
		if int(endpoint) < len(t.at) {
			f(int(endpoint))
		}
	}
}

// turn opens or closes a window. Closing one that a heal has closed before
// changes nothing.
func (t *timeline) turn(open map[place]int, e history.FaultEvent, endpoint int) {
	p := place{int(e.Fault), endpoint}
	at, isOpen := open[p]
	switch {
	case e.What == history.FaultOn && !isOpen:
		open[p] = len(t.at[endpoint])
		t.at[endpoint] = append(t.at[endpoint], window{from: e.At, mended: never, until: never, fault: p.fault})
	case e.What == history.FaultOff && isOpen:
		w := &t.at[endpoint][at]
		w.mended, w.until = e.At, e.At+t.plan.Faults[e.Fault].Value.Tail
		delete(open, p)
	}
}

func (t *timeline) sender(h *history.History) {
	gone := -1
	leave := func(at time.Duration) {
		if gone < 0 {
			gone = len(t.away)
			t.away = append(t.away, window{from: at, until: never})
		}
		t.first = min(t.first, at)
	}
	for _, e := range h.Senders {
		switch e.What {
		case history.SenderKill, history.SenderTerm, history.SenderCrash:
			leave(e.At)
			t.kills = append(t.kills, e.At)
			t.modelled = t.modelled || e.Detail == modelled
		case history.SenderPause:
			leave(e.At)
		case history.SenderReady, history.SenderResume:
			if gone >= 0 {
				t.away[gone].until = e.At
				gone = -1
			}
		}
	}
}

// modelled is what the Detail of a kill says that was simulated.
const modelled = "modelled"

// gone reports whether the sender was away at any time in between.
func (t *timeline) gone(from, until time.Duration) bool {
	return slices.ContainsFunc(t.away, func(w window) bool { return w.meets(from, until) })
}

// lost returns how much of a time the sender was away.
func (t *timeline) lost(from, until time.Duration) time.Duration {
	var sum time.Duration
	for _, w := range t.away {
		if w.meets(from, until) {
			sum += min(w.until, until) - max(w.from, from)
		}
	}
	return sum
}

// unseen reports whether attempts at an endpoint may have failed before it
// could see them, at any time in between.
func (t *timeline) unseen(endpoint int, from, until time.Duration) bool {
	return slices.ContainsFunc(t.at[endpoint], func(w window) bool {
		return w.meets(from, until) && t.plan.Faults[w.fault].Value.Door != nil
	})
}

// heal returns when an endpoint was whole again for good, and false where
// nothing was wrong there or something still is.
func (t *timeline) heal(endpoint int) (time.Duration, bool) {
	var last time.Duration
	for _, w := range t.at[endpoint] {
		last = max(last, w.until)
	}
	return last, last > 0 && last != never
}

// mended returns when the cause of the last trouble at a healed endpoint was
// taken away.
func (t *timeline) mended(endpoint int) time.Duration {
	var last time.Duration
	for _, w := range t.at[endpoint] {
		last = max(last, w.mended)
	}
	return last
}

// outage reports whether faults covered all of a time at an endpoint: those
// that count says, or all.
func (t *timeline) outage(endpoint int, from, until time.Duration, count func(*plan.Fault) bool) bool {
	for _, w := range t.at[endpoint] {
		if w.from > from {
			return false
		}
		if count == nil || count(&t.plan.Faults[w.fault]) {
			from = max(from, w.until)
		}
		if from >= until {
			return true
		}
	}
	return false
}

// total reports whether a fault lets nothing through. What it does not know
// it takes for a partial one: that excuses no sender.
func total(f *plan.Fault) bool {
	s := f.Select
	if s.From|s.To|s.Every|s.Limit != 0 || s.P != 0 || len(s.Keys) > 0 {
		return false
	}
	switch f.Value.Kind {
	case "status", "retry-after", "redirect", "hang", "refuse", "reset", "fin", "truncate", "blackhole":
		return true
	default:
		return false
	}
}
