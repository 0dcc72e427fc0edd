package canary

import (
	"math/rand/v2"
	"testing"
	"time"
)

// TestSlots wants canaries an interval apart, each moved on by less than the
// jitter; a time that was slept through, or a clock that was set, is not made
// up for.
func TestSlots(t *testing.T) {
	const interval = time.Minute
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	s := &slots{base: at, interval: interval, jitter: 0.5, draws: rand.New(rand.NewPCG(1, 2))}
	s.set(0)
	moved := map[time.Duration]bool{}
	for n := range 100 {
		late := s.next.Sub(at.Add(time.Duration(n) * interval))
		if late < 0 || late >= interval/2 {
			t.Fatalf("slot %d is moved by %v", n, late)
		}
		moved[late] = true
		s.advance(s.next)
	}
	if len(moved) < 90 {
		t.Errorf("only %d different jitters of 100", len(moved))
	}
	for _, row := range []struct {
		reason string
		now    func() time.Time
	}{
		{"an hour was slept through", func() time.Time { return s.next.Add(time.Hour) }},
		{"a slot took longer than its interval", func() time.Time { return s.next.Add(3 * interval / 2) }},
		{"the clock went back", func() time.Time { return s.next.Add(-time.Hour) }},
	} {
		now := row.now()
		s.wait(now)
		for n := range 5 { // no two within one interval less the jitter
			s.advance(now)
			if d := s.wait(now); n > 0 && d < interval/2 || d > 2*interval {
				t.Errorf("%s: the next but %d comes after %v", row.reason, n, d)
			}
			now = now.Add(s.wait(now))
		}
	}
}

// TestStagger wants regions, and probers with other states, to begin at other
// instants.
func TestStagger(t *testing.T) {
	begin := map[time.Duration]string{}
	for _, run := range []string{"a", "b", "c"} {
		c := Defaults()
		now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
		p := New(&c, Options{Clock: func() time.Time { return now }})
		p.run = run
		for _, g := range []Region{{Name: "eu"}, {Name: "us"}, {Name: "in"}} {
			r := &runner{p: p, c: &c, g: g, draws: p.draws(g)}
			d := r.slots().next.Sub(now)
			if other, taken := begin[d]; taken || d > 2*c.Interval {
				t.Errorf("%s of %s begins after %v, as does %s", g.Name, run, d, other)
			}
			begin[d] = g.Name + " of " + run
		}
	}
}
