package check

import (
	"fmt"
	"time"

	"github.com/hookdrill/hookdrill/prober/history"
	"github.com/hookdrill/hookdrill/prober/policy"
	"github.com/hookdrill/hookdrill/scenarios/verdict"
)

func crashDurabilityChecker() checker {
	return checker{
		name:       "crash-durability",
		holds:      "what was accepted before a kill is delivered after it",
		broken:     "what was accepted before a kill was forgotten by it",
		needsWhole: true,
		look:       crashDurability,
	}
}

// kill is what is known of one end of the sender.
type kill struct {
	at time.Duration
	// inFlight counts the attempts that it cut off, repeats the delivered
	// events that were sent again after it.
	inFlight, repeats int
	repeated          evidence
}

func crashDurability(l *ledger, _ ask) eyes {
	e := acrossKills(l)
	if l.pol.Durability != policy.DurabilityDisk {
		return unpromised("the sender does not declare that what it accepted survives a kill", "forgotten", e)
	}
	return e
}

func acrossKills(l *ledger) eyes {
	var kills []kill
	for _, at := range l.time.kills {
		kills = append(kills, kill{at: at})
	}
	pending, open := 0, 0
	var bad evidence
	return eyes{
		owed: func(o *owed) {
			if !o.owes {
				return
			}
			// Of several kills, the first that can have taken it is to blame.
			waiting, at := false, never
			for i := range kills {
				k := &kills[i]
				if o.accepted > k.at {
					continue
				}
				k.look(l, o)
				if o.heard > k.at {
					waiting = true
					if at == never && o.fate == lost && l.inMind(o, k.at) {
						at = k.at
					}
				}
			}
			if !waiting || o.fate == discharged || o.fate == givenUp {
				return
			}
			pending++
			switch {
			case o.fate == lost && at != never:
				bad.add(clue{weight: -int64(o.accepted), owed: o.number, at: at, proof: o.proof, other: o.overtaker})
			case o.fate == undelivered:
				open++
			}
		},
		report: func() Report {
			r := Report{Status: verdict.Pass}
			if pending > 0 {
				r.Premise = fmt.Sprintf("%s pending at %s", plural(pending, "obligation"), plural(len(kills), "kill"))
			} else {
				r.Reason = whyNoKill(len(kills))
			}
			bad.tell(&r, l.forgotten)
			for i := range kills {
				kills[i].tell(l, &r)
			}
			switch {
			case r.Count > 0:
				r.Status = verdict.Fail
			case open > 0:
				r.Status, r.Reason = verdict.Unknown, l.whyOpen(open)
			case pending > 0 && l.time.modelled:
				r.Reason = "modelled: the kill was simulated in virtual time"
			}
			return r
		},
	}
}

// inMind reports whether the sender had an obligation in mind at a kill, and
// not after it: what it tried again later the kill did not take from it, and
// what was overdue by then it had dropped before.
func (l *ledger) inMind(o *owed, at time.Duration) bool {
	a := o.last()
	switch {
	case a == nil && l.ordered():
		return o.passed >= at // it may have waited for the others of its key
	case a == nil:
		return at-o.accepted <= l.late(0)
	case began(a) > at:
		return false
	}
	delay, _ := l.pol.Delay(len(o.attempts) + 1)
	_, most := l.pol.Spread(delay)
	return at-over(a) <= l.late(max(most, l.honoured(a)))
}

// late returns the longest time after which something is not late that should
// come within most: a queue may hold it up for a while, and what the harness's
// own driver suffered the sender may have suffered, too.
func (l *ledger) late(most time.Duration) time.Duration {
	return most + max(10*time.Second, most/2, l.slack(driverMayBeLate), l.worstStall())
}

func whyNoKill(kills int) string {
	if kills == 0 {
		return "the sender was not killed"
	}
	return "nothing was pending when the sender was killed"
}

// look counts what the kill cut off, and what it made the sender repeat: a
// repeat that something else explains is no work of the kill's.
func (k *kill) look(l *ledger, o *owed) {
	var delivered *history.Attempt
	for i := range o.attempts {
		a := &o.attempts[i]
		switch {
		case began(a) <= k.at && k.at <= over(a)+l.slack(reaction):
			k.inFlight++
			delivered = nil // it may have died before it wrote that down
		case over(a) < k.at && l.clean(a):
			delivered = a
		case began(a) > k.at && delivered != nil && l.excuseBeside(o, delivered, a) == "":
			k.repeats++
			k.repeated.add(clue{owed: o.number, at: began(a)})
			return
		}
	}
}

// tell adds what speaks against a sender that repeats more than it can have
// had in flight.
func (k *kill) tell(l *ledger, r *Report) {
	if k.repeats <= k.inFlight+l.pol.CrashRepeats {
		return
	}
	r.Count++
	f := k.repeated.worst[0]
	if len(r.Findings) < MaxEvidence {
		r.Findings = append(r.Findings, l.tell(f.owed, f.at,
			aside("%s sent again after the kill, with %s in flight at it%s", plural(k.repeats, "delivered event"),
				plural(k.inFlight, "attempt"), l.allowedRepeats())))
	}
}

// allowedRepeats says how many events the sender declares to send again after a
// kill.
func (l *ledger) allowedRepeats() string {
	if l.pol.CrashRepeats == 0 {
		return ""
	}
	return fmt.Sprintf("; the sender declares at most %d more", l.pol.CrashRepeats)
}

func (l *ledger) forgotten(c clue) Finding {
	f := l.lossStory(c)
	f.Story = append(f.Story, aside("the sender was killed at %s, after it had accepted the event, and never came back to it", offset(c.at)))
	return f
}
