package check

import (
	"testing"
	"time"

	"github.com/hookdrill/hookdrill/prober/history"
	"github.com/hookdrill/hookdrill/scenarios/verdict"
)

func TestIsolation(t *testing.T) {
	// served delivers n events to calm-1 before an outage of shaky and n after,
	// with these waits.
	served := func(n int, before, since time.Duration) func(w *world) {
		return func(w *world) {
			w.fault("down", 100*sec, 200*sec, 2)
			k := w.key(2*n, 0)
			for i := range 2 * n {
				at, wait := time.Duration(i+1)*sec, before
				if i >= n {
					at, wait = at+100*sec, since
				}
				w.accept(k, uint32(i+1), at)
				w.attempt(k, uint32(i+1), 0, at+wait, 200)
			}
		}
	}
	given := map[string]any{"first-attempt-p99": 2 * sec}
	table(t, "isolation", given, []row{
		{"served at once", served(30, 10*ms, 10*ms), verdict.Pass, "it noticed nothing", "first attempt p99: 10ms of 2s"},
		{"served late", served(30, 10*ms, 3*sec), verdict.Fail, "three seconds are more than two",
			"it waited 3s for its first attempt; 99 of 100 may wait 2s"},
		{"as late as before", served(30, 3*sec, 4*sec), verdict.Fail, "virtual time has no slow machines", "99 of 100 may wait 2s"},
		{"as late as before in real time", func(w *world) {
			served(30, 3*sec, 4*sec)(w)
			w.h.Header.World = history.Real
		}, verdict.Pass, "the machine is that slow", "first attempt p99: 4s of 9s"},
		{"too few", served(10, 10*ms, 3*sec), verdict.Unknown, "ten samples have no p99", "10 events waited for a first attempt since the first fault"},
		{"accepted before the fault, and served long after", func(w *world) {
			served(30, 10*ms, 10*ms)(w)
			k := w.key(30, 0)
			for i := range uint32(30) {
				w.accept(k, i+1, 99*sec)
				w.attempt(k, i+1, 0, 105*sec, 200)
			}
		}, verdict.Fail, "the fault held them up", "it waited 6s"},
		{"never served", func(w *world) {
			served(30, 10*ms, 10*ms)(w)
			w.h.Attempts = w.h.Attempts[:45]
		}, verdict.Fail, "they are waiting still", "it waited"},
		{"away meanwhile", func(w *world) {
			served(30, 10*ms, 10*ms)(w)
			k := w.key(1, 0)
			w.accept(k, 1, 300*sec)
			w.kill(300*sec+ms, 400*sec)
			w.attempt(k, 1, 0, 401*sec, 200)
		}, verdict.Pass, "a dead sender is no bad neighbour", ""},
		{"all endpoints faulted", func(w *world) { w.fault("down", 100*sec, 200*sec, 0, 1, 2) },
			verdict.Unknown, "nobody is spared", "nothing that is meant is spared"},
		{"no fault", func(w *world) { w.traffic(30, 0, sec) }, verdict.Unknown, "there was nothing to notice", "nothing that is meant"},
	})
	// neighbours has a fault that is limited to one key of shaky, and 30 events of
	// another key there, which wait as long as given.
	neighbours := func(wait time.Duration) func(w *world) {
		return func(w *world) {
			ill, well := w.key(1, 2), w.key(30, 2)
			f := w.fault("ill", 100*sec, 200*sec, 2)
			w.p.Faults[f].Select.Keys = []uint32{ill}
			w.accept(ill, 1, 100*sec)
			w.hit(ill, 1, 2, 100*sec+10*ms, 503, f)
			w.attempt(ill, 1, 2, 201*sec, 200)
			for i := range 30 {
				at := 101*sec + time.Duration(i)*sec
				w.accept(well, uint32(i+1), at)
				w.attempt(well, uint32(i+1), 2, at+wait, 200)
			}
		}
	}
	table(t, "isolation", given, []row{
		{"other keys of the endpoint served at once", neighbours(10 * ms), verdict.Pass, "they noticed nothing", "first attempt p99: 10ms of 2s"},
		{"other keys of the endpoint wait", neighbours(100 * sec), verdict.Fail, "the fault is about one key alone", "it waited 1m40s for its first attempt"},
		{"and another fault is about all keys", func(w *world) {
			neighbours(100 * sec)(w)
			w.fault("down", 100*sec, 200*sec, 2)
		}, verdict.Unknown, "nobody at that endpoint is spared", "nothing that is meant is spared"},
	})
	table(t, "isolation", nil, []row{
		{"three times as long, below a second", served(30, 10*ms, 900*ms), verdict.Pass, "a second is always allowed", ""},
		{"three times as long", served(30, sec, 2900*ms), verdict.Pass, "the factor is three", ""},
		{"four times as long", served(30, sec, 4*sec), verdict.Fail, "the factor is three", "before the first fault 99 of 100 waited at most"},
	})
}

