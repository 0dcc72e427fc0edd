package refsender

import (
	"context"
	"fmt"
	"time"

	"github.com/hookdrill/hookdrill/prober/history"
)

// publish returns nil once the event is durable. A second call with the same
// id gets the outcome of the first, and makes no second delivery.
func (s *sender) publish(ctx context.Context, m message) error {
	for {
		a, mine, err := s.claim(m.ID)
		if err != nil {
			return err
		}
		if mine {
			return s.accept(a, m)
		}
		select {
		case <-a.done:
		case <-ctx.Done():
			return fmt.Errorf("publish %s: %w", m.ID, ctx.Err())
		}
		if a.err == nil {
			return nil
		}
	}
}

// claim returns the acceptance of an event, and whether the caller is the one
// to carry it out; then it has joined the workers.
func (s *sender) claim(id string) (a *acceptance, mine bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if a := s.accepted[id]; a != nil {
		return a, false, nil
	}
	if s.stopping || s.ctx.Err() != nil {
		return nil, false, errStopping
	}
	a = &acceptance{done: make(chan struct{})}
	s.accepted[id] = a
	s.workers.Add(1)
	return a, true, nil
}

func (s *sender) accept(a *acceptance, in message) error {
	defer s.workers.Done()
	defer close(a.done)
	m := newMessage(in)
	s.mu.Lock()
	owed := s.bugs.misdirect(m, &s.book, s.book.audience(m.Topic))
	s.mu.Unlock()
	if err := s.store.append(record{kind: recAccepted, msg: m, owed: owed.names}); err != nil {
		a.err = fmt.Errorf("publish %s: %w", m.ID, err)
		s.mu.Lock()
		delete(s.accepted, m.ID)
		s.mu.Unlock()
		return a.err
	}
	now := time.Now()
	for _, e := range owed.endpoints {
		s.owe(e, &delivery{msg: m, due: now})
	}
	return nil
}

func (s *sender) outcome(ctx context.Context, id string) (history.Outcome, error) {
	s.mu.Lock()
	a := s.accepted[id]
	s.mu.Unlock()
	if a == nil {
		return history.Refused, nil
	}
	select {
	case <-a.done:
	case <-ctx.Done():
		return history.Indeterminate, ctx.Err()
	}
	if a.err != nil {
		return history.Indeterminate, a.err
	}
	return history.Accepted, nil
}
