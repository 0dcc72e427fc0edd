package check

import (
	"time"

	"github.com/hookdrill/hookdrill/prober/history"
	"github.com/hookdrill/hookdrill/prober/policy"
	"github.com/hookdrill/hookdrill/scenarios/verdict"
)

func retryAfterChecker() checker {
	return checker{
		name:   "retry-after",
		holds:  "after an answer with Retry-After the sender waits as long as it was asked to",
		broken: "the sender came back earlier than Retry-After asked for",
		where:  true,
		look:   retryAfter,
	}
}

func retryAfter(l *ledger, a ask) eyes {
	if l.pol.RetryAfter == policy.RetryAfterHonoured {
		return comesBack(l, a, l.honoured)
	}
	return unpromised("the sender does not declare that it honours Retry-After", "came back earlier",
		comesBack(l, a, func(asked *history.Attempt) time.Duration { return time.Duration(asked.RetryAfter) * time.Second }))
}

// comesBack looks at when the sender comes back after an answer, which is to be
// after as long as asks returns.
func comesBack(l *ledger, a ask, asks func(*history.Attempt) time.Duration) eyes {
	looked := 0
	var bad evidence
	return eyes{
		owed: func(o *owed) {
			if !a.covers(o.endpoint) {
				return
			}
			for i := 0; i+1 < len(o.attempts); i++ {
				asked, next := &o.attempts[i], &o.attempts[i+1]
				want := asks(asked)
				if want == 0 || asked.Disposition != history.AnsweredNo || next.Resent ||
					began(next) < answered(asked) || l.time.gone(answered(asked), began(next)) ||
					l.stalled(began(asked), over(asked)) {
					continue
				}
				looked++
				// A date has whole seconds, so that it may ask for one less.
				if wait := began(next) - answered(asked); wait < want-l.slack(clockStep) {
					bad.add(clue{weight: int64(want - wait), owed: o.number, at: began(next),
						what: "asked to wait " + span(want) + ", the sender came back after " + span(wait)})
				}
			}
		},
		report: func() Report {
			r := Report{Status: verdict.Pass}
			if looked > 0 {
				r.Premise = plural(looked, "answer") + " with Retry-After"
			}
			if bad.count > 0 {
				r.Status = verdict.Fail
				bad.tell(&r, func(c clue) Finding { return l.tell(c.owed, c.at, aside("%s", c.what)) })
			}
			return r
		},
	}
}

// clockStep is by how much an endpoint may see something later than the
// sender does, in real time.
const clockStep = 10 * time.Millisecond
