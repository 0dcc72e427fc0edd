package refsender

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/hookdrill/hookdrill/prober"
)

// book holds the endpoints and who hears what. It is guarded by sender.mu.
type book struct {
	byName map[string]*endpoint
	// list is in the order of subscribing.
	list    []*endpoint
	byTopic map[string]audience
}

// audience are the endpoints that hear a topic, in the order of subscribing.
type audience struct {
	endpoints []*endpoint
	names     []string
}

func (a audience) with(e *endpoint) audience {
	return audience{append(slices.Clip(a.endpoints), e), append(slices.Clip(a.names), e.name)}
}

func (a audience) has(e *endpoint) bool { return slices.Contains(a.endpoints, e) }

func newBook() book {
	return book{byName: make(map[string]*endpoint), byTopic: make(map[string]audience)}
}

func (b *book) find(name string) *endpoint { return b.byName[name] }

func (b *book) audience(topic string) audience { return b.byTopic[topic] }

func (b *book) add(e *endpoint) {
	b.byName[e.name] = e
	b.list = append(b.list, e)
	b.enter(e)
}

func (b *book) enter(e *endpoint) {
	if e.disabled.Load() {
		return
	}
	for _, topic := range e.aim().sub.Topics {
		a := b.byTopic[topic]
		b.byTopic[topic] = audience{append(a.endpoints, e), append(a.names, e.name)}
	}
}

func (b *book) remove(e *endpoint) {
	if b.byName[e.name] != e {
		return
	}
	delete(b.byName, e.name)
	b.list = slices.DeleteFunc(b.list, func(other *endpoint) bool { return other == e })
	b.relist()
}

// relist makes byTopic anew, after an endpoint has gone or heard of others.
// Audiences given out before stay as they are.
func (b *book) relist() {
	clear(b.byTopic)
	for _, e := range b.list {
		b.enter(e)
	}
}

// Subscribe implements prober.Sender. An endpoint that answered 410 stays
// disabled until it is unsubscribed.
func (s *sender) Subscribe(_ context.Context, sub prober.Subscription) error {
	t, err := newTarget(sub)
	if err != nil {
		return fmt.Errorf("subscribe %q: %w: %w", sub.Endpoint, prober.ErrRefused, err)
	}
	s.mu.Lock()
	known, stopping := s.book.find(sub.Endpoint), s.stopping
	s.mu.Unlock()
	if stopping {
		return errStopping
	}
	if known != nil && sameSubscription(known.aim().sub, t.sub) {
		return nil
	}
	if err := s.store.append(record{kind: recSubscribed, sub: &t.sub}); err != nil {
		return fmt.Errorf("subscribe %q: %w", sub.Endpoint, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopping {
		return nil // it is written down; the next incarnation knows it
	}
	if known := s.book.find(sub.Endpoint); known != nil {
		known.retarget(t)
		s.book.relist()
		return nil
	}
	s.addEndpoint(t, false)
	return nil
}

// Unsubscribe implements prober.Unsubscriber.
func (s *sender) Unsubscribe(_ context.Context, endpoint string) error {
	s.mu.Lock()
	known := s.book.find(endpoint)
	s.mu.Unlock()
	if known == nil {
		return fmt.Errorf("unsubscribe %q: %w", endpoint, errNoEndpoint)
	}
	if err := s.store.append(record{kind: recUnsubscribed, endpoint: endpoint}); err != nil {
		return fmt.Errorf("unsubscribe %q: %w", endpoint, err)
	}
	s.mu.Lock()
	s.book.remove(known)
	s.mu.Unlock()
	known.end(removed)
	return nil
}

var errNoEndpoint = errors.New("no such endpoint")

func sameSubscription(a, b prober.Subscription) bool {
	return a.URL == b.URL && a.Secret == b.Secret && slices.Equal(a.Topics, b.Topics) && maps.Equal(a.Labels, b.Labels)
}

// unlist takes endpoints that were disabled out of all audiences.
func (s *sender) unlist() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.book.relist()
}
