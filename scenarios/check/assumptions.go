package check

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hookdrill/hookdrill/prober/history"
	"github.com/hookdrill/hookdrill/scenarios/plan"
	"github.com/hookdrill/hookdrill/scenarios/verdict"
)

const (
	assumptionsName  = "assumptions"
	assumptionsHold  = "the run shows enough to be judged"
	defaultBaseline  = 5
	lateShare        = 10 // one in so many publishes may be late
	maxReasons       = 6
	driverMayBeLate  = 250 * time.Millisecond
	baselineEventArg = "baseline-events"
)

func assumptionsChecker() checker {
	return checker{
		name: assumptionsName, holds: assumptionsHold, broken: assumptionsHold,
		needsWhole: true,
		params: []plan.Param{{Name: baselineEventArg, Type: plan.ParamInt, Default: "5",
			Doc: "how many events must have been acknowledged at the faulted endpoints before anything goes wrong"}},
		look: assumptions,
	}
}

// assumptions look at the run itself. One that is broken makes passes worth
// nothing; it says nothing against a failure, so it never is one.
func assumptions(l *ledger, a ask) eyes {
	faulted := l.faulted()
	baseline := 0
	return eyes{
		owed: func(o *owed) {
			if o.owes && o.heard < l.time.first && (faulted == nil || faulted[o.endpoint]) {
				baseline++
			}
		},
		report: func() Report {
			accepted, late, worst := l.driving()
			r := Report{Status: verdict.Pass}
			if accepted > 0 {
				r.Premise = l.whatThereIs(accepted)
			}
			if worst > 0 {
				r.Numbers = append(r.Numbers, Number{"publishing late by at most", span(worst)})
			}
			if still := l.stoodStill(0, never); still > 0 {
				r.Numbers = append(r.Numbers, Number{"the machine stood still for", span(still)})
			}
			broken := l.broken()
			if want := arg(a, baselineEventArg, defaultBaseline); l.time.first != never && baseline < want {
				broken = append(broken, fmt.Sprintf(
					"%s acknowledged before anything went wrong: that shows no baseline (want %d)", plural(baseline, "event"), want))
			}
			if late*lateShare > accepted {
				broken = append(broken, fmt.Sprintf("%s of %s were published later than planned, by up to %s",
					count(late), plural(accepted, "event"), span(worst)))
			}
			if len(broken) > 0 {
				r.Status, r.Reason = verdict.Unknown, join(broken)
			}
			return r
		},
	}
}

func join(reasons []string) string {
	if more := len(reasons) - maxReasons; more > 0 {
		reasons = append(slices.Clone(reasons[:maxReasons]), fmt.Sprintf("and %d more", more))
	}
	return strings.Join(reasons, "; ")
}

func (l *ledger) whatThereIs(accepted int) string {
	parts := []string{plural(accepted, "event")}
	if n := len(l.plan.Faults); n > 0 {
		parts = append(parts, plural(n, "fault"))
	}
	if n := len(l.plan.Verbs); n > 0 {
		parts = append(parts, plural(n, "step")+" of the sender's life")
	}
	return strings.Join(parts, ", ")
}

// faulted says for each endpoint whether a fault selects it; nil where none
// selects any: then what is done to the sender is done to all.
func (l *ledger) faulted() []bool {
	var in []bool
	for _, f := range l.plan.Faults {
		for _, e := range f.Endpoints {
			if in == nil {
				in = make([]bool, len(l.plan.Endpoints))
			}
			in[e] = true
		}
	}
	return in
}

// driving returns how many events were accepted, how many first calls were
// late, and by how much at worst.
func (l *ledger) driving() (accepted, late int, worst time.Duration) {
	for _, row := range l.accepted {
		if row != none {
			accepted++
		}
	}
	allowed := l.slack(driverMayBeLate)
	for i := range l.h.Published {
		p := &l.h.Published[i]
		if p.Try > 1 || p.Late {
			continue
		}
		by := p.Called - p.Planned
		worst = max(worst, by)
		if by > allowed {
			late++
		}
	}
	return accepted, late, worst
}

