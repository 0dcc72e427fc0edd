// Package scenarios plays plans: it stands up the endpoints, starts the
// sender, publishes, breaks things when the plan says so, and writes down all
// that was observed. What that proves is decided afterwards, from the history.
package scenarios

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hookdrill/hookdrill/prober"
	"github.com/hookdrill/hookdrill/prober/event"
	"github.com/hookdrill/hookdrill/prober/history"
	"github.com/hookdrill/hookdrill/prober/policy"
	"github.com/hookdrill/hookdrill/scenarios/check"
	"github.com/hookdrill/hookdrill/scenarios/plan"
)

// Result is what a run showed.
type Result struct {
	History   *history.History
	Judgement check.Judgement
}

// Run plays a plan against the senders that factory makes, and judges the
// history. A verdict is not an error: an error says that the environment did
// not let the run take place. When ctx ends, the run ends gracefully and its
// history says so. Without the option RealTime, Run must be called inside a
// synctest bubble; package virtual arranges for that.
func Run(ctx context.Context, p *plan.Plan, factory prober.Factory, opts ...Option) (Result, error) {
	var file bytes.Buffer
	if err := Execute(ctx, p, factory, &file, opts...); err != nil {
		return Result{}, err
	}
	h, err := history.Read(&file)
	if err != nil {
		return Result{}, err
	}
	set := newSettings(opts)
	return Result{History: h, Judgement: check.Judge(p, h, check.Options{Strict: set.strict})}, nil
}

// Execute plays a plan and writes its history to w, without judging it. The
// history is flushed about every second, so that a killed run leaves one, too.
func Execute(ctx context.Context, p *plan.Plan, factory prober.Factory, w io.Writer, opts ...Option) (err error) {
	r := &run{plan: p, set: newSettings(opts), factory: factory}
	remove, err := r.makeDir()
	if err != nil {
		return err
	}
	defer func() {
		if failed := remove(); err == nil {
			err = failed
		}
	}()
	r.ctx, r.cancel = context.WithCancel(ctx)
	defer r.cancel()
	if err := r.setUp(ctx, w); err != nil {
		return err
	}
	reason, unpublished := r.play()
	return r.tearDown(reason, unpublished)
}

// run is one run under way.
type run struct {
	plan    *plan.Plan
	set     settings
	factory prober.Factory
	// ctx ends when the run is interrupted, or has no sender any more.
	ctx    context.Context
	cancel context.CancelFunc

	clock    clock
	recorder *history.Recorder
	server   *prober.Server
	lives    *lives
	faults   *faults
	publish  *publishFaults
	ledger   *ledger
	triggers triggers
	timeline *timeline
	// published says that every planned event was accepted; gone, that the
	// sender will not come back.
	published, gone atomic.Bool

	saying sync.Mutex
}

// makeDir makes the directory of the first incarnation.
func (r *run) makeDir() (remove func() error, err error) {
	remove = func() error { return nil }
	root := r.set.dir
	if root == "" {
		if root, err = os.MkdirTemp("", "hookdrill-"); err != nil {
			return nil, fmt.Errorf("the sender's directory: %w", err)
		}
		remove = func() error { return os.RemoveAll(root) }
	}
	// A sender's process works in another directory than ours.
	if root, err = filepath.Abs(root); err != nil {
		return nil, fmt.Errorf("the sender's directory: %w", err)
	}
	r.set.dir = filepath.Join(root, "incarnation-1")
	if err := os.MkdirAll(r.set.dir, 0o700); err != nil {
		return nil, fmt.Errorf("the sender's directory: %w", err)
	}
	return remove, nil
}

