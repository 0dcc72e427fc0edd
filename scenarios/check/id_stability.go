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
	ids := newIDs(l)
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
			ids.add(o, first)
		},
		report: func() Report {
			ids.shared(func(a, other *history.Attempt) {
				bad.add(clue{weight: -int64(began(a)), owed: l.owner(a), at: began(a),
					what: fmt.Sprintf("key=%d seq=%d carries the same id at this endpoint", other.Key, other.Number)})
			})
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
