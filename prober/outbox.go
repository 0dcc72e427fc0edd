package prober

import (
	"context"
	"sync"
	"time"
)

// outbox holds the offers that wait to be made again, oldest first. All wait
// equally long, so that a queue keeps them in the order in which they are due.
type outbox struct {
	clock func() time.Duration
	// filled tells the one who waits that there is something to wait for.
	filled chan struct{}

	mu      sync.Mutex
	waiting []waiting
	closed  bool
}

type waiting struct {
	due   time.Duration
	offer offer
}

func newOutbox(clock func() time.Duration) *outbox {
	return &outbox{clock: clock, filled: make(chan struct{}, 1)}
}

// put makes o due after wait. It reports false when the outbox is closed.
func (b *outbox) put(o offer, wait time.Duration) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return false
	}
	b.waiting = append(b.waiting, waiting{b.clock() + wait, o})
	select {
	case b.filled <- struct{}{}:
	default:
	}
	return true
}

// first returns what is due first, and takes out what was due at now.
func (b *outbox) first(now time.Duration) (first waiting, due, some bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.waiting) == 0 {
		return waiting{}, false, false
	}
	first = b.waiting[0]
	if first.due > now {
		return first, false, true
	}
	b.waiting = b.waiting[1:]
	return first, true, true
}

// close returns how many offers will not be made again.
func (b *outbox) close() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = true
	n := len(b.waiting)
	b.waiting = nil
	return n
}

// resend makes the offers of the outbox when they are due, until all events
// are settled or ctx has ended.
func (d *driver) resend(ctx context.Context, settled <-chan struct{}) {
	defer func() {
		for range d.outbox.close() {
			d.abandon()
		}
	}()
	for {
		first, due, some := d.outbox.first(d.cfg.Clock())
		switch {
		case due:
			d.start(ctx, first.offer)
		case some:
			if !d.sleepUntil(ctx, first.due) {
				return
			}
		default:
			select {
			case <-d.outbox.filled:
			case <-settled:
				return
			case <-ctx.Done():
				return
			}
		}
	}
}

// sleepUntil waits for an offset, and reports false if ctx ends first.
func (d *driver) sleepUntil(ctx context.Context, at time.Duration) bool {
	if ctx.Err() != nil {
		return false
	}
	wait := d.real(at - d.cfg.Clock())
	if wait <= 0 {
		return true
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
