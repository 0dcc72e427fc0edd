package refsender

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"net/http"
	"sync"
	"time"
)

// bugSet is the set of bugs that are switched on. Its methods are the places
// at which a bug can act; with the empty set each of them does what a correct
// sender does. What a bug does to some events only, it does by a hash of the
// event's id, so that a run with it can be repeated.
type bugSet uint32

func (b bugSet) has(bug bugSet) bool { return b&bug != 0 }

// quirks is what bugs remember about an endpoint.
type quirks struct {
	// failures counts the attempts that failed in a row.
	failures int
	// herd says that everything is to be sent now.
	herd bool
}

// lot reports whether a bug that hits one event in n hits m.
func lot(m *message, n uint64, bug bugSet) bool { return draw(uint64(bug), "", m.ID, 0)%n == 0 }

// install acts when an incarnation begins.
func (b bugSet) install(s *sender) {
	if b.has(giveUpEarly) {
		s.schedule = s.schedule[:len(s.schedule)/2]
	}
	if b.has(retryAtOnce) {
		s.schedule = append(make([]time.Duration, 0, len(s.schedule)), s.schedule...)
		clear(s.schedule[:min(3, len(s.schedule))])
	}
	if b.has(noBackoff) {
		s.schedule = everyFive(s.schedule)
	}
	if b.has(followRedirects) {
		client := http.Client{Transport: s.transport, CheckRedirect: s.follow}
		s.exchange = client.Do
	}
	if b.has(headOfLineBlocking) {
		s.gate = make(chan struct{}, 1)
	}
	if b.has(ackBeforePersist) {
		s.store = newLateStore(s, recAccepted)
	}
	if b.has(forgetAcksOnCrash) {
		s.store = newLateStore(s, recSettled)
	}
}

// follow is http.Client's own rule, but for the moment.
func (s *sender) follow(_ *http.Request, via []*http.Request) error {
	if len(via) >= 10 {
		return errors.New("stopped after 10 redirects")
	}
	s.pause(moment)
	return nil
}

// everyFive spans the horizon of a schedule with delays of five seconds.
func everyFive(schedule []time.Duration) []time.Duration {
	const step = 5 * time.Second
	var horizon time.Duration
	for _, d := range schedule {
		horizon += d
	}
	flat := make([]time.Duration, horizon/step)
	for i := range flat {
		flat[i] = step
	}
	return flat
}

// lateStore answers for records of one kind before they are written, five
// seconds later. What follows for such an event waits with it.
type lateStore struct {
	store
	s    *sender
	kind recordKind

	mu      sync.Mutex
	records []record
	late    map[string]bool
}

func newLateStore(s *sender, kind recordKind) *lateStore {
	return &lateStore{store: s.store, s: s, kind: kind, late: make(map[string]bool)}
}

func (l *lateStore) append(records ...record) error {
	r := records[0] // only flush has more than one, for the store below
	l.mu.Lock()
	if r.kind != l.kind && (r.msg == nil || !l.late[r.msg.ID]) {
		l.mu.Unlock()
		return l.store.append(r)
	}
	defer l.mu.Unlock()
	l.records = append(l.records, r)
	l.late[r.msg.ID] = true
	if len(l.records) == 1 {
		l.s.workers.Go(l.flush)
	}
	return nil
}

func (l *lateStore) flush() {
	if !l.s.pause(l.s.scaled(5 * time.Second)) {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.store.append(l.records...); err != nil {
		l.s.log.Error().Err(err).Msg("late records were not written down")
	}
	l.records = nil
	clear(l.late)
}

// misdirect acts on who is owed an event. The caller holds sender.mu.
func (b bugSet) misdirect(m *message, all *book, owed audience) audience {
	if !b.has(wrongEndpoint) || !lot(m, 100, wrongEndpoint) {
		return owed
	}
	from := int(draw(0, "to", m.ID, 0) % uint64(len(all.list)+1))
	for i := range all.list {
		e := all.list[(from+i)%len(all.list)]
		if !e.disabled.Load() && !owed.has(e) {
			return owed.with(e)
		}
	}
	return owed
}

// lineUp acts before an attempt begins, leaveLine when it has ended. Those
// that come in one instant line up after a salt, and who is let in waits a
// moment: otherwise the scheduler would decide who is first.
func (b bugSet) lineUp(e *endpoint, d *delivery, now time.Time) (time.Time, bool) {
	s := e.s
	if s.gate == nil {
		return now, true
	}
	if !s.pause(salt(draw(s.seed, e.name, d.msg.ID, d.attempts))) {
		return now, false
	}
	select {
	case s.gate <- struct{}{}:
		let := s.pause(moment)
		return time.Now(), let
	case <-s.ctx.Done():
		return now, false
	}
}

// pause is false if the incarnation ends meanwhile.
func (s *sender) pause(d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-s.ctx.Done():
		return false
	}
}

func (b bugSet) leaveLine(s *sender) {
	if s.gate != nil {
		<-s.gate
	}
}