// setUp starts the sender, and the endpoints when its policy is known.
func (r *run) setUp(ctx context.Context, w io.Writer) error {
	r.clock.scale = r.set.scale
	r.lives = &lives{set: r.set, seed: r.plan.Seed, factory: r.factory, dir: r.set.dir,
		ctx: r.ctx, record: r.recordSender, crashed: r.lost}
	first, err := r.lives.born(ctx)
	if err != nil {
		return fmt.Errorf("start the sender: %w", err)
	}
	declared := policyOf(r.set, first.sender)
	if declared.Broadcast {
		r.plan = r.plan.Broadcast()
	}
	if r.set.world == history.Real {
		if err := r.plan.CheckScale(r.set.scale, declared); err != nil {
			return r.abandon(first, err)
		}
	}
	header, err := r.header(declared)
	if err != nil {
		return r.abandon(first, err)
	}
	if r.recorder, err = history.NewRecorder(w, header, r.clock.now); err != nil {
		return r.abandon(first, err)
	}
	r.ledger = newLedger(r.plan, declared.GoneDisables)
	r.faults = newFaults(r.plan, r.set.scale)
	r.publish = newPublishFaults(r.faults, &r.clock)
	if r.set.gateway != nil {
		r.set.gateway.faults.Store(r.publish)
	}
	if r.server, err = r.listen(declared); err != nil {
		return r.abandon(first, err)
	}
	for i, e := range r.plan.Endpoints {
		r.lives.subscriptions = append(r.lives.subscriptions, prober.Subscription{
			Endpoint: e.Name, URL: r.server.URL(i), Secret: e.Secret, Topics: e.Topics, Labels: e.Labels})
	}
	r.recordSender(history.SenderEvent{What: history.SenderStart, Incarnation: first.number})
	if err := r.lives.live(ctx, first); err != nil {
		return r.abandon(first, fmt.Errorf("start the sender: %w", err))
	}
	return nil
}

// abandon ends what setUp began.
func (r *run) abandon(first *life, cause error) error {
	ctx, cancel := r.grace()
	defer cancel()
	r.lives.take(first)
	_ = r.lives.stop(ctx, first) // the cause is the error to tell
	r.lives.stops.Wait()
	if r.server != nil {
		_ = r.server.Close(ctx)
	}
	return cause
}

func (r *run) header(declared policy.Policy) (history.Header, error) {
	raw, err := json.Marshal(declared)
	if err != nil {
		return history.Header{}, fmt.Errorf("policy: %w", err)
	}
	h := history.Header{
		Schema: history.Schema, Scenario: r.plan.Name, Text: string(r.plan.Text), File: r.plan.File,
		Seed: r.plan.Seed, Run: r.plan.Run, World: r.set.world, Scale: r.set.scale, Starts: r.plan.Starts,
		Sender: r.set.sender, Policy: raw, Build: Build(),
	}
	for _, e := range r.plan.Endpoints {
		h.Endpoints = append(h.Endpoints, e.Name)
	}
	for _, f := range r.plan.Faults {
		h.Faults = append(h.Faults, f.ID)
	}
	return h, nil
}

func (r *run) listen(declared policy.Policy) (*prober.Server, error) {
	c := prober.ServerConfig{
		Run: r.plan.Run, Seed: r.plan.Seed, Signature: declared.Signature, Network: r.set.network, Clock: r.clock.now, Scale: r.set.scale,
		LatencyMin: r.plan.Latency.Min, LatencyMax: r.plan.Latency.Max,
		Faults: r.faults, Watcher: watcher{r}, Recorder: r.recorder, Incarnation: r.lives.incarnation,
		Tokens: r.set.tokens, Secret: r.set.secret,
		Log: r.set.log.With().Str("from", "endpoints").Logger(),
	}
	for _, e := range r.plan.Endpoints {
		c.Endpoints = append(c.Endpoints, prober.Endpoint{Name: e.Name, Secret: e.Secret, OwnListener: e.OwnListener})
	}
	return prober.NewServer(c)
}

// play runs all roles until the drain has ended, and joins them.
func (r *run) play() (reason string, unpublished int) {
	r.timeline = newTimeline(r)
	r.clock.start()
	r.say(fmt.Sprintf("start: %s, %d endpoints", r.set.sender, len(r.plan.Endpoints)))
	var roles sync.WaitGroup
	roles.Go(func() {
		unpublished = prober.Drive(r.ctx, r.driver())
		if unpublished == 0 {
			r.published.Store(true)
			r.note(history.NoteTrafficEnd, "every planned event was accepted")
		}
	})
	roles.Go(func() { r.timeline.play(r.ctx) })
	roles.Go(func() { r.flush(r.ctx) })
	reason = r.drain(r.ctx, r.timeline)
	r.cancel()
	roles.Wait()
	return reason, unpublished
}

