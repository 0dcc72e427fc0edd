package check

import (
	"time"

	"github.com/hookdrill/hookdrill/prober/policy"
)

// lanes knows for each endpoint the latest publish that was acked there, of
// the key that is being laid out or of all keys, as the sender promises
// order. An event that was accepted before that publish began, and is not
// acked, was passed by.
type lanes struct {
	order policy.Order
	// latest holds for each endpoint the begin of the publish, and key and seq
	// its event.
	latest   []time.Duration
	key, seq []uint32
	// soonest holds for each endpoint when a later event of the key was acked
	// first; of all keys together it is not known.
	soonest []time.Duration
}

func newLanes(l *ledger) lanes {
	n := len(l.plan.Endpoints)
	y := lanes{order: l.pol.Order, latest: make([]time.Duration, n), key: make([]uint32, n), seq: make([]uint32, n),
		soonest: make([]time.Duration, n)}
	for i := range y.key {
		y.key[i] = none
	}
	if y.order != policy.OrderEndpoint {
		return y
	}
	for i := range l.h.Attempts {
		a := &l.h.Attempts[i]
		if !arrived(a) || l.owner(a) == none {
			continue
		}
		if row := l.accepted[l.event(a.Key, a.Number)]; row != none {
			y.enter(int(a.Endpoint), a.Key, a.Number, l.h.Published[row].Called)
		}
	}
	return y
}

func (y *lanes) enter(endpoint int, key, seq uint32, called time.Duration) {
	if called > y.latest[endpoint] {
		y.latest[endpoint], y.key[endpoint], y.seq[endpoint] = called, key, seq
	}
}

// pass takes an obligation that has been laid out.
func (y *lanes) pass(o *owed) {
	if y.order != policy.OrderKey {
		return
	}
	if y.key[o.endpoint] != o.key {
		y.latest[o.endpoint], y.key[o.endpoint], y.soonest[o.endpoint] = -1, o.key, never
	}
	if o.owes && o.ack >= 0 {
		y.enter(o.endpoint, o.key, o.seq, o.called)
		y.soonest[o.endpoint] = min(y.soonest[o.endpoint], o.heard)
	}
}

// passed returns when the first acked event that follows o in its key was
// acked; never, where none was or no order within keys is promised.
func (y *lanes) passed(o *owed) time.Duration {
	if y.order != policy.OrderKey || y.key[o.endpoint] != o.key {
		return never
	}
	return y.soonest[o.endpoint]
}

// overtook returns an acked event that was published after o, and false where
// there is none or no order is promised.
func (y *lanes) overtook(o *owed) (token, bool) {
	switch {
	case y.order == policy.OrderKey && y.key[o.endpoint] == o.key,
		y.order == policy.OrderEndpoint && y.key[o.endpoint] != none:
		return token{y.key[o.endpoint], y.seq[o.endpoint]}, y.latest[o.endpoint] > o.accepted
	default:
		return token{}, false
	}
}
