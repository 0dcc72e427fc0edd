package check

import (
	"fmt"

	"github.com/hookdrill/hookdrill/prober/history"
	"github.com/hookdrill/hookdrill/scenarios/verdict"
)

func idStabilityChecker() checker {
	return checker{
		name:   "id-stability",
		holds:  "all attempts at an event carry one id, and no two events of an endpoint share one",
		broken: "the id of a delivery does not tell deliveries apart",
		where:  true, always: true,
		look: idStability,
	}
}

func idStability(l *ledger, a ask) eyes {
	looked := 0
	var bad evidence
	ids := newIDSet(l)
	return eyes{
		owed: func(o *owed) {
			if !a.covers(o.endpoint) {
				return
			}
			first, n := firstID(o)
			looked += n
			if first == nil {
				return
			}
			for i := range o.attempts {
				if at := &o.attempts[i]; legible(at) && at.ID != first.ID {
					bad.add(clue{weight: -int64(began(at)), owed: o.number, at: began(at), what: changed(at)})
					return
				}
			}
			if other := ids.add(o, first); other != nil {
				bad.add(clue{weight: -int64(began(first)), owed: o.number, at: began(first),
					what: fmt.Sprintf("key=%d seq=%d carries the same id at this endpoint", other.Key, other.Number)})
			}
		},
		report: func() Report {
			r := Report{Status: verdict.Pass}
			if looked > 0 {
				r.Premise = plural(looked, "attempt") + " with an id"
			} else if l.pol.Signature == "" {
				r.Status, r.Reason = verdict.NotApplicable, "the sender shows no ids"
			}
			if bad.count > 0 {
				r.Status = verdict.Fail
				bad.tell(&r, func(c clue) Finding { return l.tell(c.owed, c.at, aside("%s", c.what)) })
			}
			return r
		},
	}
}

// legible reports whether an attempt arrived so far that it shows its id.
func legible(a *history.Attempt) bool { return a.Disposition != history.Incomplete }

// firstID returns the first attempt that carries an id, and how many do.
func firstID(o *owed) (first *history.Attempt, n int) {
	for i := range o.attempts {
		if at := &o.attempts[i]; legible(at) && at.ID != 0 {
			if first == nil {
				first = at
			}
			n++
		}
	}
	return first, n
}

func changed(a *history.Attempt) string {
	if a.ID == 0 {
		return "the last attempt carries no id, unlike another attempt at the event"
	}
	return "the last attempt carries another id than the first"
}

// idSet finds an id that two events share at an endpoint: an open hash table
// of rows, at a few bytes an obligation.
type idSet struct {
	l     *ledger
	slots []uint32
	mask  uint64
}

func newIDSet(l *ledger) *idSet {
	size := uint64(16)
	for size < 2*uint64(l.obligations()) {
		size *= 2
	}
	return &idSet{l: l, slots: make([]uint32, size), mask: size - 1}
}

// add enters the id of an obligation and returns the attempt of another event
// that carries it already, or nil. Events that came in one request share its
// id with good reason.
func (s *idSet) add(o *owed, a *history.Attempt) *history.Attempt {
	row := s.l.rows[s.l.firstRow[o.number]]
	for _, r := range s.l.rows[s.l.firstRow[o.number]:s.l.firstRow[o.number+1]] {
		if s.l.h.Attempts[r].ID == a.ID {
			row = r
			break
		}
	}
	for i := mix(a.ID^uint64(a.Endpoint)<<40) & s.mask; ; i = (i + 1) & s.mask {
		if s.slots[i] == 0 {
			s.slots[i] = row + 1
			return nil
		}
		other := &s.l.h.Attempts[s.slots[i]-1]
		if other.ID == a.ID && other.Endpoint == a.Endpoint && other.Request != a.Request {
			return other
		}
	}
}

// mix is the finalizer of splitmix64.
func mix(h uint64) uint64 {
	h = (h ^ h>>30) * 0xbf58476d1ce4e5b9
	h = (h ^ h>>27) * 0x94d049bb133111eb
	return h ^ h>>31
}
