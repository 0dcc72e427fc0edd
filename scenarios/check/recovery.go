package check

import (
	"fmt"
	"time"

	"github.com/hookdrill/hookdrill/scenarios/plan"
	"github.com/hookdrill/hookdrill/scenarios/verdict"
)

const (
	withinArg = "within"
	surgeArg  = "surge"
)

func recoveryChecker() checker {
	return checker{
		name:   "recovery",
		holds:  "every endpoint recovers in time after its heal, without a restart and without a flood",
		broken: "an endpoint did not recover as it should after its heal",
		where:  true, needsWhole: true,
		params: []plan.Param{
			{Name: withinArg, Type: plan.ParamDuration,
				Doc: "by when after the heal everything that was pending must be acknowledged; left out: at any time, once there is an attempt within the longest gap of the schedule"},
			{Name: surgeArg, Type: plan.ParamFloat,
				Doc: "the most attempts in any 10 s after the heal at an endpoint, as a multiple of what it heard in 10 s before the first fault; less than one attempt a second counts as one"},
		},
		look: recovery,
	}
}

// healing is what a recovery check knows of the endpoints.
type healing struct {
	l *ledger
	// at holds for each endpoint its heal; never: it is not looked at. Replicas
	// come back one by one, so that much may be delivered before the heal: mended
	// is when the cause was taken away, and what was pending then counts.
	at, mended []time.Duration
	// next holds for each endpoint the first attempt after its heal, waiting
	// one of the obligations that were pending then.
	next    []time.Duration
	waiting []uint32
	rush    rush
	within  time.Duration

	endpoints, pending, restarted, open int
	slowest                             time.Duration
	bad                                 evidence
}

func newHealing(l *ledger, a ask) *healing {
	n := len(l.plan.Endpoints)
	h := &healing{l: l, at: make([]time.Duration, n), mended: make([]time.Duration, n), next: make([]time.Duration, n), waiting: make([]uint32, n),
		within: arg(a, withinArg, never), rush: newRush(l, n)}
	for e := range n {
		h.at[e], h.next[e], h.waiting[e] = never, never, none
		if at, healed := l.time.heal(e); healed && a.covers(e) && at < l.end {
			h.at[e], h.mended[e] = at, l.time.mended(e)
			h.endpoints++
		}
	}
	return h
}

func recovery(l *ledger, a ask) eyes {
	h := newHealing(l, a)
	return eyes{
		owed: func(o *owed) {
			if h.at[o.endpoint] != never {
				h.look(o)
			}
		},
		report: func() Report { return h.report(arg(a, surgeArg, 0.0)) },
	}
}

func (h *healing) look(o *owed) {
	heal := h.at[o.endpoint]
	for i := range o.attempts {
		at := began(&o.attempts[i])
		h.rush.add(o.endpoint, at, heal)
		if at >= heal {
			h.next[o.endpoint] = min(h.next[o.endpoint], at)
		}
	}
	mended := h.mended[o.endpoint]
	if !h.wasPending(o, mended) {
		return
	}
	limit := h.l.end
	if h.within != never {
		limit = min(limit, heal+h.within)
	}
	if h.l.time.gone(mended, min(o.heard, limit)) {
		h.restarted++
		return
	}
	h.pending++
	if o.heard <= heal {
		return
	}
	h.waiting[o.endpoint] = o.number
	wait := o.heard - heal
	switch {
	case o.heard == never && h.within == never, o.heard == never && h.l.end-heal < h.within:
		h.open++
	case o.heard == never:
		h.bad.add(clue{weight: int64(never), owed: o.number, at: h.l.end})
	default:
		h.slowest = max(h.slowest, wait)
		if limit := h.within + h.l.slack(driverMayBeLate); h.within != never && wait > limit &&
			wait > limit+h.l.stoodStill(heal, o.heard) {
			h.bad.add(clue{weight: int64(wait), owed: o.number, at: o.heard})
		}
	}
}

