package refsender

import (
	"context"

	"github.com/hookdrill/hookdrill/prober"
	"github.com/hookdrill/hookdrill/prober/event"
	"github.com/hookdrill/hookdrill/prober/history"
)

// settled remembers how a delivery ended.
func (s *sender) settled(o owedKey, f fate) {
	if f != delivered && f != gaveUp {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ended[o] = f
}

// Accounts implements prober.Accountant. It knows what this incarnation has
// settled: the store keeps what is owed, and not how the rest ended.
func (s *sender) Accounts(_ context.Context, t event.Token) ([]prober.Account, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []prober.Account
	for _, e := range s.book.list {
		f, over := s.ended[owedKey{t.String(), e.name}]
		switch {
		case !over:
		case f == delivered || s.bugs.has(reportsDelivered):
			all = append(all, prober.Account{Endpoint: e.name, State: history.AccountDelivered, Said: "delivered"})
		default:
			all = append(all, prober.Account{Endpoint: e.name, State: history.AccountFailed, Said: "gave-up"})
		}
	}
	return all, nil
}
