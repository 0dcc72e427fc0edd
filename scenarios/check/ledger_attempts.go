package check

import (
	"slices"
	"time"

	"github.com/hookdrill/hookdrill/prober/history"
)

// attempts puts the attempts in order by obligation: a counting sort, which
// keeps those of one obligation in the order of the history.
func (l *ledger) attempts() {
	l.gone = make([]time.Duration, len(l.plan.Endpoints))
	for i := range l.gone {
		l.gone[i] = never
	}
	l.failing = make([]failures, len(l.plan.Endpoints))
	l.lastSeen = make([]time.Duration, len(l.plan.Endpoints))
	l.hits = make([]int, len(l.plan.Faults))
	l.leave()
	owner := make([]uint32, len(l.h.Attempts))
	l.firstRow = make([]uint32, l.obligations()+1)
	for i := range l.h.Attempts {
		a := &l.h.Attempts[i]
		l.note(a)
		o := l.owner(a)
		owner[i] = o
		if o == none {
			l.strays = append(l.strays, uint32(i))
		} else {
			l.firstRow[o+1]++
		}
	}
	for o := range l.obligations() {
		l.firstRow[o+1] += l.firstRow[o]
	}
	l.rows = make([]uint32, l.firstRow[l.obligations()])
	for i, o := range owner {
		if o != none {
			l.rows[l.firstRow[o]] = uint32(i)
			l.firstRow[o]++
		}
	}
	// Each first row stands where the next begins now.
	copy(l.firstRow[1:], l.firstRow)
	l.firstRow[0] = 0
}

// owner returns the obligation that an attempt is about, or none. What a trap
// caught is about none: no endpoint has answered it.
func (l *ledger) owner(a *history.Attempt) uint32 {
	if a.Trap {
		return none
	}
	e := l.event(a.Key, a.Number)
	if e == none {
		return none
	}
	return l.obligation(e, a.Endpoint)
}

// note keeps what an attempt says about its endpoint.
func (l *ledger) note(a *history.Attempt) {
	if int(a.Endpoint) >= len(l.gone) {
		return
	}
	l.fail(a)
	l.lastSeen[a.Endpoint] = max(l.lastSeen[a.Endpoint], a.Ended)
	if a.Fault > 0 && int(a.Fault) <= len(l.hits) {
		l.hits[a.Fault-1]++
	}
	if a.Status == 410 && a.Disposition == history.AnsweredNo && l.pol.GoneDisables {
		l.gone[a.Endpoint] = min(l.gone[a.Endpoint], answered(a))
	}
}

// leave notes the endpoints that were unsubscribed. Only the harness writes
// such an entry: a sender that disables an endpoint by itself cannot
// discharge itself so.
func (l *ledger) leave() {
	for _, s := range l.h.Senders {
		if s.What != history.SenderGone {
			continue
		}
		if i := slices.Index(l.h.Header.Endpoints, s.Detail); i >= 0 && i < len(l.gone) {
			l.gone[i] = min(l.gone[i], s.At)
		}
	}
}

// began, answered and over are when an attempt was first seen, when its sender
// can first have known the answer, and when it was over. Attempts by hand or
// cut short may lack some of the offsets.
func began(a *history.Attempt) time.Duration {
	if a.FirstByte > 0 {
		return a.FirstByte
	}
	return a.Ended
}

func answered(a *history.Attempt) time.Duration {
	if a.Answered > 0 {
		return a.Answered
	}
	return over(a)
}

func over(a *history.Attempt) time.Duration { return max(a.FirstByte, a.Whole, a.Answered, a.Ended) }

// arrived reports whether an attempt delivered its event: answered with 2xx,
// with a body that was whole. Whether the sender heard of it is another matter.
func arrived(a *history.Attempt) bool {
	return (a.Disposition == history.Acked || a.Disposition == history.Ambiguous) &&
		a.Status >= 200 && a.Status <= 299 && a.Body != history.CheckBad
}

// clean reports whether an attempt delivered its event and the sender must
// know it.
func (l *ledger) clean(a *history.Attempt) bool {
	return a.Disposition == history.Acked && arrived(a) && l.pol.Delivered(int(a.Status))
}

// arrivedDamaged reports whether an endpoint took what was not the event.
func arrivedDamaged(a *history.Attempt) bool {
	return a.Body == history.CheckBad && (a.Disposition == history.Acked || a.Disposition == history.Ambiguous)
}
