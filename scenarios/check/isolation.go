package check

import (
	"fmt"
	"time"

	"github.com/hookdrill/hookdrill/prober/history"
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
		holds:  "what no fault selects is served as before",
		broken: "an event that no fault selects had to wait",
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
	selected := l.selected()
	// spared says for each endpoint whether something is meant there that no
	// fault selects.
	spared := make([]bool, len(l.plan.Endpoints))
	var before, since histogram
	var worst evidence
	return eyes{
		owed: func(o *owed) {
			if selected == nil || selected[o.endpoint].covers(o.key) || !a.covers(o.endpoint) || !o.owes || o.fate == discharged {
				return
			}
			spared[o.endpoint] = true
			first := l.end // it is still waiting
			if len(o.attempts) > 0 {
				first = began(&o.attempts[0])
			}
			if l.time.gone(o.accepted, first) || l.stalled(o.called, first) && 2*l.stoodStill(o.called, first) >= first-o.called {
				return // a sender that is away serves nobody, nor does a machine that stands still
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
			endpoints := trues(spared)
			switch {
			case endpoints == 0:
				r.Reason = "nothing that is meant is spared by all faults"
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
			r.Premise = fmt.Sprintf("%s at %s", plural(since.n, "event"), plural(endpoints, "endpoint"))
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
		switch {
		case l.h.Header.World != history.Real:
			bound = given
		case before.n >= minSamples:
			// What this machine needs when nothing is wrong is not the sender's.
			bound = max(bound, time.Duration(arg(a, factorArg, defaultFactor)*float64(before.quantile(0.99))))
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

func trues(in []bool) int {
	n := 0
	for _, b := range in {
		if b {
			n++
		}
	}
	return n
}

// selection is what faults select at one endpoint: nothing, all events, or
// those of some keys.
type selection struct {
	all  bool
	keys map[uint32]bool
}

func (s selection) covers(key uint32) bool { return s.all || s.keys[key] }

// selected says for each endpoint what faults select there; nil: there is no
// fault. A fault that is limited to keys leaves the other events of its
// endpoints alone: a sender that lets them wait behind those has no isolation
// between keys. Any other limit (attempts, a share) may meet every event.
func (l *ledger) selected() []selection {
	var in []selection
	for i := range l.plan.Faults {
		f := &l.plan.Faults[i]
		if len(f.Endpoints) > 0 && in == nil {
			in = make([]selection, len(l.plan.Endpoints))
		}
		for _, e := range f.Endpoints {
			in[e].add(f.Select.Keys)
		}
	}
	return in
}

func (s *selection) add(keys []uint32) {
	if len(keys) == 0 {
		s.all = true
		return
	}
	if s.keys == nil {
		s.keys = make(map[uint32]bool, len(keys))
	}
	for _, k := range keys {
		s.keys[k] = true
	}
}