func (r *run) driver() prober.DriverConfig {
	return prober.DriverConfig{
		Run: r.plan.Run, Starts: r.plan.Starts, Events: r.events, Publish: r.offer, Outcome: r.lives.outcome,
		Retry: r.plan.Retry, Timeout: scaleUp(publishTimeout, r.set.scale),
		Clock: r.clock.now, Scale: r.set.scale, Recorder: r.recorder, Accepted: r.ledger.accept,
	}
}

// offer hands an event to the sender, past the gateway's faults where the
// sender has no gateway of its own.
func (r *run) offer(ctx context.Context, e event.Event) (uint16, error) {
	if r.set.gateway != nil {
		return r.lives.publish(ctx, e)
	}
	return r.publish.through(ctx, e, r.lives.publish)
}

// publishTimeout is how long a producer waits for an answer, in real time: a
// publish API does not become faster with the scale.
const publishTimeout = 10 * time.Second

// events yields what is to be published, and makes it known to the ledger.
func (r *run) events(yield func(prober.Planned) bool) {
	for p := range r.plan.Publishes() {
		r.ledger.planned(p)
		if !yield(prober.Planned{At: p.At, Key: p.Key, Number: p.Number,
			Topic: r.plan.Topics[p.Topic].Name, Type: eventType, Size: p.Size}) {
			return
		}
	}
}

// eventType is the type that every event says it is of.
const eventType = "hookdrill.event"

// flush keeps the history on its way to the file.
func (r *run) flush(ctx context.Context) {
	for sleep(ctx, time.Second) == nil {
		_ = r.recorder.Flush() // the recorder keeps the error for the end
	}
}

func (r *run) tearDown(reason string, unpublished int) error {
	r.account()
	pending := r.stopSender()
	r.say("end: " + reason)
	// A sender that has used up all of its time must not cost the endpoints
	// theirs: what hangs there is known only when they are closed.
	ctx, cancel := r.grace()
	defer cancel()
	if err := r.server.Close(ctx); err != nil {
		r.note(history.NoteHarness, "endpoints did not close: "+err.Error())
	}
	r.timeline.count()
	return r.recorder.End(history.End{Reason: reason, Pending: pending, Unpublished: unpublished})
}

// stopSender asks the sender what it owes still, and stops it.
func (r *run) stopSender() (pending int) {
	ctx, cancel := r.grace()
	defer cancel()
	pending = r.lives.pending(ctx)
	r.sayPending(pending)
	if inc := r.lives.take(nil); inc != nil {
		if err := r.lives.stop(ctx, inc); err != nil {
			r.set.log.Warn().Err(err).Msg("stop the sender")
			if inc.process != nil {
				// A process that has to be killed is a story that is to be told.
				r.recordSender(history.SenderEvent{What: history.SenderExit, Incarnation: inc.number, Detail: err.Error()})
			}
		}
	}
	r.lives.stops.Wait()
	return pending
}

// grace is the time in which everything must end, whatever became of ctx.
func (r *run) grace() (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(r.ctx), stopGrace)
}

// lost ends the run: the sender will not come back.
func (r *run) lost() {
	r.gone.Store(true)
	r.cancel()
}

func (r *run) note(kind, text string) { r.recorder.Note(history.Note{Kind: kind, Text: text}) }

// recordSender writes down a step in the sender's life. It is flushed, since
// in virtual time a sender that crashes takes this process with it.
func (r *run) recordSender(e history.SenderEvent) {
	r.recorder.Sender(e)
	_ = r.recorder.Flush() // the recorder keeps the error for the end
	if text := told(e); text != "" {
		r.say(text)
	}
}

// say tells the reader who waits.
func (r *run) say(text string) {
	r.saying.Lock()
	defer r.saying.Unlock()
	r.set.progress(r.clock.now(), text)
}
