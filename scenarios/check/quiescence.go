package check

import (
	"slices"
	"time"

	"github.com/hookdrill/hookdrill/prober/history"
	"github.com/hookdrill/hookdrill/scenarios/verdict"
)

func quiescenceChecker() checker {
	return checker{
		name:       "quiescence",
		holds:      "when everything is settled nothing more is sent",
		broken:     "an attempt was made when everything was settled",
		needsWhole: true,
		look:       quiescence,
	}
}

// extra is an attempt that nothing calls for.
type extra struct {
	at   time.Duration
	owed uint32
}

func quiescence(l *ledger, _ ask) eyes {
	if l.pol.Repeats {
		return observedRepeats()
	}
	var n tally
	var settled time.Duration
	var repeats []extra
	var bad evidence
	return eyes{
		owed: func(o *owed) {
			n.add(o.fate)
			switch o.fate {
			case acked:
				settled = max(settled, o.heard)
			case lost, givenUp:
				if a := o.last(); a != nil {
					settled = max(settled, over(a))
				}
			case discharged:
				settled = max(settled, l.gone[o.endpoint])
			}
			for i := range o.attempts {
				at := began(&o.attempts[i])
				switch {
				case at > l.gone[o.endpoint] && at-l.gone[o.endpoint] > l.slack(reaction) && !l.killedAt(l.gone[o.endpoint]):
					bad.add(clue{weight: int64(at - l.gone[o.endpoint]), owed: o.number, at: at,
						what: "the endpoint had said 410 or been unsubscribed at " + offset(l.gone[o.endpoint])})
				case i > o.ack && o.ack >= 0 && l.why(o, i) == "":
					repeats = append(repeats, extra{at, o.number})
				}
			}
		},
		report: func() Report {
			if n.undelivered == 0 {
				for _, x := range repeats {
					if x.at > settled {
						bad.add(clue{weight: int64(x.at - settled), owed: x.owed, at: x.at,
							what: "everything had been settled at " + offset(settled) + ", " + span(x.at-settled) + " before"})
					}
				}
			}
			return l.quiet(n, settled, &bad)
		},
	}
}

// observedRepeats counts what a sender sends again that declares that it does.
func observedRepeats() eyes {
	delivered, again := 0, 0
	return eyes{
		owed: func(o *owed) {
			if o.ack >= 0 {
				delivered++
				again += len(o.attempts) - 1 - o.ack
			}
		},
		report: func() Report {
			r := Report{Status: verdict.NotApplicable, Reason: "the sender declares that it repeats what was delivered"}
			if delivered > 0 {
				r.Premise = plural(delivered, "acknowledged obligation")
				r.Numbers = []Number{{"sent again", count(again)}}
			}
			return r
		},
	}
}

func (l *ledger) quiet(n tally, settled time.Duration, bad *evidence) Report {
	r := Report{Status: verdict.Pass}
	quiet := l.end - settled
	switch {
	case bad.count > 0:
		r.Status = verdict.Fail
		bad.tell(&r, func(c clue) Finding { return l.tell(c.owed, c.at, aside("%s", c.what)) })
	case n.owed == 0:
		return r
	case n.undelivered > 0:
		r.Reason = plural(n.undelivered, "obligation") + " never settled"
		return r
	case l.h.End == nil || l.h.End.Reason != history.EndSettled || quiet <= 0:
		r.Reason = "the run did not listen on after everything was settled"
		return r
	}
	r.Premise = span(quiet) + " after everything was settled"
	return r
}

// killedAt reports whether the sender was killed at about that time: it may
// have died before it wrote down what it had heard.
func (l *ledger) killedAt(at time.Duration) bool {
	near := l.slack(reaction)
	return slices.ContainsFunc(l.time.kills, func(k time.Duration) bool { return k >= at-near && k <= at+near })
}
