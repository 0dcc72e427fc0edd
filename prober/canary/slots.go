package canary

import (
	"math/rand/v2"
	"time"
)

// slots are the instants at which a region is probed: a grid of intervals
// from a start of its own, each moved on by a little. Regions and replicas do
// not align that way, and what was slept through is not made up for.
type slots struct {
	base     time.Time
	interval time.Duration
	jitter   float64
	draws    *rand.Rand
	n        int64
	next     time.Time
}

// slots begins after a stagger, and not before an interval has passed since
// the region's newest canary: a prober that is started again and again probes
// no faster.
func (r *runner) slots() *slots {
	now := r.p.now()
	stagger := time.Duration(r.draws.Int64N(int64(r.c.Interval)))
	if r.p.o.Once {
		stagger = 0
	}
	s := &slots{base: now.Add(stagger), interval: r.c.Interval, jitter: r.c.Jitter, draws: r.draws}
	if newest := r.p.newest(r.g.Name); !newest.IsZero() && !newest.After(now) {
		s.base = later(s.base, newest.Add(r.c.Interval))
	}
	s.set(0)
	return s
}

func (s *slots) set(n int64) {
	s.n = n
	s.next = s.base.Add(time.Duration(n) * s.interval)
	if span := int64(float64(s.interval) * s.jitter); span > 0 {
		s.next = s.next.Add(time.Duration(s.draws.Int64N(span)))
	}
}

// wait returns how long it is until the next slot. A clock that was set back
// does not make it longer than two intervals.
func (s *slots) wait(now time.Time) time.Duration {
	d := s.next.Sub(now)
	if d > 2*s.interval {
		s.base = now
		s.set(1)
		d = s.next.Sub(now)
	}
	return max(d, 0)
}

// advance moves on to the first slot that is still to come.
func (s *slots) advance(now time.Time) {
	n := max(int64(now.Sub(s.base)/s.interval), s.n) + 1
	s.set(n)
}
