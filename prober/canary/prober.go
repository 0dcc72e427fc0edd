package canary

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"github.com/hookdrill/hookdrill/prober"
	"github.com/hookdrill/hookdrill/scenarios/verdict"
)

// Options are what a Prober gets besides its configuration.
type Options struct {
	// Log takes log lines, alerts among them.
	Log zerolog.Logger
	// Factories give the senders of regions, by name, in place of profiles.
	Factories map[string]prober.Factory
	// Listen opens a region's endpoint; nil: TCP at its address. Direct is
	// where a prober reaches it past everything that stands before it; nil:
	// the listener's address.
	Listen func(Region) (net.Listener, error)
	Direct func(Region) string
	// Dial opens all connections but those to our own listeners; nil: the
	// allow-list's, which is the only one that keeps to it.
	Dial func(ctx context.Context, network, addr string) (net.Conn, error)
	// Clock is the prober's time, which passes Scale times as fast as that of
	// the machine. Nil and 0: the machine's. Caps keep to the machine's.
	Clock func() time.Time
	Scale float64
	// Watch is read again when it changes, and on Reload; empty: never.
	Watch string
	// Once ends the run when each region's first canary is decided, and For
	// after so long.
	Once bool
	For  time.Duration
}

// Prober probes until it is told to end.
type Prober struct {
	o       Options
	guard   *guard
	metrics *metrics
	store   *store
	run     string
	key     []byte
	began   time.Time

	reloads chan reload
	// pusher is that of the loop.
	pusher *pusher

	mu      sync.Mutex
	c       *Config
	model   *Model
	runners map[string]*runner
	// standby says that another prober has the lease.
	standby bool
	ready   bool
	admin   string // the URL of the admin listener
	left    int    // of the day's budget
	// loaded is when the configuration was taken over, and reloadErr why a
	// newer one was not.
	loaded    time.Time
	reloadErr error
	// moved is closed, and another made, when the model has changed.
	moved chan struct{}
}

// New makes a prober. It does nothing before Run.
func New(c *Config, o Options) *Prober {
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Scale <= 0 {
		o.Scale = 1
	}
	c = c.capped(o.Scale)
	p := &Prober{o: o, c: c, guard: newGuard(c), runners: map[string]*runner{}, reloads: make(chan reload), moved: make(chan struct{})}
	p.model = NewModel(c.Settings, c.names())
	p.metrics = newMetrics(c, p)
	p.loaded = o.Clock()
	p.listen()
	return p
}

// listen makes the model tell metrics and log what it finds.
func (p *Prober) listen() {
	p.model.sink = p.metrics.fact
	p.model.news = func(a Alert) {
		e := p.o.Log.Warn()
		if !a.Ended.IsZero() {
			e = p.o.Log.Info().Time("ended", a.Ended)
		}
		e.Str("alert", a.Name).Str("region", a.Region).Time("since", a.Since).Str("muted", a.Muted).Msg(a.Text)
	}
}

// Run probes until ctx ends, or for as long as Options say. It waits for the
// lease, keeps everything it learns in the state file, and removes its
// subscriptions before it returns. The answer is that of a gate on all
// regions since Run began probing; an error means that it could not probe.
func (p *Prober) Run(ctx context.Context) (Answer, error) {
	admin, err := p.serveAdmin(ctx)
	if err != nil {
		return Answer{}, err
	}
	defer admin.close(context.WithoutCancel(ctx))
	if err := p.open(ctx); err != nil {
		if isEnd(ctx, err) {
			return Answer{}, nil
		}
		return Answer{}, err
	}
	defer func() { p.log(p.store.close(), "close the state") }()
	if p.o.Listen == nil {
		p.o.Listen = listenTCP(ctx)
	}
	if p.o.For > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, time.Duration(float64(p.o.For)/p.o.Scale))
		defer cancel()
	}
	defer p.shutDown(context.WithoutCancel(ctx))
	if err := p.startAll(ctx); err != nil {
		return Answer{}, err
	}
	p.loop(ctx)
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.model.Judge(p.question(), p.now(), false), nil
}

// dial is how a configuration reaches others. It is asked for anew with each
// one: a list that became shorter holds at once.
func (p *Prober) dial(c *Config) dialFunc {
	if p.o.Dial != nil {
		return p.o.Dial
	}
	return c.Allow.Dial
}

// self reaches our own listeners, which no allow-list has to name.
func (p *Prober) self() dialFunc {
	if p.o.Dial != nil {
		return p.o.Dial
	}
	return (&net.Dialer{}).DialContext
}

