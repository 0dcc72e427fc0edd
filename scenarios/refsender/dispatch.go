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

	mu    sync.Mutex
	inbox []letter
	// timer fires when the inbox may be read or a delivery is due.
	timer *time.Timer
	// rest is when the news of the inbox are all in.
	rest time.Time
	// closed says that offers are not taken any more.
	closed bool

	// What follows belongs to run.
	queue    queue
	inflight int
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
	e := &endpoint{s: s, name: t.sub.Endpoint, timer: time.NewTimer(moment), queue: newQueue(s.cfg.Order)}
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
	defer e.mu.Unlock()
	if !e.closed {
		e.put(letter{d: d})
	}
	return !e.closed
}

// end tells the dispatcher to begin no more attempts.
func (e *endpoint) end(why fate) { e.post(letter{fate: why}) }

func (e *endpoint) post(l letter) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.put(l)
}

// moment is what passes between news and the attempts that follow from them.
// In virtual time no clock moves before all news of an instant are in, so that
// it is not the scheduler who decides which of them counts: two publishes, two
// answers, or an answer and the end of its connection, which the transport
// must know of before it takes that connection again.
const moment = time.Microsecond

// put is called under mu. The dispatcher is not woken by each letter, but once
// a moment.
func (e *endpoint) put(l letter) {
	e.inbox = append(e.inbox, l)
	if len(e.inbox) == 1 {
		e.rest = time.Now().Add(moment)
		e.timer.Reset(moment)
	}
}

// run is the dispatcher.
func (e *endpoint) run() {
	defer e.timer.Stop()
	var read []letter
	for {
		select {
		case <-e.timer.C:
		case <-e.s.ctx.Done():
			return
		}
		var all bool
		if read, all = e.collect(read); !all {
			continue
		}
		for _, l := range read {
			e.take(l)
		}
		if (e.gone || e.halted) && e.inflight == 0 && e.close() {
			return
		}
		if wait, waits := e.launch(); waits {
			e.sleep(wait)
		}
	}
}

// collect empties the inbox, and leaves it the slice that was read before. It
// is false if a due delivery woke the dispatcher while news come in: the timer
// is set for them.
func (e *endpoint) collect(spare []letter) (full []letter, all bool) {
	clear(spare)
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.inbox) > 0 && time.Now().Before(e.rest) {
		return spare[:0], false
	}
	full = e.inbox
	e.inbox = spare[:0]
	return full, true
}

// sleep sets the timer, unless it is set for news.
func (e *endpoint) sleep(wait time.Duration) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.inbox) == 0 {
		e.timer.Reset(wait)
	}
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

// launch begins what is due, and returns how long to wait for more of it.
func (e *endpoint) launch() (wait time.Duration, waits bool) {
	if e.gone || e.halted {
		return 0, false
	}
	now := time.Now()
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
