package scenarios

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/hookdrill/hookdrill/prober"
	"github.com/hookdrill/hookdrill/prober/event"
	"github.com/hookdrill/hookdrill/prober/history"
	"github.com/hookdrill/hookdrill/scenarios/plan"
)

const (
	// accounting is the guarantee for which the sender is asked.
	accounting = "accounting"
	// mostAccounts is how many events it is asked about: a call for each of
	// many would take longer than the run.
	mostAccounts = 2000
)

// account asks the sender what became of each accepted event, and writes it
// down: in real time always, where a sender can be asked because somebody has
// said how, and in virtual time where the plan wants to know.
func (r *run) account() {
	inc := r.lives.now()
	listed := slices.ContainsFunc(r.plan.Guarantees, func(g plan.Guarantee) bool { return g.Name == accounting })
	if inc == nil || !listed && r.set.world != history.Real {
		return
	}
	sender, can := inc.sender.(prober.Accountant)
	if !can {
		return
	}
	ctx, cancel := r.grace()
	defer cancel()
	tokens, accepted := r.ledger.tokens(r.plan.Run, mostAccounts)
	for i, t := range tokens {
		err := r.accountOf(ctx, sender, t)
		if errors.Is(err, errors.ErrUnsupported) {
			return
		}
		if err != nil {
			r.unaccounted(listed, fmt.Sprintf("accounting ended after %d events: %v", i, err))
			return
		}
	}
	if len(tokens) < accepted {
		r.unaccounted(listed, fmt.Sprintf("accounting looked at %d of %d events", len(tokens), accepted))
	}
}

// unaccounted says that not all events were asked about. Where the plan did not
// want to know, that is no flaw of the run.
func (r *run) unaccounted(listed bool, text string) {
	if listed {
		r.note(history.NoteHarness, text)
		return
	}
	r.set.log.Warn().Msg(text)
}

func (r *run) accountOf(ctx context.Context, sender prober.Accountant, t event.Token) error {
	said, err := sender.Accounts(ctx, t)
	if err != nil {
		return err
	}
	for _, a := range said {
		i := slices.IndexFunc(r.plan.Endpoints, func(e plan.Endpoint) bool { return e.Name == a.Endpoint })
		if i < 0 {
			return fmt.Errorf("it speaks of an endpoint %q that there is not", a.Endpoint)
		}
		r.recorder.Account(history.Account{Endpoint: uint32(i), Key: t.Key, Number: t.Seq, State: a.State, Said: a.Said})
	}
	return nil
}

// tokens returns those of at most n accepted events, by key and number, and
// how many were accepted.
func (l *ledger) tokens(run string, n int) (tokens []event.Token, accepted int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for key, events := range l.events {
		for i := range events {
			if events[i].accepted && len(tokens) < n {
				tokens = append(tokens, event.Token{Run: run, Key: uint32(key), Seq: uint32(i + 1)})
			}
		}
	}
	return tokens, l.accepted
}
