package check

import (
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/hookdrill/hookdrill/prober/history"
	"github.com/hookdrill/hookdrill/prober/policy"
	"github.com/hookdrill/hookdrill/scenarios/plan"
)

// none says that there is no such row.
const none = ^uint32(0)

// ledger holds a history in columns: which events there are, who is owed
// each, and which attempts belong to which obligation. Events are numbered in
// the order of the plan, obligations by event and then by endpoint: what stands
// together in the columns stands together in the history, too, and going
// through both touches memory in order.
type ledger struct {
	plan *plan.Plan
	h    *history.History
	pol  policy.Policy
	time *timeline
	// stalls are when the machine stood still.
	stalls []window
	// end is when the history ends; whole says that it is that of a whole run.
	end   time.Duration
	whole bool

	// ofKey holds the events by key and number, firstOf where each key begins
	// in it; firstOf has one more at the end.
	ofKey, firstOf []uint32
	// key, topic and owedBy hold for each event its key, its topic and its
	// first obligation; owedBy has one more at the end.
	key, topic, owedBy []uint32
	// accepted holds for each event the row of the publish that was accepted.
	accepted []uint32
	state    []published
	// opened holds when the first call began that ended without an answer, of
	// the few events that had one.
	opened map[uint32]time.Duration

	// rows holds the attempts by obligation, firstRow where each begins.
	rows, firstRow []uint32
	// strays are the attempts that belong to no obligation.
	strays []uint32

	// gone holds for each endpoint when it was owed nothing any more.
	gone []time.Duration
	// failing holds for each endpoint the run of failures that it ended in.
	failing []failures
	// lastSeen holds for each endpoint when its last attempt ended.
	lastSeen []time.Duration
	// hits counts the attempts that each fault acted on.
	hits []int
	// foreign counts publishes of events that the plan does not have.
	foreign int
}

// published is what is known of an event's publishes.
type published uint8

const (
	wasCalled published = 1 << iota
	wasRefused
	wasOpen // a call ended without an answer
)

func newLedger(p *plan.Plan, events iter.Seq[plan.Publish], h *history.History, pol policy.Policy) (*ledger, error) {
	l := &ledger{plan: p, h: h, pol: pol, time: newTimeline(p, h), stalls: stalls(h), end: endOf(h), whole: cut(h, 0) == ""}
	l.number(events)
	if err := l.owe(); err != nil {
		return nil, err
	}
	l.publishes()
	l.attempts()
	return l, nil
}

// number gives every planned event its place.
func (l *ledger) number(events iter.Seq[plan.Publish]) {
	n := 0
	for _, s := range l.plan.Streams {
		n += s.Count
	}
	l.key, l.topic = make([]uint32, 0, n), make([]uint32, 0, n)
	var sizes []uint32
	for p := range events {
		for int(p.Key) >= len(sizes) {
			sizes = append(sizes, 0)
		}
		sizes[p.Key]++
		l.key = append(l.key, p.Key)
		l.topic = append(l.topic, uint32(p.Topic))
	}
	l.firstOf = make([]uint32, len(sizes)+1)
	for key, n := range sizes {
		l.firstOf[key+1] = l.firstOf[key] + n
	}
	l.ofKey = make([]uint32, len(l.key))
	next := slices.Clone(l.firstOf)
	for e, key := range l.key {
		l.ofKey[next[key]] = uint32(e)
		next[key]++
	}
}

// owe numbers the obligations.
func (l *ledger) owe() error {
	l.owedBy = make([]uint32, len(l.topic)+1)
	n := uint64(0)
	for e, t := range l.topic {
		l.owedBy[e] = uint32(n)
		n += uint64(len(l.plan.Topics[t].Endpoints))
	}
	if n >= uint64(none) {
		return fmt.Errorf("%d obligations: more than can be judged", n)
	}
	l.owedBy[len(l.topic)] = uint32(n)
	return nil
}

func (l *ledger) events() int { return len(l.topic) }

func (l *ledger) obligations() int { return int(l.owedBy[len(l.topic)]) }

// event returns the place of an event, or none.
func (l *ledger) event(key, number uint32) uint32 {
	if number == 0 || uint64(key)+1 >= uint64(len(l.firstOf)) {
		return none
	}
	if first := l.firstOf[key]; number <= l.firstOf[key+1]-first {
		return l.ofKey[first+number-1]
	}
	return none
}

// seq returns the number of an event within its key.
func (l *ledger) seq(event uint32) uint32 {
	key := l.key[event]
	place, _ := slices.BinarySearch(l.ofKey[l.firstOf[key]:l.firstOf[key+1]], event)
	return uint32(place) + 1
}

// obligation returns the place of what an event owes an endpoint, or none.
func (l *ledger) obligation(event, endpoint uint32) uint32 {
	owed := l.plan.Topics[l.topic[event]].Endpoints
	// Most topics have one endpoint, or all of them.
	if int(endpoint) < len(owed) && owed[endpoint] == int(endpoint) {
		return l.owedBy[event] + endpoint
	}
	if len(owed) == 1 && owed[0] == int(endpoint) {
		return l.owedBy[event]
	}
	if place, found := slices.BinarySearch(owed, int(endpoint)); found {
		return l.owedBy[event] + uint32(place)
	}
	return none
}

// publishes fills what is known of the events' publishes.
func (l *ledger) publishes() {
	l.accepted = make([]uint32, l.events())
	l.state = make([]published, l.events())
	l.opened = make(map[uint32]time.Duration)
	for e := range l.accepted {
		l.accepted[e] = none
	}
	for i := range l.h.Published {
		p := &l.h.Published[i]
		e := l.event(p.Key, p.Number)
		if e == none {
			l.foreign++
			continue
		}
		l.state[e] |= wasCalled
		switch {
		case p.Outcome == history.Refused:
			l.state[e] |= wasRefused
		case p.Outcome == history.Indeterminate:
			if l.state[e]&wasOpen == 0 {
				l.opened[e] = p.Called
			}
			l.state[e] |= wasOpen
		case l.accepted[e] == none:
			l.accepted[e] = uint32(i)
		}
	}
}

// calledAt returns when the publish of an event began that the sender may have
// taken for the first: the one that it is known to have accepted, or an earlier
// one that ended without an answer.
func (l *ledger) calledAt(event uint32, accepted *history.Published) time.Duration {
	if at, open := l.opened[event]; open {
		return min(at, accepted.Called)
	}
	return accepted.Called
}

// endOf returns the offset of the last thing that a history knows.
func endOf(h *history.History) time.Duration {
	var last time.Duration
	if h.End != nil {
		last = h.End.At
	}
	for i := range h.Attempts {
		last = max(last, h.Attempts[i].Ended)
	}
	if n := len(h.Published); n > 0 {
		last = max(last, h.Published[n-1].At)
	}
	if n := len(h.Notes); n > 0 {
		last = max(last, h.Notes[n-1].At)
	}
	return last
}
