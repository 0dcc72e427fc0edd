package profile

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/hookdrill/hookdrill/prober"
)

// ErrNoUnsubscribe says that a profile has no unsubscribe.
var ErrNoUnsubscribe = errors.New("the profile has no unsubscribe")

// Unsubscribe implements prober.Unsubscriber, for an endpoint that this rig
// subscribed or was told of by Remember.
func (s *sender) Unsubscribe(ctx context.Context, endpoint string) error {
	r := s.r
	r.mu.Lock()
	defer r.mu.Unlock()
	known := r.subscription(endpoint)
	switch {
	case len(r.p.Unsubscribe) == 0:
		return ErrNoUnsubscribe
	case known == nil:
		return fmt.Errorf("unsubscribe %s: nobody subscribed it", endpoint)
	}
	// A file that a step writes again must not list it any more.
	before := r.subs
	r.subs = slices.DeleteFunc(slices.Clone(before), func(other *subscription) bool { return other == known })
	if err := s.each(ctx, r.p.Unsubscribe, known.Subscription, maps.Clone(known.vars)); err != nil {
		r.subs = before
		return r.hide.err(fmt.Errorf("unsubscribe %s: %w", endpoint, err))
	}
	return nil
}

// Captured returns what the steps of subscribe captured for an endpoint, for
// Remember in a later process; false where nobody subscribed it. Secrets may
// be among the values.
func (r *Rig) Captured(endpoint string) (map[string]string, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := r.subscription(endpoint)
	if s == nil {
		return nil, false
	}
	return maps.Clone(s.vars), true
}

// Remember tells of an endpoint that an earlier process subscribed: it is not
// subscribed again, and can be unsubscribed.
func (r *Rig) Remember(sub prober.Subscription, captured map[string]string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.subscription(sub.Endpoint) == nil {
		r.subs = append(r.subs, &subscription{Subscription: sub, vars: maps.Clone(captured), life: r.lives})
	}
}