// broken lists what is wrong with the run, the causes before what follows.
func (l *ledger) broken() []string {
	broken := l.record()
	for i := range l.plan.Faults {
		if why := l.unhit(i); why != "" {
			broken = append(broken, why)
		}
	}
	broken = append(broken, l.undone()...)
	for _, n := range l.h.Notes {
		if n.Kind == history.NoteHarness {
			broken = append(broken, "the harness says: "+n.Text)
		}
	}
	return broken
}

// record looks at the history as a record.
func (l *ledger) record() []string {
	var broken []string
	if e := l.h.End; e != nil && e.Dropped > 0 {
		broken = append(broken, plural(int(e.Dropped), "record")+" could not be kept")
	}
	if e := l.h.End; e != nil && e.Unpublished > 0 {
		broken = append(broken, "never accepted: "+plural(e.Unpublished, "planned event")+l.lastRefusal())
	}
	if l.foreign > 0 {
		broken = append(broken, plural(l.foreign, "publish call")+" about events that the plan does not have")
	}
	if l.clockWentBack() {
		broken = append(broken, "the clock went back between two entries")
	}
	return broken
}

// lastRefusal says why an event was not accepted, the last one that was not.
func (l *ledger) lastRefusal() string {
	for _, p := range slices.Backward(l.h.Published) {
		if p.Outcome != history.Accepted && p.Error != "" {
			return ", the last because of: " + p.Error
		}
	}
	return ""
}

// clockWentBack looks at the entries whose offset is taken with their place
// in the order; those of an attempt are taken before.
func (l *ledger) clockWentBack() bool {
	h := l.h
	return !slices.IsSortedFunc(h.Published, func(a, b history.Published) int { return int(a.At - b.At) }) ||
		!slices.IsSortedFunc(h.Faults, func(a, b history.FaultEvent) int { return int(a.At - b.At) }) ||
		!slices.IsSortedFunc(h.Senders, func(a, b history.SenderEvent) int { return int(a.At - b.At) }) ||
		!slices.IsSortedFunc(h.Notes, func(a, b history.Note) int { return int(a.At - b.At) })
}

// unhit says why a fault has shown nothing.
func (l *ledger) unhit(i int) string {
	f := &l.plan.Faults[i]
	hits, on := l.hits[i], false
	for _, e := range l.h.Faults {
		if int(e.Fault) != i {
			continue
		}
		on = on || e.What == history.FaultOn
		// Nobody sees what a kernel turns away: that it was on is all there is.
		if e.What == history.FaultHits {
			hits += e.Hits
			if e.Inferred && on {
				hits++
			}
		}
	}
	who := fmt.Sprintf("fault %s (line %d)", f.ID, f.Line)
	switch {
	case hits > 0:
		return ""
	case !on && f.Trigger != nil:
		return who + " was never switched on: its trigger did not fire"
	case !on:
		return who + " was never switched on"
	default:
		return who + " never acted on any attempt: what it was to show was not shown"
	}
}

// undone lists the verbs on the sender and on what it leans on that were not
// carried out.
func (l *ledger) undone() []string {
	did := make(map[string]int)
	for _, s := range l.h.Senders {
		switch s.What {
		case history.SenderKill:
			did[plan.ActionKill]++
		case history.SenderTerm:
			did[plan.ActionTerm]++
		case history.SenderPause:
			did[plan.ActionPause]++
		case history.SenderScale:
			did[plan.ActionScale]++
		}
	}
	var broken []string
	for _, v := range l.plan.Verbs {
		if did[v.Action]--; did[v.Action] >= 0 {
			continue
		}
		why := fmt.Sprintf("sender: %s (line %d) was not carried out", v.Action, v.Line)
		if v.Trigger != nil {
			why += ": its trigger did not fire"
		}
		broken = append(broken, why)
	}
	for _, d := range l.plan.Dependencies {
		if !slices.ContainsFunc(l.h.Notes, func(n history.Note) bool {
			return n.Kind == history.NoteDependency && strings.HasPrefix(n.Text, d.ID+":")
		}) {
			broken = append(broken, fmt.Sprintf("dependency: %s %s (line %d) was not carried out", d.Action, d.Name, d.Line))
		}
	}
	return broken
}
