package refsender

import (
	"context"

	"github.com/hookdrill/hookdrill/prober"
	"github.com/hookdrill/hookdrill/prober/event"
	"github.com/hookdrill/hookdrill/prober/history"
)

// ending is how a delivery ended, and after how many attempts.
type ending struct {
	fate     fate
	attempts int
}

// settled remembers how a delivery ended.
func (s *sender) settled(o owedKey, e ending) {
	if e.fate != delivered && e.fate != gaveUp {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ended[o] = e
}

// Accounts implements prober.Accountant. It knows what this incarnation has
// settled: the store keeps what is owed, and not how the rest ended.
func (s *sender) Accounts(_ context.Context, t event.Token) ([]prober.Account, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []prober.Account
	for _, e := range s.book.list {
		end, over := s.ended[owedKey{t.String(), e.name}]
		switch {
		case !over:
		case end.fate == delivered || s.bugs.has(reportsDelivered):
			all = append(all, prober.Account{Endpoint: e.name, State: history.AccountDelivered, Said: "delivered", Attempts: end.attempts})
		default:
			all = append(all, prober.Account{Endpoint: e.name, State: history.AccountFailed, Said: "gave-up", Attempts: end.attempts})
		}
	}
	return all, nil
}