// limit acts on the number of attempts in flight, and on what is due.
func (b bugSet) limit(e *endpoint, now time.Time) int {
	switch {
	case b.has(stuckUntilRestart) && e.quirks.failures >= 5:
		return 0
	case e.quirks.herd:
		e.quirks.herd = false
		for _, d := range e.queue.heads {
			d.due = now
		}
		e.queue.fix()
		return math.MaxInt
	case e.s.cfg.Concurrency == 0:
		return math.MaxInt
	default:
		return e.s.cfg.Concurrency
	}
}

// hold acts on a delivery that is due: it may be put back.
func (b bugSet) hold(e *endpoint, d *delivery, now time.Time) bool {
	if !d.extra || e.s.pending.Load() == 0 {
		return false
	}
	d.due = now.Add(e.s.scaled(zombieSleep))
	e.queue.retry(d)
	return true
}

// forge acts on the request.
func (b bugSet) forge(t *target, d *delivery, now time.Time) *http.Request {
	id, body, at := d.msg.hook, d.msg.Body, now
	if b.has(newIDOnRetry) && d.attempts > 1 {
		id = fmt.Sprintf("%s_%d", id, d.attempts)
	}
	if d.first.IsZero() {
		d.first = now
	}
	if b.has(staleSignatureOnRetry) {
		at = d.first
	}
	if b.has(corruptBody) && lot(d.msg, 100, corruptBody) {
		body = corrupt(body)
	}
	r := t.request(id, body, at)
	if b.has(unsignedRetry) && d.attempts > 1 {
		r.Header.Del("Webhook-Signature")
		r.Header.Del("Webhook-Timestamp")
	}
	return r
}

// corrupt changes the case of a letter within the body's padding.
func corrupt(body []byte) []byte {
	i := bytes.Index(body, []byte(`"pad":"`))
	if i < 0 {
		return body
	}
	body = bytes.Clone(body)
	for i += len(`"pad":"`); i < len(body); i++ {
		if c := body[i] | 0x20; c >= 'a' && c <= 'z' {
			body[i] ^= 0x20
			break
		}
	}
	return body
}

// before acts just before a request is sent.
func (b bugSet) before(s *sender, e *endpoint, d *delivery) {
	if b.has(loseInFlightOnCrash) {
		s.keep(record{kind: recTaken, endpoint: e.name, msg: d.msg})
	}
}

// timeout acts on the time that an attempt may take.
func (b bugSet) timeout(d time.Duration) time.Duration {
	if b.has(noTimeout) {
		return 0
	}
	return d
}

// judge acts on what follows from an answer; 0 leaves it to the sender.
func (b bugSet) judge(d *delivery, a answer) fate {
	if b.has(crashOnBadAnswer) && (a.status >= 520 || a.badRetryAfter || a.long) {
		panic(fmt.Sprintf("refsender: crash-on-bad-answer: status %d, Retry-After unreadable: %v, body too long: %v",
			a.status, a.badRetryAfter, a.long))
	}
	whole := a.err == nil
	good := whole && a.status >= 200 && a.status <= 299
	switch {
	case b.has(dropOn404) && whole && a.status == http.StatusNotFound,
		b.has(dropOn503) && whole && a.status == http.StatusServiceUnavailable,
		b.has(dropAfterN) && !good && d.attempts >= 3,
		b.has(redirectIsDelivered) && whole && a.status >= 300 && a.status <= 399:
		return delivered
	case b.has(disableOn404) && whole && a.status == http.StatusNotFound:
		return disabled
	default:
		return 0
	}
}

// heed acts on what a Retry-After header asks for.
func (b bugSet) heed(wait time.Duration) time.Duration {
	if b.has(ignoreRetryAfter) {
		return 0
	}
	return wait
}

// after acts when an attempt has been written down.
func (b bugSet) after(s *sender, d *delivery, r *http.Request, f fate) {
	if !b.has(duplicateAfterAck) || f != delivered || d.extra || !lot(d.msg, 50, duplicateAfterAck) {
		return
	}
	body, err := r.GetBody()
	if err != nil {
		return // it never fails
	}
	r.Body = body
	if s.pause(moment) { // as between any answer and what follows
		s.send(s.ctx, r)
	}
}

// zombieSleep is how long zombie-retries waits for quiet.
const zombieSleep = 20 * time.Second

// tally acts on the fate of a delivery; true says that there is no more to do.
func (b bugSet) tally(e *endpoint, d *delivery, f fate) bool {
	stuck := b.has(stuckUntilRestart) && e.quirks.failures >= 5
	switch {
	case d.extra:
		return true
	case f == again && b.has(reorderOnRetry) && !e.gone:
		e.queue.done(d)
		e.queue.retry(d)
		return true
	case f == again:
		e.quirks.failures++
	case !stuck:
		e.quirks.herd = e.quirks.failures > 0 && b.has(thunderingHerd)
		e.quirks.failures = 0
	}
	if f == delivered && b.has(zombieRetries) && lot(d.msg, 10, zombieRetries) {
		e.queue.retry(&delivery{msg: d.msg, attempts: d.attempts, extra: true,
			due: time.Now().Add(e.s.scaled(zombieSleep))})
	}
	return false
}
