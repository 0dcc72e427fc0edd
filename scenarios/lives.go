package scenarios

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/hookdrill/hookdrill/prober"
	"github.com/hookdrill/hookdrill/prober/event"
	"github.com/hookdrill/hookdrill/prober/history"
	"github.com/hookdrill/hookdrill/prober/policy"
)

// lives is the sender over all its incarnations.
type lives struct {
	set     settings
	seed    uint64
	factory prober.Factory
	// subscriptions are made in each life: durable senders know them still.
	subscriptions []prober.Subscription
	record        func(history.SenderEvent)
	// crashed is told once that the sender is gone for good.
	crashed func()
	// stops waits for what ends lives in the background.
	stops sync.WaitGroup
	// ctx ends with the run, and with it what still waits for a dead sender.
	ctx context.Context

	mu      sync.Mutex
	current *life
	count   int
	dir     string
}

// life is one incarnation.
type life struct {
	number  uint16
	sender  prober.Sender
	process prober.Process
	fence   *fence
	// ctx ends when the incarnation does: publishes in flight learn of it.
	ctx  context.Context
	end  context.CancelFunc
	over bool
}

var errDown = fmt.Errorf("the sender is down: %w", prober.ErrRefused)

// born makes the next incarnation, without subscriptions.
func (l *lives) born(ctx context.Context) (*life, error) {
	l.mu.Lock()
	l.count++
	n, dir := l.count, l.dir
	l.mu.Unlock()
	f := newFence(l.set.network)
	inc := &life{number: uint16(n), fence: f}
	inc.ctx, inc.end = context.WithCancel(l.ctx)
	s, err := l.factory(ctx, prober.World{
		Dial: f.dial, Transport: &http.Transport{DialContext: f.dial}, Dir: dir,
		Log:         l.set.log.With().Str("from", "sender").Int("incarnation", n).Logger(),
		Incarnation: n, Killed: f.killed, Seed: l.seed, Scale: l.set.scale,
	})
	if err != nil {
		inc.end()
		f.kill()
		return nil, err
	}
	inc.sender = s
	inc.process, _ = s.(prober.Process)
	return inc, nil
}

// live makes an incarnation the one that is published to.
func (l *lives) live(ctx context.Context, inc *life) error {
	for _, s := range l.subscriptions {
		if err := inc.sender.Subscribe(ctx, s); err != nil {
			return fmt.Errorf("subscribe %s: %w", s.Endpoint, err)
		}
	}
	l.mu.Lock()
	l.current = inc
	l.mu.Unlock()
	l.record(history.SenderEvent{What: history.SenderReady, Incarnation: inc.number})
	if inc.process != nil {
		l.stops.Go(func() { l.watch(inc) })
	}
	return nil
}

// watch notices a process that ends although nobody ended it.
func (l *lives) watch(inc *life) {
	select {
	case <-inc.process.Exited():
	case <-inc.ctx.Done():
		return
	}
	if l.take(inc) == nil {
		return
	}
	inc.end()
	l.record(history.SenderEvent{What: history.SenderCrash, Incarnation: inc.number, Detail: inc.process.ExitReason()})
	l.crashed()
}

// take removes inc (nil: whoever lives) from office and returns it, or nil if
// it was not in office any more.
func (l *lives) take(inc *life) *life {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.current == nil || inc != nil && l.current != inc {
		return nil
	}
	inc, l.current = l.current, nil
	inc.over = true
	return inc
}

func (l *lives) now() *life {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.current
}

func (l *lives) incarnation() uint16 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return uint16(l.count)
}

// publish hands an event to whoever lives. What was in flight when the sender
// was killed has no known outcome.
func (l *lives) publish(ctx context.Context, e event.Event) (uint16, error) {
	inc := l.now()
	if inc == nil {
		return l.incarnation(), errDown
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(inc.ctx, cancel)()
	if err := inc.fence.gate(ctx); err != nil {
		return inc.number, err
	}
	err := inc.sender.Publish(ctx, e)
	if inc.ctx.Err() != nil {
		return inc.number, fmt.Errorf("the answer did not arrive: %w", errKilled)
	}
	return inc.number, err
}

// outcome asks the present incarnation what became of a publish.
func (l *lives) outcome(ctx context.Context, t event.Token) (history.Outcome, error) {
	inc := l.now()
	if inc == nil {
		return history.Indeterminate, errDown
	}
	asked, can := inc.sender.(prober.Outcomer)
	if !can {
		return history.Indeterminate, errors.ErrUnsupported
	}
	return asked.Outcome(ctx, t)
}

// pending returns how many deliveries the sender says that it owes; -1: it
// does not say.
func (l *lives) pending(ctx context.Context) int {
	inc := l.now()
	if inc == nil {
		return -1
	}
	p, can := inc.sender.(prober.Pender)
	if !can {
		return -1
	}
	n, err := p.Pending(ctx)
	if err != nil {
		return -1
	}
	return n
}

// again starts the next incarnation. A sender that does not come back has
// crashed: that it was killed is no excuse.
func (l *lives) again(ctx context.Context) {
	l.record(history.SenderEvent{What: history.SenderStart, Incarnation: l.incarnation() + 1})
	inc, err := l.born(ctx)
	if err == nil {
		err = l.live(ctx, inc)
	}
	if err == nil || ctx.Err() != nil {
		return
	}
	l.record(history.SenderEvent{What: history.SenderCrash, Incarnation: l.incarnation(),
		Detail: "it did not start again: " + err.Error()})
	l.crashed()
}

// policyOf returns what a sender declares, or what the options say it does.
func policyOf(set settings, s prober.Sender) policy.Policy {
	if set.policy != nil {
		return *set.policy
	}
	if d, can := s.(prober.Declarer); can {
		return d.Policy()
	}
	return policy.Policy{Name: set.sender}
}

// stopGrace is how long a sender may take to stop, in its own time.
const stopGrace = 30 * time.Second
