package prober

import (
	"context"
	"errors"
	"iter"
	"math"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hookdrill/hookdrill/prober/event"
	"github.com/hookdrill/hookdrill/prober/history"
)

// maxFlight is how many publish calls may be going on at one time. A sender
// that lets more pile up makes the driver late, which the history shows.
const maxFlight = 1024

// maxError is how many bytes of a publish call's error are recorded.
const maxError = 300

// defaultRetry stands in for a DriverConfig.Retry that is not set: without a
// pause, a sender that refuses would be asked without end in one instant.
const defaultRetry = time.Second

// Planned is an event that is to be published.
type Planned struct {
	// At is when, scenario time.
	At time.Duration
	// Key and Number are its token.
	Key, Number uint32
	// Topic and Type are the event's.
	Topic, Type string
	// Size is the body's size in bytes.
	Size int
}

// DriverConfig is what Drive needs. Outcome and Accepted may be nil.
type DriverConfig struct {
	// Run is the run part of every token.
	Run string
	// Starts is the date that bodies are stamped with at offset zero.
	Starts time.Time
	// Events are ordered by At. They are asked for one by one.
	Events iter.Seq[Planned]
	// Publish hands one event to the sender and says which incarnation was
	// asked. It may be called from 1024 goroutines at once.
	Publish func(ctx context.Context, e event.Event) (incarnation uint16, err error)
	// Outcome asks what became of a call that ended without an answer; nil:
	// the sender cannot be asked.
	Outcome func(ctx context.Context, t event.Token) (history.Outcome, error)
	// Retry is how long an event that was not accepted waits before it is
	// offered again, and Timeout bounds one call (zero: nothing does).
	// Scenario time.
	Retry, Timeout time.Duration
	// Clock gives the scenario time since the start.
	Clock func() time.Duration
	// Scale is how many scenario seconds pass in one second; 0 means 1.
	Scale    float64
	Recorder *history.Recorder
	// Accepted is called once per accepted event, before its acceptance is
	// recorded.
	Accepted func(key, number uint32)
}

// Drive publishes each event at its planned offset, whatever became of those
// before it. What the sender refuses, or leaves open, it offers again under
// the same id, as a producer with an outbox does. It blocks until every event
// is accepted, or until ctx has ended and all calls have returned, and then
// returns how many events were never accepted.
func Drive(ctx context.Context, cfg DriverConfig) (unpublished int) {
	if cfg.Scale == 0 {
		cfg.Scale = 1
	}
	if cfg.Retry <= 0 {
		cfg.Retry = defaultRetry
	}
	d := &driver{cfg: cfg, crew: NewCrew(), flight: make(chan struct{}, maxFlight), outbox: newOutbox(cfg.Clock)}
	defer d.crew.Close()
	settled := make(chan struct{})
	var resending sync.WaitGroup
	resending.Go(func() { d.resend(ctx, settled) })
	for p := range cfg.Events {
		d.open.Add(1)
		if !d.sleepUntil(ctx, p.At) {
			d.abandon()
			continue // the rest is counted
		}
		d.start(ctx, offer{planned: p})
	}
	d.open.Wait()
	close(settled)
	resending.Wait()
	return int(d.unpublished.Load())
}

type driver struct {
	cfg    DriverConfig
	crew   *Crew
	flight chan struct{}
	outbox *outbox
	// open counts the events that are neither accepted nor abandoned.
	open        sync.WaitGroup
	unpublished atomic.Int64
}

// offer is one event on its way to the sender.
type offer struct {
	planned Planned
	// tries counts the calls so far.
	tries uint16
	// unclear: nobody knows what became of the last call, which incarnation
	// was asked.
	unclear     bool
	incarnation uint16
}

// abandon gives up an event: the run is over.
func (d *driver) abandon() {
	d.unpublished.Add(1)
	d.open.Done()
}

// start begins the call, which open waits for.
func (d *driver) start(ctx context.Context, o offer) {
	select {
	case d.flight <- struct{}{}:
	case <-ctx.Done():
		d.abandon()
		return
	}
	d.crew.Go(func() {
		settled := d.attempt(ctx, &o)
		<-d.flight
		switch {
		case settled:
			d.open.Done()
		case !d.outbox.put(o, d.cfg.Retry):
			d.abandon()
		}
	})
}

// attempt asks what became of the call before, if that is open, and makes the
// next one. It reports whether the event is accepted.
func (d *driver) attempt(ctx context.Context, o *offer) bool {
	if ctx.Err() != nil {
		return false
	}
	if o.unclear && d.cfg.Outcome != nil {
		o.unclear = false
		if d.ask(ctx, o) {
			return true
		}
	}
	o.tries++
	entry := history.Published{Planned: o.planned.At, Called: d.cfg.Clock(), Key: o.planned.Key,
		Number: o.planned.Number, Try: o.tries}
	ctx, cancel := d.bound(ctx)
	defer cancel()
	var err error
	entry.Incarnation, err = d.cfg.Publish(ctx, d.event(o.planned))
	o.incarnation = entry.Incarnation
	switch {
	case err == nil:
		entry.Outcome = history.Accepted
	case errors.Is(err, ErrRefused):
		entry.Outcome, entry.Error = history.Refused, clip(err.Error(), maxError)
	default:
		entry.Error = clip(err.Error(), maxError)
		o.unclear = true
	}
	return d.learn(entry)
}

// ask finds out what became of a call that ended without an answer.
func (d *driver) ask(ctx context.Context, o *offer) bool {
	entry := history.Published{Planned: o.planned.At, Called: d.cfg.Clock(), Key: o.planned.Key,
		Number: o.planned.Number, Try: o.tries, Incarnation: o.incarnation, Late: true}
	ctx, cancel := d.bound(ctx)
	defer cancel()
	outcome, err := d.cfg.Outcome(ctx, event.Token{Run: d.cfg.Run, Key: o.planned.Key, Seq: o.planned.Number})
	if err == nil {
		entry.Outcome = outcome
	} else {
		entry.Error = clip(err.Error(), maxError)
	}
	return d.learn(entry)
}

// learn records an outcome and reports whether it is the one that is wanted.
func (d *driver) learn(entry history.Published) bool {
	accepted := entry.Outcome == history.Accepted
	if accepted && d.cfg.Accepted != nil {
		// An attempt may end as soon as this is known to be owed.
		d.cfg.Accepted(entry.Key, entry.Number)
	}
	d.cfg.Recorder.Published(entry)
	return accepted
}

func (d *driver) event(p Planned) event.Event {
	t := event.Token{Run: d.cfg.Run, Key: p.Key, Seq: p.Number}
	return event.Event{Token: t, Topic: p.Topic, Type: p.Type,
		Body: event.NewBody(t, p.Type, d.cfg.Starts.Add(p.At), p.Size)}
}

// bound makes the context of one call.
func (d *driver) bound(ctx context.Context) (context.Context, context.CancelFunc) {
	if d.cfg.Timeout <= 0 {
		return ctx, func() {}
	}
	return context.WithTimeout(ctx, d.real(d.cfg.Timeout))
}

// real turns scenario time into time of the clock, rounded up: nothing is to
// happen before its offset.
func (d *driver) real(t time.Duration) time.Duration {
	return time.Duration(math.Ceil(float64(t) / d.cfg.Scale))
}
