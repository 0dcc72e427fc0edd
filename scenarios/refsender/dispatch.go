package refsender

import (
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// endpoint sends to one customer. One goroutine, run, owns the queue and takes
// every decision; attempts run beside it and report through the inbox.
type endpoint struct {
	s    *sender
	name string
	// disabled says that it is owed nothing any more.
	disabled atomic.Bool
	target   atomic.Pointer[target]
	// wake says that the inbox is not empty.
	wake chan struct{}

	mu    sync.Mutex
	inbox []letter
	// closed says that offers are not taken any more.
	closed bool

	// What follows belongs to run.
	queue    queue
	inflight int
	// rest is when the news of one moment are all in, and attempts may begin;
	// zero: there are none.
	rest time.Time
	// halted says that no attempt is to be begun any more; gone, that nothing
	// is owed any more either.
	halted, gone bool
	quirks       quirks
}

// letter is news for a dispatcher: a delivery to make (fate 0), the fate of
// one, or its own.
type letter struct {
	d    *delivery
	fate fate
}

func newEndpoint(s *sender, t *target, gone bool) *endpoint {
	e := &endpoint{s: s, name: t.sub.Endpoint, wake: make(chan struct{}, 1), queue: newQueue(s.cfg.Order)}
	e.target.Store(t)
	e.disabled.Store(gone)
	e.closed, e.gone = gone, gone
	return e
}

func (e *endpoint) aim() *target { return e.target.Load() }

func (e *endpoint) retarget(t *target) { e.target.Store(t) }

// offer hands over a delivery. It is refused by an endpoint that has gone.
func (e *endpoint) offer(d *delivery) bool {
	e.mu.Lock()
	if e.closed {
		e.mu.Unlock()
		return false
	}
	e.inbox = append(e.inbox, letter{d: d})
	e.mu.Unlock()
	e.rouse()
	return true
}

// end tells the dispatcher to begin no more attempts.
func (e *endpoint) end(why fate) { e.post(letter{fate: why}) }

func (e *endpoint) post(l letter) {
	e.mu.Lock()
	e.inbox = append(e.inbox, l)
	e.mu.Unlock()
	e.rouse()
}

func (e *endpoint) rouse() {
	select {
	case e.wake <- struct{}{}:
	default: // it will look anyway
	}
}

// run is the dispatcher. Its select chooses between nothing: whatever woke it,
// it looks at everything.
func (e *endpoint) run() {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	var read []letter
	for {
		read = e.collect(read)
		for _, l := range read {
			e.take(l)
		}
		if len(read) > 0 && e.rest.IsZero() {
			e.rest = time.Now().Add(moment)
		}
		if (e.gone || e.halted) && e.inflight == 0 && e.close() {
			return
		}
		if wait, waits := e.launch(); waits {
			timer.Reset(wait)
		} else {
			timer.Stop()
		}
		select {
		case <-e.wake:
		case <-timer.C:
		case <-e.s.ctx.Done():
			return
		}
	}
}

// collect empties the inbox, and leaves it the slice that was read before.
func (e *endpoint) collect(spare []letter) []letter {
	clear(spare)
	e.mu.Lock()
	defer e.mu.Unlock()
	full := e.inbox
	e.inbox = spare[:0]
	return full
}

// close refuses offers from now on; it is false where one came before it.
func (e *endpoint) close() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.closed = len(e.inbox) == 0
	return e.closed
}

func (e *endpoint) take(l letter) {
	switch l.fate {
	case 0:
		if e.gone {
			e.s.pending.Add(-1)
			return
		}
		e.queue.add(l.d)
	case stopped:
		e.halted = true
	case removed:
		e.leave()
	default:
		e.inflight--
		e.settle(l.d, l.fate)
	}
}

// settle takes the fate of a delivery that was in flight.
func (e *endpoint) settle(d *delivery, f fate) {
	if e.s.bugs.tally(e, d, f) {
		return
	}
	if f == again && !e.gone {
		e.queue.retry(d)
		return
	}
	e.s.pending.Add(-1)
	switch {
	case e.gone:
	case f == disabled:
		e.disabled.Store(true)
		e.leave()
		e.s.unlist()
	default:
		e.queue.done(d)
	}
}

// leave discharges everything that is not in flight.
func (e *endpoint) leave() {
	e.gone = true
	e.s.pending.Add(-int64(e.queue.clear()))
}

// moment is what passes between news and the attempts that follow from them.
// In virtual time no clock moves before all news of an instant are in, so that
// it is not the scheduler who decides which of them counts: two publishes, two
// answers, or an answer and the end of its connection, which the transport
// must know of before it takes that connection again.
const moment = time.Microsecond

// launch begins what is due, and returns how long to wait for more of it.
func (e *endpoint) launch() (wait time.Duration, waits bool) {
	if e.gone || e.halted {
		return 0, false
	}
	now := time.Now()
	if now.Before(e.rest) {
		return e.rest.Sub(now), true
	}
	e.rest = time.Time{}
	limit := e.s.bugs.limit(e, now)
	for e.inflight < limit {
		d := e.queue.pop(now)
		if d == nil {
			due, more := e.queue.next()
			return time.Until(due), more // to begin may have taken a while
		}
		if !e.s.bugs.hold(e, d, now) {
			e.begin(d, now)
		}
	}
	return 0, false // the next result wakes it
}

// begin begins an attempt. The request is made here, because a target has one
// user at a time.
func (e *endpoint) begin(d *delivery, now time.Time) {
	now, ok := e.s.bugs.lineUp(e, d, now)
	if !ok {
		return
	}
	d.attempts++
	e.inflight++
	r := e.s.bugs.forge(e.aim(), d, now)
	e.s.workers.Add(1)
	e.s.crew.Go(func() {
		defer e.s.workers.Done()
		e.attempt(d, r)
	})
}

func (e *endpoint) attempt(d *delivery, r *http.Request) {
	s := e.s
	defer s.bugs.leaveLine(s)
	s.bugs.before(s, e, d)
	a := s.send(s.ctx, r)
	if s.ctx.Err() != nil {
		return // the incarnation is gone: what it did not write down did not happen
	}
	f, due := s.judge(e.name, d, a)
	d.due = due
	if !d.extra {
		s.keep(note(e.name, d, f, due))
		s.settled(owedKey{d.msg.ID, e.name}, ending{f, d.attempts})
	}
	s.bugs.after(s, d, r, f)
	e.post(letter{d, f})
}
