package check

import (
	"fmt"

	"github.com/hookdrill/hookdrill/prober/history"
	"github.com/hookdrill/hookdrill/scenarios/verdict"
)

func noPhantomChecker() checker {
	return checker{
		name:   "no-phantom",
		holds:  "an endpoint receives only what was published to it, byte for byte",
		broken: "an endpoint received what was not published to it",
		always: true,
		look:   noPhantom,
	}
}

// stranger is an attempt that no obligation explains.
type stranger struct {
	a   history.Attempt
	why string
}

func noPhantom(l *ledger, _ ask) eyes {
	seen, nameless := 0, 0
	var bad evidence
	var strangers []stranger
	strange := 0
	return eyes{
		owed: func(o *owed) {
			seen += len(o.attempts)
			for i := range o.attempts {
				a := &o.attempts[i]
				if why := l.phantom(o, a); why != "" {
					bad.add(clue{weight: -int64(began(a)), owed: o.number, at: began(a), what: why})
				}
			}
		},
		stray: func(a *history.Attempt) {
			if a.Trap {
				return // redirect looks at it
			}
			if a.Number == 0 {
				nameless++
				return
			}
			seen++
			strange++
			if len(strangers) < MaxEvidence {
				strangers = append(strangers, stranger{*a, l.strange(a)})
			}
		},
		report: func() Report {
			r := Report{Status: verdict.Pass}
			if seen > 0 {
				r.Premise = plural(seen, "attempt")
			}
			if nameless > 0 {
				r.Numbers = append(r.Numbers, Number{"without a token", count(nameless)})
			}
			bad.tell(&r, func(c clue) Finding { return l.tell(c.owed, c.at, aside("%s", c.what)) })
			r.Count += strange
			for _, s := range strangers {
				if len(r.Findings) < MaxEvidence {
					r.Findings = append(r.Findings, l.strangerStory(s))
				}
			}
			if r.Count > 0 {
				r.Status = verdict.Fail
			}
			return r
		},
	}
}

// phantom says why an attempt at an endpoint of its topic should not have
// been; empty: it is as it should be.
func (l *ledger) phantom(o *owed, a *history.Attempt) string {
	switch {
	case a.Body == history.CheckBad && a.Disposition != history.Incomplete:
		return "the body's padding does not match its checksum: it is not what was published"
	case o.state == 0 && l.whole:
		return "nobody had published it"
	case o.state == wasCalled|wasRefused && !o.owes:
		return "every publish of it was refused"
	case o.owes && o.state&wasOpen == 0 && began(a) < o.called:
		// All calls before this one were refused.
		return "it was sent before the publish that was accepted had begun, at " + offset(o.called)
	default:
		return ""
	}
}

// strange says why an attempt belongs to no obligation.
func (l *ledger) strange(a *history.Attempt) string {
	event := l.event(a.Key, a.Number)
	if event == none {
		return "the plan has no such event"
	}
	topic := l.plan.Topics[l.topic[event]]
	switch n := len(topic.Endpoints); n {
	case 0:
		return "the event is owed to nobody"
	case 1:
		return "the event is owed to " + l.name(topic.Endpoints[0]) + " alone"
	default:
		return fmt.Sprintf("the event is owed to %d other endpoints", n)
	}
}

func (l *ledger) strangerStory(s stranger) Finding {
	return Finding{
		Subject: l.subject(s.a.Key, s.a.Number, int(s.a.Endpoint)),
		Story: []Line{
			{At: began(&s.a), Text: l.attempt(int(s.a.Nth), &s.a)},
			aside("%s", s.why),
		},
	}
}