func TestRecovery(t *testing.T) {
	// outage takes shaky away from 100 s to 200 s, with one event pending that
	// is acked after the heal; never: not at all.
	outage := func(back time.Duration) func(w *world) {
		return func(w *world) {
			f := w.fault("down", 100*sec, 200*sec, 2)
			k := w.key(1, 2)
			w.accept(k, 1, 150*sec)
			w.hit(k, 1, 2, 151*sec, 503, f)
			if back != never {
				w.attempt(k, 1, 2, 200*sec+back, 200)
			}
		}
	}
	within := map[string]any{"within": 5 * mins, "surge": 3.0}
	table(t, "recovery", within, []row{
		{"in time", outage(mins), verdict.Pass, "a minute is less than five", "slowest: 1m of 5m"},
		{"too late", outage(6 * mins), verdict.Fail, "six minutes are more than five",
			"-- the endpoint was whole again at +00:03:20.000; it was acknowledged 6m later"},
		{"too late, but the machine stood still", func(w *world) {
			outage(6 * mins)(w)
			w.h.Header.World, w.h.Header.Scale = history.Real, 60
			p := w.accept(w.key(1, 0), 1, 400*sec)
			p.Planned, p.Called = 300*sec, 400*sec
		}, verdict.Pass, "the driver was not served either", "slowest: 6m of 5m"},
		{"never", outage(never), verdict.Fail, "five minutes went by", "56m40s later it had not been acknowledged"},
		{"not within what was seen", func(w *world) { outage(never)(w); w.end(300*sec, history.EndCap, 1) },
			verdict.Unknown, "the run was too short", "1 pending obligation had not been acknowledged"},
		{"nothing pending", func(w *world) {
			w.fault("down", 100*sec, 200*sec, 2)
			w.traffic(5, 2, sec)
		}, verdict.Unknown, "there was nothing to recover", "nothing was pending at a heal"},
		{"delivered while replicas come back one by one", func(w *world) {
			outage(-20 * sec)(w)
			w.h.Faults[1].At = 170 * sec
			w.p.Faults[0].Value.Tail = 30 * sec
		}, verdict.Pass, "it was pending when the cause was taken away", "1 obligation pending at the heal of 1 endpoint"},
		{"no heal", func(w *world) {
			outage(mins)(w)
			w.h.Faults = w.h.Faults[:1]
		}, verdict.Unknown, "the endpoint was never whole", "no heal was observed"},
		{"restarted meanwhile", func(w *world) { outage(mins)(w); w.kill(210*sec, 220*sec) },
			verdict.Unknown, "a restart heals what is stuck", "no recovery without a restart"},
		{"dropped by its own word", func(w *world) {
			outage(never)(w)
			w.end(time.Hour, history.EndSettled, 0)
		}, verdict.Unknown, "it was not waiting for the heal; no-loss looks at it", "nothing was pending"},
		{"flood", func(w *world) {
			outage(mins)(w)
			k := w.key(60, 2)
			for i := range 60 {
				w.accept(k, uint32(i+1), 150*sec+time.Duration(i)*ms)
				w.attempt(k, uint32(i+1), 2, 300*sec+time.Duration(i)*ms, 200)
			}
		}, verdict.Fail, "sixty in ten seconds, where ten are usual", "that is 6.0 times what is usual in 10s (10.0), allowed are 3.0"},
		{"as many, spread out", func(w *world) {
			outage(mins)(w)
			k := w.key(60, 2)
			for i := range 60 {
				w.accept(k, uint32(i+1), 150*sec+time.Duration(i)*ms)
				w.attempt(k, uint32(i+1), 2, 300*sec+time.Duration(i)*sec, 200)
			}
		}, verdict.Pass, "ten in ten seconds are usual", "surge: 1.0 of 3.0"},
	})
	table(t, "recovery", nil, []row{
		{"an attempt within the longest gap", outage(5 * mins), verdict.Pass, "that is what the schedule says", ""},
		{"silence", outage(20 * mins), verdict.Fail, "no gap is longer than six minutes", "no gap of the schedule is longer than 6m"},
	})
}
