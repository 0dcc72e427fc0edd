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
	if l.pol.RetryAfter != policy.RetryAfterHonoured {
		return notPromised("the sender does not declare that it honours Retry-After")
	}
	looked := 0
	var bad evidence
	return eyes{
		owed: func(o *owed) {
			if !a.covers(o.endpoint) {
				return
			}
			for i := 0; i+1 < len(o.attempts); i++ {
				asked, next := &o.attempts[i], &o.attempts[i+1]
				want := l.honoured(asked)
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
