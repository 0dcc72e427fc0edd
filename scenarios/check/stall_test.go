package check

import (
	"testing"
	"time"

	"github.com/hookdrill/hookdrill/prober/history"
	"github.com/hookdrill/hookdrill/scenarios/verdict"
)

func TestStalls(t *testing.T) {
	// standStill makes the driver's only other publish a minute late, at 10 s.
	standStill := func(w *world) {
		w.h.Header.World, w.h.Header.Scale = history.Real, 60
		p := w.accept(w.key(1, 0), 1, 70*sec)
		p.Planned, p.Called = 10*sec, 70*sec
		w.attempt(p.Key, 1, 0, 70*sec, 200)
	}
	twice := func(w *world) {
		k := owe(w)
		w.attempt(k, 1, 2, 11*sec, 200)
		w.attempt(k, 1, 2, 31*sec, 200)
	}
	table(t, "duplicates", nil, []row{
		{"repeat on a machine that stood still", func(w *world) { w.pol.Timeout = mins; standStill(w); twice(w) },
			verdict.Pass, "the answer may not have been read in time", "justified: 1"},
		{"repeat on a machine that did not", func(w *world) {
			w.pol.Timeout = mins
			twice(w)
			w.h.Header.World, w.h.Header.Scale = history.Real, 60
		}, verdict.Fail, "nothing was in its way", "unjustified: 1"},
		{"repeat in virtual time", func(w *world) {
			w.pol.Timeout = mins
			standStill(w)
			twice(w)
			w.h.Header.World, w.h.Header.Scale = history.Virtual, 1
		}, verdict.Fail, "nothing stands still there", "unjustified: 1"},
		{"repeat where the timeout is a hiccup", func(w *world) {
			twice(w)
			w.h.Header.World, w.h.Header.Scale = history.Real, 150
		}, verdict.Pass, "15 s are a tenth of a second there", "excused: the sender's timeout is 100ms in real time"},
		{"repeat at once where the timeout is a hiccup", func(w *world) {
			w.pol.Schedule = []time.Duration{2 * mins, 5 * mins}
			twice(w)
			move(&w.h.Attempts[1], -19*sec)
			w.h.Header.World, w.h.Header.Scale = history.Real, 150
		}, verdict.Fail, "no retry comes that soon", "unjustified: 1"},
	})
	table(t, "retry-schedule", nil, []row{
		{"early retry on a machine that stood still", func(w *world) {
			standStill(w)
			k := owe(w)
			w.attempt(k, 1, 2, 11*sec, 503)
			w.attempt(k, 1, 2, 12*sec, 200)
		}, verdict.Unknown, "the gap cannot be told, and there is no other", "no retry was observed"},
		{"early retry later on", func(w *world) {
			w.pol.Schedule = []time.Duration{2 * mins, 5 * mins}
			standStill(w)
			k := w.key(1, 2)
			w.accept(k, 1, 10*mins)
			w.attempt(k, 1, 2, 10*mins, 503)
			w.attempt(k, 1, 2, 10*mins+sec, 200)
		}, verdict.Fail, "the machine was well by then", "too early: 1"},
		{"early retry by less than a busy machine does", func(w *world) {
			k := owe(w)
			w.attempt(k, 1, 2, 11*sec, 503)
			w.attempt(k, 1, 2, 12*sec, 200)
			w.h.Header.World, w.h.Header.Scale = history.Real, 60
		}, verdict.Pass, "three seconds are fifty milliseconds there", "1 gap between attempts"},
	})
	table(t, "crash-durability", nil, []row{
		{"repeat after a kill of what came too late before it", func(w *world) {
			standStill(w)
			k := w.key(2, 2)
			w.accept(k, 1, 10*sec)
			w.attempt(k, 1, 2, 11*sec, 200)
			w.accept(k, 2, 10*mins-sec)
			w.kill(10*mins, 11*mins)
			w.attempt(k, 1, 2, 12*mins, 200)
			w.attempt(k, 2, 2, 12*mins, 200)
		}, verdict.Pass, "the kill did not make it come again", "1 obligation pending at 1 kill"},
	})
	table(t, "assumptions", nil, []row{
		{"stood still once", func(w *world) { standStill(w); w.traffic(30, 0, 5*mins) },
			verdict.Pass, "one hiccup changes nothing, and is told", "the machine stood still for: 1m6s"},
	})
}

// TestAStallDoesNotExcuseALongWait: a machine that stood still for a moment is
// no reason for a wait of half a minute; one that stood still all the time is.
func TestAStallDoesNotExcuseALongWait(t *testing.T) {
	for _, c := range []struct {
		reason string
		still  time.Duration
		want   verdict.Status
	}{
		{"a moment of a long wait", 100 * ms, verdict.Fail},
		{"all of it", 25 * sec, verdict.Unknown},
	} {
		w := newWorld("calm", "shaky")
		w.h.Header.World = history.Real
		w.ask("isolation", map[string]any{"first-attempt-p99": 2 * sec})
		w.fault("down", 100*sec, 200*sec, 1)
		k := w.key(30, 0)
		for i := range uint32(30) {
			at := 115*sec + time.Duration(i)*100*ms
			w.accept(k, i+1, at)
			w.attempt(k, i+1, 0, 145*sec, 200)
		}
		late := w.accept(w.key(1, 1), 1, 120*sec+c.still)
		late.Planned, late.Called = 120*sec, 120*sec+c.still
		w.end(time.Hour, history.EndSettled, -1)
		if r := find(t, w.judge(t), "isolation"); r.Status != c.want {
			t.Errorf("%s: %v, want %v\n%s", c.reason, r.Status, c.want, text(r))
		}
	}
}
