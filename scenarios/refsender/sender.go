package refsender

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"

	"github.com/hookdrill/hookdrill/prober"
	"github.com/hookdrill/hookdrill/prober/event"
	"github.com/hookdrill/hookdrill/prober/history"
	"github.com/hookdrill/hookdrill/prober/policy"
)

// sender is one incarnation.
type sender struct {
	cfg   Config
	bugs  bugSet
	store store
	// transport is used without an http.Client, whose business is to follow
	// redirects: a 3xx is an answer that is not a success. exchange is its
	// RoundTrip but for a bug.
	transport *http.Transport
	exchange  func(*http.Request) (*http.Response, error)
	log       zerolog.Logger
	seed      uint64
	speed     float64
	schedule  []time.Duration
	// gate is nil without the bug head-of-line-blocking.
	gate chan struct{}

	// ctx ends with the incarnation; what is in flight then did not happen.
	ctx     context.Context
	cancel  context.CancelFunc
	workers sync.WaitGroup
	watcher sync.WaitGroup
	// crew makes the attempts. It ends after all workers.
	crew *prober.Crew
	// pending counts the deliveries that are owed still.
	pending atomic.Int64

	mu       sync.Mutex
	stopping bool
	book     book
	// ended holds what this incarnation has settled, for whoever asks.
	ended map[owedKey]ending
	// accepted holds every event id ever accepted, or being accepted now.
	accepted map[string]*acceptance
}

// acceptance is the acceptance of one event: done is closed when it is known
// whether err is nil.
type acceptance struct {
	done chan struct{}
	err  error
}

var (
	_ prober.Sender       = (*sender)(nil)
	_ prober.Declarer     = (*sender)(nil)
	_ prober.Stopper      = (*sender)(nil)
	_ prober.Pender       = (*sender)(nil)
	_ prober.Unsubscriber = (*sender)(nil)
	_ prober.Outcomer     = (*sender)(nil)
	_ prober.Accountant   = (*sender)(nil)
)

var errStopping = fmt.Errorf("sender is stopping: %w", prober.ErrRefused)

// New returns a factory of senders that live in this process and keep their
// records in memory. Each incarnation begins with what the former one had
// written when it was killed. The senders implement all optional interfaces of
// package prober but Process.
func New(cfg Config) prober.Factory {
	log := &memoryLog{}
	return func(ctx context.Context, w prober.World) (prober.Sender, error) {
		return start(ctx, cfg, w, log.open(w.Killed))
	}
}

// start makes an incarnation above st, which it closes when it stops.
func start(ctx context.Context, cfg Config, w prober.World, st store) (*sender, error) {
	bugs, err := newBugSet(cfg.Bugs)
	if err != nil {
		return nil, err
	}
	saved, err := loadState(st)
	if err != nil {
		return nil, fmt.Errorf("load the sender's records: %w", err)
	}
	s := &sender{
		cfg: cfg, bugs: bugs, log: w.Log,
		seed: cfg.Seed, speed: cfg.Speed,
		book: newBook(), accepted: make(map[string]*acceptance),
		ended: make(map[owedKey]ending), crew: prober.NewCrew(),
	}
	if s.seed == 0 {
		s.seed = w.Seed
	}
	if s.speed == 0 {
		s.speed = w.Scale
	}
	if s.speed <= 0 {
		s.speed = 1
	}
	// The factory's context bounds the start alone.
	s.ctx, s.cancel = context.WithCancel(context.WithoutCancel(ctx))
	s.transport = newTransport(w, cfg.Concurrency)
	s.exchange = s.transport.RoundTrip
	s.schedule = cfg.Schedule
	s.store = st
	s.bugs.install(s)
	s.watcher.Go(func() { s.watch(w.Killed) })
	if err := s.resume(saved); err != nil {
		s.cancel()
		s.watcher.Wait()
		return nil, err
	}
	return s, nil
}

