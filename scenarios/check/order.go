package check

import (
	"time"

	"github.com/hookdrill/hookdrill/prober/policy"
	"github.com/hookdrill/hookdrill/scenarios/plan"
	"github.com/hookdrill/hookdrill/scenarios/verdict"
)

const (
	perArg      = "per"
	perKey      = "key"
	perEndpoint = "endpoint"
)

func orderChecker() checker {
	return checker{
		name:   "order",
		holds:  "events are acknowledged in the order in which they were published",
		broken: "an event was acknowledged before one that was published earlier",
		where:  true,
		params: []plan.Param{{Name: perArg, Type: plan.ParamString, OneOf: []string{perKey, perEndpoint},
			Doc: "whether events of one key keep their order at an endpoint, or all events do; left out: as the sender declares"}},
		look: order,
	}
}

// order keeps when each obligation was acked first, and compares when all are
// known.
func order(l *ledger, a ask) eyes {
	per := arg(a, perArg, string(l.pol.Order))
	heard := make([]time.Duration, l.obligations())
	return eyes{
		owed: func(o *owed) {
			heard[o.number] = o.heard
			if !a.covers(o.endpoint) || !o.owes {
				heard[o.number] = never
			}
		},
		report: func() Report {
			n := l.inversions(heard, per == perEndpoint)
			r := Report{Status: verdict.Pass, Numbers: []Number{{"inversions", count(n.bad.count)}}}
			if n.pairs > 0 {
				r.Premise = plural(n.pairs, "event") + " with one before it"
			}
			switch {
			case !promises(l.pol.Order, per):
				r.Status, r.Reason = verdict.NotApplicable, notOrdered(l.pol.Order, per)
			case n.bad.count > 0:
				r.Status = verdict.Fail
				n.bad.tell(&r, l.inversionStory)
			}
			return r
		},
	}
}

// promises reports whether a declared order covers the one asked for.
func promises(declared policy.Order, per string) bool {
	return declared == policy.OrderEndpoint || declared == policy.OrderKey && per == perKey
}

func notOrdered(declared policy.Order, per string) string {
	if declared == policy.OrderKey {
		return "the sender declares order within a key, not within an " + per
	}
	return "the sender declares no order"
}

type inversions struct {
	// pairs counts the events that were compared with an earlier one.
	pairs int
	bad   evidence
}

// front is the event of a lane that was acked last, of those that have been
// gone through.
type front struct {
	heard, accepted time.Duration
	owed            uint32
}

// inversions goes through the events in the order of their acceptance and
// compares each with the one before it that was acked last. That one alone
// decides, unless its publish overlapped: then an inversion may be missed, and
// none is invented.
func (l *ledger) inversions(heard []time.Duration, endpointWide bool) inversions {
	var n inversions
	numbers := newLaneNumbers(endpointWide)
	var fronts []front
	for row := range l.h.Published {
		p := &l.h.Published[row]
		e := l.event(p.Key, p.Number)
		if e == none || l.accepted[e] != uint32(row) {
			continue
		}
		for place, endpoint := range l.plan.Topics[l.topic[e]].Endpoints {
			number := l.owedBy[e] + uint32(place)
			if heard[number] == never {
				continue
			}
			at := numbers.lane(p.Key, endpoint)
			if int(at) == len(fronts) {
				fronts = append(fronts, front{heard[number], p.At, number})
				continue
			}
			n.compare(&fronts[at], front{heard[number], p.At, number}, l.calledAt(e, p))
		}
	}
	return n
}

func (n *inversions) compare(last *front, next front, called time.Duration) {
	if last.accepted < called {
		n.pairs++
		if next.heard < last.heard {
			n.bad.add(clue{weight: int64(last.heard - next.heard), owed: next.owed, second: last.owed})
		}
	}
	if next.heard > last.heard {
		*last = next
	}
}

// inversionStory tells of both events; the second of the clue is the one that
// was published earlier.
func (l *ledger) inversionStory(c clue) Finding {
	early, late := l.find(c.second), l.find(c.owed)
	f := Finding{Subject: l.subject(late.key, late.seq, late.endpoint)}
	f.Story = []Line{
		{At: early.accepted, Text: eventName(&early) + " accepted"},
		{At: late.accepted, Text: eventName(&late) + " accepted"},
		{At: late.heard, Text: eventName(&late) + " acked"},
		{At: early.heard, Text: eventName(&early) + " acked"},
		aside("%s was acked %s before %s, which was published first",
			eventName(&late), span(early.heard-late.heard), eventName(&early)),
	}
	return f
}
