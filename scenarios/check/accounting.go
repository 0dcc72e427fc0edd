package check

import (
	"github.com/hookdrill/hookdrill/prober/history"
	"github.com/hookdrill/hookdrill/scenarios/verdict"
)

func accountingChecker() checker {
	return checker{
		name:   "accounting",
		holds:  "what the sender reports as delivered was acknowledged",
		broken: "the sender reports as delivered what was never acknowledged",
		where:  true, always: true,
		look: accounting,
	}
}

func accounting(l *ledger, a ask) eyes {
	said := make(map[uint32]*history.Account, len(l.h.Accounts))
	for i := range l.h.Accounts {
		x := &l.h.Accounts[i]
		event := l.event(x.Key, x.Number)
		if event == none {
			continue
		}
		if number := l.obligation(event, x.Endpoint); number != none {
			said[number] = x
		}
	}
	switch {
	case len(said) == 0 && a.Line == 0:
		return eyes{report: func() Report { return Report{} }} // nobody has asked for it
	case len(said) == 0:
		return notPromised("the sender did not say what became of its deliveries")
	}
	looked, pessimistic, unread := 0, 0, 0
	var bad evidence
	return eyes{
		owed: func(o *owed) {
			x := said[o.number]
			if x == nil || !a.covers(o.endpoint) {
				return
			}
			if x.State == history.AccountUnknown {
				unread++
				return
			}
			looked++
			switch {
			case x.State == history.AccountDelivered && o.ack < 0:
				bad.add(clue{weight: -int64(o.accepted), owed: o.number, at: x.At, what: x.Said})
			case x.State == history.AccountFailed && o.ack >= 0:
				pessimistic++
			}
		},
		report: func() Report {
			r := Report{Status: verdict.Pass}
			if looked > 0 {
				r.Premise = plural(looked, "account") + " of the sender"
			} else if unread > 0 {
				r.Reason = "none of its words for a delivery is known"
			}
			if pessimistic > 0 {
				r.Numbers = append(r.Numbers, Number{"reported as failed, but acknowledged", count(pessimistic)})
			}
			if unread > 0 {
				r.Numbers = append(r.Numbers, Number{"in words that nobody knows", count(unread)})
			}
			bad.tell(&r, func(c clue) Finding {
				return l.tell(c.owed, c.at, aside("in the end the sender says %q, which means delivered; no attempt was acknowledged", c.what))
			})
			if r.Count > 0 {
				r.Status = verdict.Fail
			}
			return r
		},
	}
}