// wasPending reports whether an obligation was still to be met when the cause
// was taken away. What the sender had given up before, or says that it owes no
// more, was not waiting for that; no-loss looks at it.
func (h *healing) wasPending(o *owed, mended time.Duration) bool {
	if !o.owes || o.accepted >= mended || o.heard <= mended || o.fate == givenUp || o.fate == discharged || o.proof == saysDone {
		return false
	}
	most := h.l.pol.MaxAttempts()
	last := o.last()
	return most == 0 || len(o.attempts) < most || over(last) > mended
}

func (h *healing) report(surge float64) Report {
	r := Report{Status: verdict.Pass}
	if h.endpoints == 0 {
		r.Reason = "no heal was observed"
		return r
	}
	if h.pending == 0 {
		r.Reason = "nothing was pending at a heal"
		if h.restarted > 0 {
			r.Reason = "the sender was away after each heal: that shows no recovery without a restart"
		}
	} else {
		r.Premise = fmt.Sprintf("%s pending at the heal of %s", plural(h.pending, "obligation"), plural(h.endpoints, "endpoint"))
	}
	r.Numbers = []Number{{"slowest", span(h.slowest)}}
	if h.within != never {
		r.Numbers[0].Value += " of " + span(h.within)
	}
	h.bad.tell(&r, h.story)
	h.silent(&r)
	h.flood(&r, surge)
	switch {
	case r.Count > 0:
		r.Status = verdict.Fail
	case h.open > 0 && h.pending > 0:
		r.Status = verdict.Unknown
		r.Reason = fmt.Sprintf("%s had not been acknowledged when the history ended", plural(h.open, "pending obligation"))
	}
	return r
}

func (h *healing) story(c clue) Finding {
	o := h.l.find(c.owed)
	heal := h.at[o.endpoint]
	text := fmt.Sprintf("the endpoint was whole again at %s; %s later it had not been acknowledged", offset(heal), span(h.l.end-heal))
	if c.weight != int64(never) {
		text = fmt.Sprintf("the endpoint was whole again at %s; it was acknowledged %s later", offset(heal), span(time.Duration(c.weight)))
	}
	return h.l.tell(c.owed, c.at, aside("%s", text))
}

// silent finds the endpoints that got no attempt for longer than the longest
// gap of the schedule, although something was pending.
func (h *healing) silent(r *Report) {
	if len(h.l.pol.Schedule) == 0 {
		return
	}
	for e, number := range h.waiting {
		if number == none {
			continue
		}
		o := h.l.find(number)
		bound := h.l.patience(&o, h.l.pol.MaxGap()+h.l.pol.Timeout, h.at[e])
		if min(h.next[e], h.l.end)-h.at[e] <= bound {
			continue
		}
		r.Count++
		if len(r.Findings) < MaxEvidence {
			r.Findings = append(r.Findings, Finding{Subject: h.l.name(e), Story: []Line{
				{At: h.at[e], Text: "whole again"},
				aside("no attempt came within %s, with %s pending; no gap of the schedule is longer than %s",
					span(bound), eventName(&o), span(h.l.pol.MaxGap())),
			}})
		}
	}
}

// flood compares the worst 10 s after a heal with what is usual.
func (h *healing) flood(r *Report, surge float64) {
	worst := 0.0
	for e, heal := range h.at {
		if heal == never {
			continue
		}
		peak, at := h.rush.peak(e)
		times := float64(peak) / h.rush.usual(e)
		worst = max(worst, times)
		if surge == 0 || times <= surge {
			continue
		}
		r.Count++
		if len(r.Findings) < MaxEvidence {
			r.Findings = append(r.Findings, Finding{Subject: h.l.name(e), Story: []Line{
				{At: heal, Text: "whole again"},
				{At: heal + at, Text: plural(peak, "attempt") + " in 10s"},
				aside("that is %s times what is usual in 10s (%s), allowed are %s", ratio(times), ratio(h.rush.usual(e)), ratio(surge)),
			}})
		}
	}
	n := Number{"surge", ratio(worst)}
	if surge > 0 {
		n.Value += " of " + ratio(surge)
	}
	r.Numbers = append(r.Numbers, n)
}
