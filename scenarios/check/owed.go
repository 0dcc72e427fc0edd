package check

import (
	"cmp"
	"slices"
	"time"

	"github.com/hookdrill/hookdrill/prober/history"
)

// owed is one obligation with all that is known of it, as the checkers see
// it. It is theirs until they return.
type owed struct {
	// number is its place in the ledger.
	number   uint32
	endpoint int
	key, seq uint32
	// owes says that the event was accepted: without that nothing is owed, but
	// attempts may have come all the same.
	owes bool
	// called and accepted are when the publish that was accepted began and
	// ended; called is earlier where a call before it ended without an answer.
	called, accepted time.Duration
	state            published
	// attempts are in the order in which they began.
	attempts []history.Attempt
	// ack and clean are the places of the first attempt that arrived, and of
	// the first of which the sender must know that it did; -1: there is none.
	ack, clean int
	// heard is when the first answer to one that arrived was given, which need
	// not have been the first to begin; never: it was not acked.
	heard time.Duration
	fate  fate
	proof proof
	// overtaker is an event that was published later and acked, where the
	// sender promises order.
	overtaker token
	// passed is when a later event of the key was acked first; never: none was.
	passed time.Duration
}

// token names an event.
type token struct{ key, seq uint32 }

// last is the last attempt, or nil.
func (o *owed) last() *history.Attempt {
	if len(o.attempts) == 0 {
		return nil
	}
	return &o.attempts[len(o.attempts)-1]
}

// blockSize is how many obligations are laid out at once: so few that they
// stay in the processor's cache while one checker after the other sees them.
const blockSize = 256

// each lays out all obligations in blocks. It goes backwards, since what
// became of the later events of a key says something about the earlier ones.
func (l *ledger) each(see func([]owed)) {
	y := layout{l: l, block: make([]owed, 0, blockSize), lanes: newLanes(l)}
	// left holds for each key the number of its last event that is to come.
	left := make([]uint32, len(l.firstOf)-1)
	for key := range left {
		left[key] = l.firstOf[key+1] - l.firstOf[key]
	}
	for e := l.events() - 1; e >= 0; e-- {
		key := l.key[e]
		y.event(uint32(e), left[key], see)
		left[key]--
	}
	y.flush(see)
}

// layout fills blocks.
type layout struct {
	l     *ledger
	block []owed
	// arena holds the attempts of the block.
	arena []history.Attempt
	lanes lanes
}

func (y *layout) event(event, seq uint32, see func([]owed)) {
	l := y.l
	o := owed{key: l.key[event], seq: seq, state: l.state[event]}
	if row := l.accepted[event]; row != none {
		p := &l.h.Published[row]
		o.owes, o.called, o.accepted = true, l.calledAt(event, p), p.At
	}
	for place, endpoint := range l.plan.Topics[l.topic[event]].Endpoints {
		o.number, o.endpoint = l.owedBy[event]+uint32(place), endpoint
		if len(y.block) == blockSize {
			y.flush(see)
		}
		y.block = append(y.block, o)
		y.fill(&y.block[len(y.block)-1])
	}
}

func (y *layout) flush(see func([]owed)) {
	if len(y.block) > 0 {
		see(y.block)
	}
	y.block, y.arena = y.block[:0], y.arena[:0]
}

// fill adds the attempts and what follows from them.
func (y *layout) fill(o *owed) {
	l, from := y.l, len(y.arena)
	for _, row := range l.rows[l.firstRow[o.number]:l.firstRow[o.number+1]] {
		y.arena = append(y.arena, l.h.Attempts[row])
	}
	// If the arena has grown into a new array, those before keep the old one.
	o.attempts = y.arena[from:len(y.arena):len(y.arena)]
	if !slices.IsSortedFunc(o.attempts, earlier) {
		slices.SortStableFunc(o.attempts, earlier)
	}
	o.ack, o.clean, o.heard = -1, -1, never
	for i := range o.attempts {
		a := &o.attempts[i]
		if !arrived(a) {
			continue
		}
		o.heard = min(o.heard, answered(a))
		if o.ack < 0 {
			o.ack = i
		}
		if o.clean < 0 && l.clean(a) {
			o.clean = i
		}
	}
	later := y.lanes.at(o)
	o.passed = later.first()
	l.settle(o, later)
	later.pass(o)
}

func earlier(a, b history.Attempt) int {
	return cmp.Or(cmp.Compare(began(&a), began(&b)), cmp.Compare(a.Nth, b.Nth))
}