func (p *Prober) question() Question {
	// The first canary may be published in the instant in which it began.
	q := Question{Name: All, Since: p.began.Add(-1)}
	if p.o.Once {
		q.MinSamples = 1
	}
	return q
}

// open gets the lease and reads the state.
func (p *Prober) open(ctx context.Context) (err error) {
	p.store, err = openStore(ctx, p.c.State, func() {
		p.o.Log.Info().Str("state", p.c.State).Msg("another prober has the state: standing by")
		p.mu.Lock()
		p.standby = true
		p.mu.Unlock()
	})
	if err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.standby = false
	now := p.now()
	if p.run, err = p.store.run(); err == nil {
		p.key, err = p.store.secretKey()
	}
	if err == nil {
		err = p.store.load(p.model, now)
	}
	used, err2 := p.store.used(now)
	if err = errors.Join(err, err2, p.store.save(p.model.changes())); err != nil {
		return errors.Join(fmt.Errorf("state %s: %w", p.c.State, err), p.store.close())
	}
	p.left = max(p.c.Budget.PerDay-used, 0)
	p.began, p.ready = now, true
	return nil
}

func (p *Prober) startAll(ctx context.Context) error {
	from, err := p.partsOf(p.c)
	if err != nil {
		return err
	}
	fresh, err := p.openAll(p.c, p.c.Regions, from)
	if err != nil {
		return err
	}
	for _, r := range fresh {
		r.begin(ctx)
		p.runners[r.g.Name] = r
	}
	push, err := pushPartsOf(p.c)
	if err != nil {
		return err
	}
	return p.repush(ctx, push)
}

// openAll opens the endpoints of regions: all, or none.
func (p *Prober) openAll(c *Config, regions []Region, from map[string]parts) ([]*runner, error) {
	var fresh []*runner
	for _, g := range regions {
		r, err := p.openRunner(c, g, from[g.Name])
		if err != nil {
			for _, r := range fresh {
				r.abandon()
			}
			return nil, err
		}
		fresh = append(fresh, r)
	}
	return fresh, nil
}

// shutDown ends all regions at the same time: each may have to wait for a
// sender that does not answer.
func (p *Prober) shutDown(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, shutdownGrace)
	defer cancel()
	var wg sync.WaitGroup
	for _, r := range p.runners {
		wg.Go(func() { r.stop(ctx, false) })
	}
	wg.Wait()
	p.note(func(*Model, time.Time) {})
	p.log(p.pusher.close(ctx), "push the last metrics")
}

// shutdownGrace is less than the 30 s that supervisors give before they kill.
const shutdownGrace = 20 * time.Second

// tickEvery is how often canaries age and alerts are looked at.
const tickEvery = time.Second

// loop ages what is known until ctx or the run's task ends.
func (p *Prober) loop(ctx context.Context) {
	watch := watch{}
	watch.changed(p.watched())
	var pruned time.Time
	for n := 0; ; n++ {
		select {
		case <-ctx.Done():
			return
		case r := <-p.reloads:
			r.done <- p.reload(ctx, r.c)
			continue
		case <-time.After(tickEvery):
		}
		p.note(func(m *Model, now time.Time) {
			m.Tick(now)
			used, err := p.store.used(now)
			p.log(err, "read the budget")
			p.left = max(p.guard.limits().PerDay-used, 0)
		})
		if now := p.now(); now.Sub(pruned) > hour {
			pruned = now
			p.log(p.store.prune(now), "prune the state")
		}
		if n%5 == 0 && watch.changed(p.watched()) {
			p.log(p.reloadFile(ctx), "reload "+p.o.Watch)
		}
		if p.o.Once && p.decided() {
			return
		}
	}
}

// decided reports whether each region's first canary is good or bad.
func (p *Prober) decided() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	a := p.model.Judge(p.question(), p.now(), false)
	for _, r := range a.Regions {
		if r.Verdict == verdict.Unknown {
			return p.now().Sub(p.began) > p.c.LateAfter+p.c.Timeout+hour/60
		}
	}
	return true
}

// Pause stops all publishing and checking until Resume; by says who wanted it.
func (p *Prober) Pause(by string) {
	p.o.Log.Warn().Str("by", by).Msg("paused")
	p.guard.pause(by)
}

// Resume ends a Pause. A kill file stops for as long as it exists.
func (p *Prober) Resume() {
	p.o.Log.Warn().Msg("resumed")
	p.guard.pause("")
}

// Toggle pauses, or ends a pause: what a signal can ask for.
func (p *Prober) Toggle(by string) {
	p.guard.mu.Lock()
	paused := p.guard.paused != ""
	p.guard.mu.Unlock()
	if paused {
		p.Resume()
		return
	}
	p.Pause(by)
}
