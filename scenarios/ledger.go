package scenarios

import (
	"slices"
	"sync"

	"github.com/hookdrill/hookdrill/prober/history"
	"github.com/hookdrill/hookdrill/scenarios/plan"
)

// ledger keeps what is owed while a run goes on, so that the drain knows its
// target. It decides nothing: the verdict comes from the history alone.
type ledger struct {
	plan *plan.Plan
	// gone says that a 410 discharges the sender from an endpoint.
	gone bool

	mu sync.Mutex
	// events holds the events by key and number.
	events   [][]owed
	accepted int
	// open counts the obligations that are neither acked nor discharged.
	open int
	// discharged are the endpoints that are owed nothing any more.
	discharged map[int]bool
}

// owed is one event. One that is owed to a single endpoint has no bits.
type owed struct {
	topic    uint32
	accepted bool
	acked    bool
	// bits are those endpoints of the topic that have acked, by place.
	bits []uint64
}

func newLedger(p *plan.Plan, gone bool) *ledger {
	return &ledger{plan: p, gone: gone, discharged: make(map[int]bool)}
}

// planned makes an event known before it is published.
func (l *ledger) planned(p plan.Publish) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for int(p.Key) >= len(l.events) {
		l.events = append(l.events, nil)
	}
	e := owed{topic: uint32(p.Topic)}
	if n := len(l.plan.Topics[p.Topic].Endpoints); n > 1 {
		e.bits = make([]uint64, (n+63)/64)
	}
	l.events[p.Key] = append(l.events[p.Key], e)
}

func (l *ledger) find(key, number uint32) *owed {
	if int(key) >= len(l.events) || number == 0 || int(number) > len(l.events[key]) {
		return nil
	}
	return &l.events[key][number-1]
}

// accept makes the sender owe an event.
func (l *ledger) accept(key, number uint32) {
	l.mu.Lock()
	defer l.mu.Unlock()
	e := l.find(key, number)
	if e == nil || e.accepted {
		return
	}
	e.accepted = true
	l.accepted++
	for i, endpoint := range l.plan.Topics[e.topic].Endpoints {
		if !l.discharged[endpoint] && !e.has(i) {
			l.open++
		}
	}
}

// attempted takes the rows of a request. It returns the endpoint that was
// discharged by it, or -1.
func (l *ledger) attempted(rows []history.Attempt) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	gone := -1
	for _, a := range rows {
		switch {
		case a.Trap || a.Number == 0:
		case a.Disposition == history.Acked || a.Disposition == history.Ambiguous:
			l.ack(a.Key, a.Number, int(a.Endpoint))
		case l.gone && a.Status == 410 && a.Disposition == history.AnsweredNo && !l.discharged[int(a.Endpoint)]:
			gone = int(a.Endpoint)
			l.discharge(gone)
		}
	}
	return gone
}

func (l *ledger) ack(key, number uint32, endpoint int) {
	e := l.find(key, number)
	if e == nil {
		return
	}
	place, owed := slices.BinarySearch(l.plan.Topics[e.topic].Endpoints, endpoint)
	if !owed || e.has(place) {
		return
	}
	e.set(place)
	if e.accepted && !l.discharged[endpoint] {
		l.open--
	}
}

func (l *ledger) discharge(endpoint int) {
	l.discharged[endpoint] = true
	for _, numbers := range l.events {
		for i := range numbers {
			e := &numbers[i]
			place, owed := slices.BinarySearch(l.plan.Topics[e.topic].Endpoints, endpoint)
			if owed && e.accepted && !e.has(place) {
				l.open--
			}
		}
	}
}

// owing returns how many obligations are open, and how many events were accepted.
func (l *ledger) owing() (open, accepted int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.open, l.accepted
}

func (e *owed) has(place int) bool {
	if e.bits == nil {
		return e.acked
	}
	return e.bits[place/64]&(1<<(place%64)) != 0
}

func (e *owed) set(place int) {
	if e.bits == nil {
		e.acked = true
		return
	}
	e.bits[place/64] |= 1 << (place % 64)
}
