package check

import (
	"slices"
	"time"

	"github.com/hookdrill/hookdrill/prober/history"
	"github.com/hookdrill/hookdrill/scenarios/plan"
	"github.com/hookdrill/hookdrill/scenarios/verdict"
)

const unjustifiedArg = "unjustified"

func duplicatesChecker() checker {
	return checker{
		name:   "duplicates",
		holds:  "an event is not sent again after a clean acknowledgement",
		broken: "an event was sent again after a clean acknowledgement",
		where:  true,
		params: []plan.Param{{Name: unjustifiedArg, Type: plan.ParamInt, Default: "0",
			Doc: "the most attempts after a clean acknowledgement that nothing justifies"}},
		look: duplicatesEyes,
	}
}

func duplicatesEyes(l *ledger, a ask) eyes {
	acks, all, unjustified := 0, 0, 0
	var bad evidence
	return eyes{
		owed: func(o *owed) {
			if !a.covers(o.endpoint) || o.ack < 0 {
				return
			}
			if o.clean >= 0 {
				acks++
			}
			if len(o.attempts) == o.ack+1 {
				return
			}
			n, justified := l.duplicates(o)
			all += n
			if n == justified {
				return
			}
			unjustified += n - justified
			bad.add(clue{weight: int64(n - justified), owed: o.number})
		},
		report: func() Report {
			r := Report{Status: verdict.Pass}
			if acks > 0 {
				r.Premise = plural(acks, "acknowledged obligation")
			}
			budget := arg(a, unjustifiedArg, 0)
			r.Numbers = []Number{{"unjustified", count(unjustified)}, {"justified", count(all - unjustified)}}
			if l.blurred() && all > unjustified {
				r.Reason = "what could be a retry is excused: the sender's timeout is " +
					span(time.Duration(float64(l.pol.Timeout)/l.h.Header.Scale)) + " in real time"
			}
			if unjustified > budget {
				r.Status = verdict.Fail
				bad.tell(&r, func(c clue) Finding { return l.tell(c.owed, never, l.whyTwice(c.owed)) })
			}
			return r
		},
	}
}

// whyTwice says of the first unjustified repeat what would have justified it.
func (l *ledger) whyTwice(number uint32) Line {
	o := l.find(number)
	ack := &o.attempts[o.clean]
	for i := range o.attempts {
		if a := &o.attempts[i]; i > o.ack && l.why(&o, i) == "" {
			return aside("attempt %d began %s after the acknowledgement; no ambiguity, timeout or kill explains it",
				i+1, span(began(a)-answered(ack)))
		}
	}
	return aside("nothing explains the repeat")
}

// duplicates counts the attempts of an obligation after its first ack, and
// those of them that are justified.
func (l *ledger) duplicates(o *owed) (all, justified int) {
	if o.ack < 0 || len(o.attempts) < 2 {
		return 0, 0
	}
	for i := range o.attempts {
		if i <= o.ack {
			continue
		}
		all++
		if l.why(o, i) != "" {
			justified++
		}
	}
	return all, justified
}

// why says what justifies a repeat; empty: nothing does. It must be justified
// beside each clean ack that came before it: a kill that explains the second
// delivery does not explain the third.
func (l *ledger) why(o *owed, i int) string {
	reason := "the sender did not hear of the delivery"
	for j := range i {
		if !l.clean(&o.attempts[j]) {
			continue
		}
		if reason = l.excuse(o, &o.attempts[j], &o.attempts[i]); reason == "" {
			return ""
		}
	}
	return reason
}

func (l *ledger) excuse(o *owed, ack, repeat *history.Attempt) string {
	reason := l.excuseBeside(o, ack, repeat)
	if reason == "" && l.pol.CrashRepeats > 0 && l.killedBetween(ack, repeat) {
		return "the sender declares repeats after a crash" // crash-durability counts them
	}
	return reason
}

// excuseBeside is excuse without what the sender declares of its crashes.
func (l *ledger) excuseBeside(o *owed, ack, repeat *history.Attempt) string {
	switch {
	case repeat.Resent:
		return "the transport sent it again"
	case l.pol.Repeats:
		return "the sender declares repeats"
	case began(repeat) <= answered(ack):
		return "it was on its way when the answer came"
	case l.pol.Timeout > 0 && !l.blurred() && answered(ack)-began(ack) >= l.pol.Timeout-l.slack(reaction):
		return "the answer came when the sender had waited for its timeout"
	case l.stalled(began(ack), over(ack)):
		return "the machine stood still when the answer came: it may have been too late for the sender"
	case l.blurred() && began(repeat)-answered(ack) >= l.leastDelay()-l.slack(clockStep):
		return mayHaveTimedOut
	case l.killedAround(ack, repeat):
		return "the sender was killed with the attempt in flight"
	case o.state&wasOpen != 0:
		return "the event was offered again after a call without an answer"
	default:
		return ""
	}
}

// mayHaveTimedOut excuses what could be a retry, in runs that are too fast to
// see the difference.
const mayHaveTimedOut = "the sender may have timed out before it was served"

// blurred reports whether the sender's timeout is, in real time, no longer
// than what a busy machine does to a process: an endpoint can then have served
// in no time what the sender, which counts from its dial on, has given up.
func (l *ledger) blurred() bool {
	return l.h.Header.World == history.Real && l.pol.Timeout > 0 && l.pol.Timeout < l.slack(driverMayBeLate)
}

// leastDelay is the shortest time after which a retry may follow.
func (l *ledger) leastDelay() time.Duration {
	least := time.Duration(0)
	for i, d := range l.pol.Schedule {
		if low, _ := l.pol.Spread(d); i == 0 || low < least {
			least = low
		}
	}
	return least
}

// reaction is how long a busy machine may take to notice something.
const reaction = 50 * time.Millisecond

// killedBetween reports whether the sender was killed between two attempts.
func (l *ledger) killedBetween(ack, repeat *history.Attempt) bool {
	return slices.ContainsFunc(l.time.kills, func(at time.Duration) bool { return over(ack) <= at && at < began(repeat) })
}

// killedAround reports whether the sender was killed from the time the ack was
// in flight until shortly after it, and before the repeat: it may have died
// before it wrote the ack down.
func (l *ledger) killedAround(ack, repeat *history.Attempt) bool {
	for _, at := range l.time.kills {
		if began(ack) <= at && at <= over(ack)+l.slack(reaction) && at < began(repeat) {
			return true
		}
	}
	return false
}
