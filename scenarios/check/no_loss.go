package check

import (
	"fmt"

	"github.com/hookdrill/hookdrill/scenarios/verdict"
)

func noLossChecker() checker {
	return checker{
		name:   "no-loss",
		holds:  "every accepted event is acknowledged by every endpoint it is owed to",
		broken: "an accepted event was never acknowledged by a subscribed endpoint",
		where:  true, always: true, needsWhole: true,
		look: noLoss,
	}
}

// tally counts obligations by what became of them.
type tally struct{ owed, acked, discharged, givenUp, lost, undelivered int }

func (t *tally) add(f fate) {
	switch f {
	case nothing:
		return
	case acked:
		t.acked++
	case discharged:
		t.discharged++
	case givenUp:
		t.givenUp++
	case lost:
		t.lost++
	case undelivered:
		t.undelivered++
	}
	t.owed++
}

func noLoss(l *ledger, a ask) eyes {
	var n tally
	var bad, open evidence
	return eyes{
		owed: func(o *owed) {
			if !a.covers(o.endpoint) {
				return
			}
			n.add(o.fate)
			switch o.fate {
			case lost:
				bad.add(lossClue(o))
			case undelivered:
				open.add(lossClue(o))
			case givenUp:
				// Only what no sender with this schedule could have delivered is
				// excused. An answer that a sender declares final, or takes for a
				// delivery, loses the customer an event all the same, and so does
				// an endpoint that it has disabled.
				if o.proof == final || o.proof == disabled {
					bad.add(lossClue(o))
				}
			}
		},
		report: func() Report {
			r := Report{}
			if n.owed > 0 {
				r.Premise = plural(n.owed, "obligation")
			}
			r.Numbers = lossNumbers(n)
			switch {
			case bad.count > 0:
				r.Status = verdict.Fail
				bad.tell(&r, l.lossStory)
			case n.undelivered > 0:
				r.Status, r.Reason = verdict.Unknown, l.whyOpen(n.undelivered)
				open.tell(&r, l.lossStory)
			case n.owed > 0 && n.givenUp == n.owed:
				r.Status, r.Reason = verdict.NotApplicable, l.whyGivenUp(n.givenUp)
			default:
				r.Status = verdict.Pass
				if n.givenUp > 0 {
					r.Reason = l.whyGivenUp(n.givenUp)
				}
			}
			return r
		},
	}
}

// lossClue weighs a loss by how early it was accepted: the one that waited
// longest first.
func lossClue(o *owed) clue {
	return clue{weight: -int64(o.accepted), owed: o.number, other: o.overtaker, proof: o.proof}
}

func lossNumbers(n tally) []Number {
	var numbers []Number
	add := func(name string, v int) {
		if v > 0 {
			numbers = append(numbers, Number{name, count(v)})
		}
	}
	add("given up", n.givenUp)
	add("lost", n.lost)
	add("undelivered", n.undelivered)
	add("discharged", n.discharged)
	return numbers
}

func (l *ledger) whyOpen(n int) string {
	text := fmt.Sprintf("%s had not been acknowledged when the history ended", plural(n, "obligation"))
	if horizon, ends := l.pol.Horizon(); ends {
		return text + "; the sender may have been about to deliver: its horizon is " + span(horizon)
	}
	return text + ", and nothing proves that the sender had given up"
}

func (l *ledger) whyGivenUp(n int) string {
	horizon, _ := l.leastHorizon()
	return fmt.Sprintf("%s given up: the plan's outage outlasts the %s for which the sender declares to try",
		plural(n, "obligation"), span(horizon))
}

func (l *ledger) lossStory(c clue) Finding {
	o := l.find(c.owed)
	text := "sender made no attempt"
	if l.time.unseen(o.endpoint, o.accepted, l.end) {
		text = "no attempt reached the endpoint, where nobody could connect for a time"
	}
	if a := o.last(); a != nil {
		text = "sender made no further attempt"
		if a.Status != 0 && !arrived(a) && !l.declaredFinal(a) && len(l.pol.Schedule) > 0 {
			text += fmt.Sprintf("; it declares %d retryable", a.Status)
		}
		if arrivedDamaged(a) {
			text += "; what it delivered was damaged"
		}
	}
	if why := l.proofText(c, &o); why != "" {
		text += "; " + why
	}
	return l.tell(c.owed, never, aside("%s", text))
}

func (l *ledger) proofText(c clue, o *owed) string {
	waited := span(l.end - o.accepted)
	switch c.proof {
	case saysDone:
		return "it says that it owes nothing more"
	case overtaken:
		return fmt.Sprintf("key=%d seq=%d, published later, was acknowledged before it", c.other.key, c.other.seq)
	case outlasted:
		horizon, _ := l.pol.Horizon()
		return fmt.Sprintf("the run went on for %s, horizon %s", waited, span(horizon))
	case final:
		a := o.last()
		if l.pol.Delivered(int(a.Status)) {
			return fmt.Sprintf("it takes a %d for a delivery", a.Status)
		}
		return fmt.Sprintf("it declares a %d final", a.Status)
	case disabled:
		f := l.failing[o.endpoint]
		return fmt.Sprintf("it declares that it disables an endpoint after %s; this one had failed %s in %s",
			l.whenDisabled(), plural(f.times, "time"), span(f.last-f.first))
	case silent:
		return fmt.Sprintf("the run went on for %s, and no gap of its schedule is longer than %s", waited, span(l.pol.MaxGap()))
	default:
		return "the history ended " + waited + " after the acceptance"
	}
}