// watch waits for the end of the incarnation and of all that it has begun.
func (s *sender) watch(killed <-chan struct{}) {
	select {
	case <-killed:
		s.cancel()
	case <-s.ctx.Done():
	}
	s.mu.Lock()
	s.stopping = true
	s.mu.Unlock()
	s.workers.Wait()
	s.crew.Close()
}

// idleOnLoopback is how many idle connections to all endpoints together are kept.
const idleOnLoopback = 256

// newTransport makes the transport of all attempts.
func newTransport(w prober.World, perHost int) *http.Transport {
	t := w.Transport
	if t == nil {
		// On real sockets the endpoints of a rehearsal are one host, whatever
		// their number; to dial for each attempt would cost more than the attempt.
		t = &http.Transport{DialContext: w.Dial}
		perHost = max(perHost, idleOnLoopback)
	}
	t.MaxIdleConns = 0
	t.MaxIdleConnsPerHost = perHost
	t.DisableCompression = true
	return t
}

// resume goes on where the former incarnation ended.
func (s *sender) resume(saved *state) error {
	known := &acceptance{done: make(chan struct{})}
	close(known.done)
	for _, id := range saved.ids {
		s.accepted[id] = known
	}
	for _, n := range saved.names {
		t, err := newTarget(saved.subs[n].sub)
		if err != nil {
			return fmt.Errorf("saved subscription of %q: %w", n, err)
		}
		s.addEndpoint(t, saved.subs[n].disabled)
	}
	now := time.Now()
	for name, d := range saved.pending {
		if d.due.Before(now) {
			// Overdue ones leave one by one, each time in the same order.
			d.due = now.Add(s.scaled(100 * salt(draw(s.seed, name, d.msg.ID, d.attempts))))
		}
		s.owe(s.book.find(name), d)
	}
	return nil
}

// owe counts d as pending and hands it to its endpoint, unless that is gone.
func (s *sender) owe(e *endpoint, d *delivery) {
	s.pending.Add(1)
	if !e.offer(d) {
		s.pending.Add(-1)
	}
}

// addEndpoint makes an endpoint and starts its dispatcher. The caller holds
// mu, or is alone.
func (s *sender) addEndpoint(t *target, disabled bool) {
	e := newEndpoint(s, t, disabled)
	s.book.add(e)
	s.workers.Go(e.run)
}

// Policy implements prober.Declarer.
func (s *sender) Policy() policy.Policy { return s.cfg.Policy() }

// Pending implements prober.Pender.
func (s *sender) Pending(context.Context) (int, error) { return int(s.pending.Load()), nil }

// Publish implements prober.Sender.
func (s *sender) Publish(ctx context.Context, e event.Event) error {
	return s.publish(ctx, message{ID: e.ID(), Key: e.Key(), Topic: e.Topic, Type: e.Type, Body: e.Body})
}

// Outcome implements prober.Outcomer.
func (s *sender) Outcome(ctx context.Context, t event.Token) (history.Outcome, error) {
	return s.outcome(ctx, t.String())
}

// Stop implements prober.Stopper. What is in flight is ended, and the rest
// stays in the store for the next incarnation.
func (s *sender) Stop(ctx context.Context) error {
	return errors.Join(s.halt(ctx), s.store.close())
}

// halt ends the incarnation but for its store. An error says that attempts
// were cut off, because ctx ended before they did.
func (s *sender) halt(ctx context.Context) error {
	s.mu.Lock()
	s.stopping = true
	for _, e := range s.book.list {
		e.end(stopped)
	}
	s.mu.Unlock()
	ended := make(chan struct{})
	go func() {
		s.workers.Wait()
		close(ended)
	}()
	var err error
	select {
	case <-ended:
	case <-ctx.Done():
		err = fmt.Errorf("stop: attempts in flight were cut off: %w", ctx.Err())
	}
	s.cancel()
	<-ended
	s.watcher.Wait()
	s.transport.CloseIdleConnections()
	return err
}
