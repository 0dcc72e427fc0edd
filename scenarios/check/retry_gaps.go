package check

import (
	"time"

	"github.com/hookdrill/hookdrill/scenarios/verdict"
)

// observedGaps says how a sender that declares no schedule comes back.
func observedGaps(l *ledger, a ask) eyes {
	gaps := 0
	least, most := never, time.Duration(0)
	return eyes{
		owed: func(o *owed) {
			if !a.covers(o.endpoint) || !o.owes {
				return
			}
			for i := 1; i < len(o.attempts) && (o.clean < 0 || i <= o.clean); i++ {
				prev, next := &o.attempts[i-1], &o.attempts[i]
				if next.Resent || l.time.gone(began(prev), began(next)) {
					continue
				}
				gaps++
				wait := max(0, began(next)-over(prev))
				least, most = min(least, wait), max(most, wait)
			}
		},
		report: func() Report {
			r := Report{Status: verdict.NotApplicable, Reason: "the sender declares no schedule"}
			if gaps > 0 {
				r.Premise = plural(gaps, "gap") + " between attempts"
				r.Numbers = []Number{{"shortest", span(least)}, {"longest", span(most)}}
			}
			return r
		},
	}
}
