package check

import (
	"fmt"
	"time"

	"github.com/hookdrill/hookdrill/scenarios/plan"
	"github.com/hookdrill/hookdrill/scenarios/verdict"
)

const (
	firstAttemptArg = "first-attempt-p99"
	factorArg       = "factor"
	defaultFactor   = 3.0
	// minSamples is the least number of which a p99 says anything.
	minSamples = 20
)

func isolationChecker() checker {
	return checker{
		name:   "isolation",
		holds:  "endpoints that no fault selects are served as before",
		broken: "an endpoint that no fault selects had to wait",
		where:  true,
		params: []plan.Param{
			{Name: firstAttemptArg, Type: plan.ParamDuration,
				Doc: "the most that 99 of 100 events may wait for their first attempt; left out: factor times what they waited before the first fault"},
			{Name: factorArg, Type: plan.ParamFloat, Default: "3",
				Doc: "how many times longer than before the first fault that may be; anything below a second is allowed"},
		},
		look: isolation,
	}
}

func isolation(l *ledger, a ask) eyes {
	faulted := l.faulted()
	spared := 0
	for e := range l.plan.Endpoints {
		if faulted != nil && !faulted[e] && a.covers(e) {
			spared++
		}
	}
	var before, since histogram
	var worst evidence
	return eyes{
		owed: func(o *owed) {
			if faulted == nil || faulted[o.endpoint] || !a.covers(o.endpoint) || !o.owes || o.fate == discharged {
				return
			}
			first := l.end // it is still waiting
			if len(o.attempts) > 0 {
				first = began(&o.attempts[0])
			}
			if l.time.gone(o.accepted, first) {
				return // a sender that is away serves nobody
			}
			wait := max(first-o.accepted, 0)
			if first < l.time.fault {
				before.add(wait)
				return
			}
			since.add(wait)
			if worst.wants(int64(wait)) {
				worst.add(clue{weight: int64(wait), owed: o.number, at: first})
			}
		},
		report: func() Report {
			r := Report{Status: verdict.Pass}
			switch {
			case spared == 0:
				r.Reason = "no endpoint that is meant is spared by all faults"
				return r
			case since.n < minSamples:
				r.Reason = fmt.Sprintf("%s waited for a first attempt since the first fault: that is too few (want %d)",
					plural(since.n, "event"), minSamples)
				return r
			}
			bound, why := l.waitBound(a, &before)
			if bound == 0 {
				r.Reason = why
				return r
			}
			r.Premise = fmt.Sprintf("%s at %s", plural(since.n, "event"), plural(spared, "endpoint"))
			p99 := since.quantile(0.99)
			r.Numbers = []Number{{"first attempt p99", span(p99) + " of " + span(bound)}}
			if before.n >= minSamples {
				r.Numbers = append(r.Numbers, Number{"before", span(before.quantile(0.99))})
			}
			if p99 > bound {
				r.Status = verdict.Fail
				worst.tell(&r, func(c clue) Finding {
					return l.tell(c.owed, c.at, aside("it waited %s for its first attempt; %s", span(time.Duration(c.weight)), why))
				})
				r.Count = since.above(bound)
			}
			return r
		},
	}
}

// waitBound returns how long the first attempt may take, and why; 0: nothing
// says so.
func (l *ledger) waitBound(a ask, before *histogram) (time.Duration, string) {
	if given := arg(a, firstAttemptArg, time.Duration(0)); given > 0 {
		bound := max(given, l.slack(reaction))
		if l.slack(reaction) <= time.Second {
			bound = given
		}
		return bound, "99 of 100 may wait " + span(bound)
	}
	if before.n < minSamples {
		return 0, fmt.Sprintf("%s before the first fault: too few to compare with (want %d)", plural(before.n, "event"), minSamples)
	}
	usual := before.quantile(0.99)
	bound := max(time.Duration(arg(a, factorArg, defaultFactor)*float64(usual)), l.slack(reaction))
	return bound, "before the first fault 99 of 100 waited at most " + span(usual)
}
