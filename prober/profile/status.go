package profile

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/hookdrill/hookdrill/prober"
	"github.com/hookdrill/hookdrill/prober/event"
	"github.com/hookdrill/hookdrill/prober/history"
)

// State is what a sender says became of one delivery.
type State string

// The states. The zero value means that the sender says nothing of it, or
// something that the profile does not know.
const (
	StateUnknown   State = ""
	StateDelivered State = "delivered"
	StatePending   State = "pending"
	StateFailed    State = "failed"
)

// Account is what a sender says of one event at one endpoint.
type Account struct {
	// Endpoint is the endpoint's name.
	Endpoint string
	State    State
	// Said is the sender's own word.
	Said string
	// Attempts is how many attempts it has made; 0: it does not say.
	Attempts int
}

// ErrNoAccounts says that a profile has no status.event.
var ErrNoAccounts = fmt.Errorf("the profile has no status.event: %w", errors.ErrUnsupported)

// Accounts implements prober.Accountant.
func (s *sender) Accounts(ctx context.Context, t event.Token) ([]prober.Account, error) {
	said, err := s.r.Accounts(ctx, t)
	if err != nil {
		return nil, err
	}
	states := map[State]history.AccountState{StateDelivered: history.AccountDelivered,
		StatePending: history.AccountPending, StateFailed: history.AccountFailed}
	all := make([]prober.Account, len(said))
	for i, a := range said {
		all[i] = prober.Account{Endpoint: a.Endpoint, State: states[a.State], Said: a.Said, Attempts: a.Attempts}
	}
	return all, nil
}

// Accounts asks the sender what became of an event at each endpoint it was
// told of. Where it lists several attempts of one delivery, the last counts,
// but delivered once is delivered.
func (r *Rig) Accounts(ctx context.Context, t event.Token) ([]Account, error) {
	q := r.p.Accounts
	if q == nil {
		return nil, ErrNoAccounts
	}
	r.mu.Lock()
	p := r.published[t]
	d := r.data().with(p.vars)
	subs := slices.Clone(r.subs)
	r.mu.Unlock()
	d.Event = newEvent(event.Event{Token: t, Topic: p.topic, Type: p.kind})
	_, body, err := r.do(ctx, q.Step, d)
	if err != nil {
		return nil, err
	}
	doc, err := decodeJSON(body)
	if err != nil {
		return nil, fmt.Errorf("status.event: %w", err)
	}
	said := q.said(doc)
	var all []Account
	for _, s := range subs {
		vars := ofTopic(s.vars, p.topic)
		d := d.with(vars)
		d.Endpoint = newEndpoint(s.Subscription, vars)
		id, err := q.Match.render(d)
		if err != nil {
			return nil, err
		}
		if a, found := said[id]; found {
			a.Endpoint = s.Endpoint
			all = append(all, *a)
		}
	}
	return all, nil
}

// said returns what the sender says of each endpoint, by its own name for it.
func (q *AccountQuery) said(doc any) map[string]*Account {
	said := map[string]*Account{}
	entries := q.Each.find(doc)
	if q.NewestFirst {
		slices.Reverse(entries)
	}
	for _, entry := range entries {
		id, ok1 := only(q.Endpoint.find(entry))
		word, ok2 := only(q.State.find(entry))
		if !ok1 || !ok2 {
			continue
		}
		if said[id] == nil {
			said[id] = &Account{}
		}
		a := said[id]
		if q.state(word) != StatePending || !q.EachAttempt { // that one has not been made yet
			a.Attempts = max(a.Attempts, q.attempts(entry, a.Attempts))
		}
		if a.State != StateDelivered {
			a.State, a.Said = q.state(word), word
		}
	}
	return said
}

// TellsAttempts reports whether the answer says how many attempts there were.
func (q *AccountQuery) TellsAttempts() bool { return q.EachAttempt || !q.Attempts.IsZero() }

// attempts returns how many attempts there were with an entry, after those of
// the entries before it.
func (q *AccountQuery) attempts(entry any, before int) int {
	if q.EachAttempt {
		return before + 1
	}
	text, ok := only(q.Attempts.find(entry))
	n, err := strconv.Atoi(text)
	if q.Attempts.IsZero() || !ok || err != nil {
		return 0
	}
	return n
}

// only returns the only value of a list, if it is a scalar.
func only(found []any) (string, bool) {
	if len(found) != 1 {
		return "", false
	}
	return scalar(found[0])
}

func (q *AccountQuery) state(word string) State {
	switch {
	case slices.Contains(q.Delivered, word):
		return StateDelivered
	case slices.Contains(q.Pending, word):
		return StatePending
	case slices.Contains(q.Failed, word):
		return StateFailed
	default:
		return StateUnknown
	}
}

// sum adds up the numbers at a path.
func sum(body []byte, path Path) (int, error) {
	doc, err := decodeJSON(body)
	if err != nil {
		return 0, err
	}
	found := path.find(doc)
	if len(found) == 0 {
		return 0, fmt.Errorf("there is nothing at %s", path)
	}
	total := 0
	for _, v := range found {
		text, _ := scalar(v)
		n, err := strconv.Atoi(text)
		if err != nil {
			return 0, fmt.Errorf("at %s stands %q, which is no whole number", path, text)
		}
		total += n
	}
	return total, nil
}
