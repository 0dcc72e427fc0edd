package check

import (
	"time"

	"github.com/hookdrill/hookdrill/prober/policy"
)

// lane is one ordering key at one endpoint, or all keys at one.
type lane uint32

// laneNumbers give each lane a place. There are few beside the obligations,
// and a map of them stays in the cache.
type laneNumbers struct {
	wide bool
	of   map[uint64]lane
}

func newLaneNumbers(endpointWide bool) laneNumbers {
	return laneNumbers{wide: endpointWide, of: make(map[uint64]lane)}
}

func (n *laneNumbers) lane(key uint32, endpoint int) lane {
	if n.wide {
		key = 0
	}
	at := uint64(key)<<32 | uint64(uint32(endpoint))
	y, known := n.of[at]
	if !known {
		y = lane(len(n.of))
		n.of[at] = y
	}
	return y
}

// lanes knows, while the obligations are laid out backwards, what became of
// the later ones of each lane, if the sender promises order in it.
type lanes struct {
	order   policy.Order
	numbers laneNumbers
	all     []passing
}

// passing is what is known of the acked events of a lane that come after the
// one that is laid out.
type passing struct {
	// latest is when the last publish of them began, and by its event.
	latest time.Duration
	by     token
	// soonest is when the first of them was acked.
	soonest time.Duration
}

func newLanes(l *ledger) lanes {
	y := lanes{order: l.pol.Order}
	if l.ordered() {
		y.numbers = newLaneNumbers(l.pol.Order == policy.OrderEndpoint)
	}
	return y
}

// at returns what is known of the lane of an obligation; nil: no order is
// promised.
func (y *lanes) at(o *owed) *passing {
	if y.numbers.of == nil {
		return nil
	}
	n := y.numbers.lane(o.key, o.endpoint)
	if int(n) == len(y.all) {
		y.all = append(y.all, passing{latest: -1, soonest: never})
	}
	return &y.all[n]
}

// pass takes an obligation that has been laid out.
func (p *passing) pass(o *owed) {
	if p == nil || !o.owes || o.ack < 0 {
		return
	}
	if o.called > p.latest {
		p.latest, p.by = o.called, token{o.key, o.seq}
	}
	p.soonest = min(p.soonest, o.heard)
}

// first returns when a later event was acked first; never: none was.
func (p *passing) first() time.Duration {
	if p == nil {
		return never
	}
	return p.soonest
}

// overtook returns an acked event whose publish began when o had been
// accepted, and false where there is none.
func (p *passing) overtook(o *owed) (token, bool) {
	if p == nil {
		return token{}, false
	}
	return p.by, p.latest > o.accepted
}
