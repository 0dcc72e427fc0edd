package check

import (
	"time"

	"github.com/hookdrill/hookdrill/prober/history"
	"github.com/hookdrill/hookdrill/prober/policy"
)

// fate is what became of an obligation.
type fate uint8

const (
	// nothing: there was no obligation.
	nothing fate = iota
	acked
	// discharged: the endpoint went, by a 410 or because it was unsubscribed.
	discharged
	// givenUp: the sender did what it declares, and that was not enough.
	givenUp
	// lost: it will not come any more, and there is proof of that.
	lost
	// undelivered: it did not come, and may have been on its way.
	undelivered
)

// proof is why an obligation is known to be lost, or may be given up.
type proof uint8

const (
	noProof proof = iota
	// saysDone: the sender says that it owes nothing.
	saysDone
	// overtaken: a later event of the same strictly ordered key was acked.
	overtaken
	// outlasted: the run went on for longer than the sender tries.
	outlasted
	// silent: a sender that never gives up has made no attempt for longer than
	// its longest gap.
	silent
	// final: the sender declares the last answer to be final.
	final
	// hopeless: the plan's outage was longer than the sender tries.
	hopeless
	// disabled: the sender declares that it stops sending to an endpoint that
	// has failed as this one did.
	disabled
)

// settle decides what became of an obligation. Proof of loss comes last:
// what the sender need not deliver it cannot lose.
func (l *ledger) settle(o *owed, later *passing) {
	switch {
	case !o.owes:
		o.fate = nothing
	case o.ack >= 0:
		o.fate = acked
	case l.gone[o.endpoint] != never:
		o.fate = discharged
	case l.declaredFinal(o.last()):
		o.fate, o.proof = givenUp, final
	case l.hopeless(o):
		o.fate, o.proof = givenUp, hopeless
	case l.disables(o.endpoint):
		o.fate, o.proof = givenUp, disabled
	default:
		o.fate = undelivered
		if o.proof = l.proofOfLoss(o, later); o.proof != noProof {
			o.fate = lost
		}
	}
}

// declaredFinal reports whether the sender declares that it makes no further
// attempt after this one: for a failure, or because it takes it for a success.
func (l *ledger) declaredFinal(a *history.Attempt) bool {
	return a != nil && a.Disposition == history.AnsweredNo &&
		(l.pol.Final(int(a.Status)) || l.pol.Delivered(int(a.Status)))
}

// leastHorizon returns the shortest time for which the sender keeps trying.
func (l *ledger) leastHorizon() (time.Duration, bool) {
	if _, ends := l.pol.Horizon(); !ends {
		return 0, false
	}
	var sum time.Duration
	for _, d := range l.pol.Schedule {
		least, _ := l.pol.Spread(d)
		sum += least
	}
	return sum, true
}

// hopeless reports whether the plan left the obligation no chance: the
// endpoint was down for as long as the sender declares to try. Under faults
// that fail only some requests the sender must have tried as declared, and
// each attempt must have met a fault.
func (l *ledger) hopeless(o *owed) bool {
	horizon, ends := l.leastHorizon()
	if !ends {
		return false
	}
	from := o.accepted
	for i := range o.attempts {
		if o.attempts[i].Fault == 0 {
			return false
		}
		if i == 0 {
			// An event that waits for others of its key is tried from its turn on.
			from = max(from, began(&o.attempts[0]))
		}
	}
	if l.time.outage(o.endpoint, from, from+horizon, total) {
		return true
	}
	return len(o.attempts) >= l.pol.MaxAttempts() && l.time.outage(o.endpoint, from, from+horizon, nil)
}

func (l *ledger) proofOfLoss(o *owed, later *passing) proof {
	if l.h.End != nil && l.h.End.Pending == 0 {
		return saysDone
	}
	if by, passed := later.overtook(o); passed {
		o.overtaker = by
		return overtaken
	}
	from := o.accepted
	if l.ordered() || l.pol.Forever {
		from = max(from, l.lastSeen[o.endpoint])
	}
	horizon, ends := l.pol.Horizon()
	if !ends {
		if !l.pol.Forever {
			return noProof // it declares no schedule that could have ended
		}
		if last, healed := l.time.heal(o.endpoint); healed {
			from = max(from, last)
		} else if len(l.time.at[o.endpoint]) > 0 {
			return noProof
		}
		if l.end-from > l.patience(o, l.pol.MaxGap()+l.pol.Timeout, from) {
			return silent
		}
		return noProof
	}
	if l.end-from > l.patience(o, horizon, from) {
		return outlasted
	}
	return noProof
}

// ordered reports whether an event may wait for others before it is tried.
func (l *ledger) ordered() bool {
	return l.pol.Order == policy.OrderKey || l.pol.Order == policy.OrderEndpoint
}

// patience is how long to wait before what should have come within a time is
// said to have failed: with a margin, with the time that the sender was away,
// and with the time that it was asked to wait.
func (l *ledger) patience(o *owed, within, from time.Duration) time.Duration {
	wait := within + max(time.Minute, within/20) + l.time.lost(from, l.end)
	for i := range o.attempts {
		wait += l.honoured(&o.attempts[i])
	}
	return wait
}

// honoured returns how long the sender declares to wait because of the
// Retry-After header of an answer.
func (l *ledger) honoured(a *history.Attempt) time.Duration {
	if l.pol.RetryAfter != policy.RetryAfterHonoured {
		return 0
	}
	wait := time.Duration(a.RetryAfter) * time.Second
	if l.pol.RetryAfterCap > 0 {
		wait = min(wait, l.pol.RetryAfterCap)
	}
	return wait
}
