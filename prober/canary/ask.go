package canary

import (
	"context"
	"sync"
	"time"

	"github.com/hookdrill/hookdrill/prober/event"
	"github.com/hookdrill/hookdrill/prober/history"
)

const (
	// asksPerLook is how many canaries that arrived a sender is asked about
	// with each check of the public URL. Two, where one arrives: what an outage
	// held back is caught up with.
	asksPerLook = 2
	// asksAtMost bounds those that wait to be asked about. Beyond it the newest
	// are left out: a histogram needs many of them, not all.
	asksAtMost = 1024
	// asksAgain is how often a sender is asked about one canary: it may be slow
	// to write down what it has delivered.
	asksAgain = 3
)

// asks are the canaries that arrived and of which the sender has not said yet
// how many attempts they took.
type asks struct {
	// on says that the sender can be asked. It is set before the first arrival.
	on bool

	mu   sync.Mutex
	wait []askedOf
}

// askedOf is one of them, and how often the sender was asked.
type askedOf struct {
	token event.Token
	times int
}

func (a *asks) push(one askedOf) {
	if !a.on || one.times >= asksAgain {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.wait) < asksAtMost {
		a.wait = append(a.wait, one)
	}
}

func (a *asks) pop() (one askedOf, ok bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.wait) == 0 {
		return one, false
	}
	one, a.wait = a.wait[0], a.wait[1:]
	return one, true
}

// received enters an arrival. It is on disk when received returns.
func (r *runner) received(t event.Token, attempt int) error {
	if attempt == 0 {
		r.asks.push(askedOf{token: t})
	}
	return r.p.observe(func(m *Model, now time.Time) {
		m.Received(r.g.Name, t, now)
		m.Revealed(r.g.Name, t, now, attempt)
	})
}

// ask looks into the sender's own log: for the oldest canary on its way, and
// for some that arrived.
func (r *runner) ask(ctx context.Context) {
	// Once the endpoint is armed the link does not change any more.
	if ready, _, _ := r.recv.arms(); !ready || !r.link.tells() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, r.c.Timeout)
	defer cancel()
	if token, late := r.p.oldest(r.g.Name, r.c.Interval); late {
		a, _ := r.link.account(ctx, r.endpoint, token)
		if class, known := attempts(a); known {
			r.p.note(func(m *Model, now time.Time) { m.Attempted(r.g.Name, token, now, class) })
		}
	}
	for range asksPerLook {
		one, ok := r.asks.pop()
		if !ok || ctx.Err() != nil {
			return
		}
		if a, known := r.link.account(ctx, r.endpoint, one.token); known && a.Attempts > 0 && a.State == history.AccountDelivered {
			r.p.note(func(m *Model, now time.Time) { m.Revealed(r.g.Name, one.token, now, a.Attempts) })
			continue
		}
		r.asks.push(askedOf{one.token, one.times + 1})
	}
}
