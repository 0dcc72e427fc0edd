package refsender

import (
	"slices"

	"github.com/hookdrill/hookdrill/prober"
)

// state is what the records of a store add up to.
type state struct {
	subs map[string]*savedSub
	// names are the keys of subs in the order of subscribing.
	names []string
	// ids are the events ever accepted, so that none is accepted twice.
	ids []string
	// owed is in the order of acceptance; settled ones stay, marked.
	owed   []*savedDelivery
	lookup map[owedKey]*savedDelivery
}

type savedSub struct {
	sub      prober.Subscription
	disabled bool
}

type savedDelivery struct {
	endpoint string
	d        *delivery
	// over says that nothing is owed any more.
	over bool
	// taken belongs to the bug lose-in-flight-on-crash.
	taken bool
}

type owedKey struct{ id, endpoint string }

func loadState(st store) (*state, error) {
	s := &state{subs: make(map[string]*savedSub), lookup: make(map[owedKey]*savedDelivery)}
	if err := st.load(s.replay); err != nil {
		return nil, err
	}
	return s, nil
}

func (s *state) replay(r record) {
	switch r.kind {
	case recSubscribed:
		s.subscribe(*r.sub)
	case recUnsubscribed:
		delete(s.subs, r.endpoint)
		s.names = slices.DeleteFunc(s.names, func(n string) bool { return n == r.endpoint })
		s.discharge(r.endpoint)
	case recDisabled:
		if known := s.subs[r.endpoint]; known != nil {
			known.disabled = true
		}
		s.discharge(r.endpoint)
	case recAccepted:
		s.accept(r)
	case recAttempted, recSettled, recTaken:
		// What an unsubscribed endpoint was owed is not in the table.
		if o := s.lookup[owedKey{r.msg.ID, r.endpoint}]; o != nil {
			o.replay(r)
		}
	}
}

func (o *savedDelivery) replay(r record) {
	switch r.kind {
	case recAttempted:
		o.d.attempts, o.d.due, o.taken = r.attempts, r.due, false
	case recTaken:
		o.taken = true
	default:
		o.over = true
	}
}

func (s *state) subscribe(sub prober.Subscription) {
	if known := s.subs[sub.Endpoint]; known != nil {
		known.sub = sub
		return
	}
	s.subs[sub.Endpoint] = &savedSub{sub: sub}
	s.names = append(s.names, sub.Endpoint)
}

func (s *state) accept(r record) {
	s.ids = append(s.ids, r.msg.ID)
	for _, e := range r.owed {
		known := s.subs[e]
		if known == nil || known.disabled {
			continue // it went while the event was being written
		}
		o := &savedDelivery{endpoint: e, d: &delivery{msg: r.msg}}
		s.owed = append(s.owed, o)
		s.lookup[owedKey{r.msg.ID, e}] = o
	}
}

func (s *state) discharge(endpoint string) {
	for _, o := range s.owed {
		if o.endpoint == endpoint {
			o.over = true
			delete(s.lookup, owedKey{o.d.msg.ID, endpoint})
		}
	}
}

// pending yields what is owed still.
func (s *state) pending(yield func(endpoint string, d *delivery) bool) {
	for _, o := range s.owed {
		if !o.over && !o.taken && !yield(o.endpoint, o.d) {
			return
		}
	}
}
