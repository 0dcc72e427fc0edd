package canary

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/hookdrill/hookdrill/prober"
	"github.com/hookdrill/hookdrill/prober/event"
)

// runner probes one region until it is told to end.
type runner struct {
	p        *Prober
	c        *Config
	g        Region
	number   uint32
	endpoint string
	secret   string
	parts    parts
	listener net.Listener
	link     *link
	recv     *receiver
	route    *routeCheck
	draws    *rand.Rand
	calls    uint32
	asks     asks

	cancel context.CancelFunc
	wg     sync.WaitGroup
	server *http.Server
}

// openRunner makes a region's runner and opens its endpoint, which answers nobody
// before begin.
func (p *Prober) openRunner(c *Config, g Region, from parts) (*runner, error) {
	number, err := p.store.number(g.Name)
	if err != nil {
		return nil, err
	}
	r := &runner{p: p, c: c, g: g, parts: from, number: number, endpoint: "hookdrill-canary-" + p.run + "-" + g.Name}
	r.draws = p.draws(g)
	if r.secret = from.secret; r.secret == "" {
		r.secret = signingSecret(p.key, r.endpoint)
	}
	// Another URL or secret is another subscription: a sender that was told of
	// one would go on to sign and send as before.
	r.endpoint += "-" + fingerprint(p.key, g.Receive.URL, r.secret)
	if err := r.listen(); err != nil {
		return nil, fmt.Errorf("region %s: %w", g.Name, err)
	}
	return r, nil
}

// draws are those of a region's slots: others in another region, in another
// prober, and in another life.
func (p *Prober) draws(g Region) *rand.Rand {
	h := fnv.New64a()
	fmt.Fprint(h, p.run, " ", g.Name)
	return rand.New(rand.NewPCG(h.Sum64(), uint64(p.now().UnixNano())))
}

// begin answers, and probes, until stop.
func (r *runner) begin(ctx context.Context) {
	r.wg.Go(func() {
		if err := r.server.Serve(r.listener); !errors.Is(err, http.ErrServerClosed) {
			r.p.o.Log.Error().Err(err).Str("region", r.g.Name).Msg("the endpoint stopped")
		}
	})
	ctx, r.cancel = context.WithCancel(ctx)
	r.wg.Go(func() { r.probe(ctx) })
	r.wg.Go(func() { r.walk(ctx) })
}

// abandon closes the endpoint of a runner that is not to begin.
func (r *runner) abandon() { r.p.log(r.listener.Close(), "close the endpoint of "+r.g.Name) }

func (r *runner) listen() error {
	l, err := r.p.o.Listen(r.g)
	if err != nil {
		return err
	}
	direct := l.Addr().String()
	if r.p.o.Direct != nil {
		direct = r.p.o.Direct(r.g)
	}
	r.listener = listenTLS(l, r.parts.cert)
	r.route = newRouteCheck(r.g, r.p.key, r.parts.roots, direct, r.p.dial(r.c), r.p.self(), r.c.Timeout)
	r.recv = &receiver{
		region: r.g.Name, key: r.p.key, run: r.p.run, number: r.number,
		busy:     make(chan struct{}, maxBusy),
		received: r.received,
		rejected: func(reason string) {
			r.p.note(func(m *Model, now time.Time) { m.Rejected(r.g.Name, reason, now) })
		},
	}
	r.server = newHTTPServer(r.recv.handler(), r.p.o.Log)
	return nil
}

// stop ends probing, and returns when all of it has ended. Where leave is
// set the subscription stays: another configuration will use it.
func (r *runner) stop(ctx context.Context, leave bool) {
	r.cancel()
	// Deliveries that are being answered end before the endpoint goes.
	if err := r.server.Shutdown(ctx); err != nil {
		_ = r.server.Close() // the shutdown's error is the one that tells
	}
	r.wg.Wait()
	r.route.closeIdle()
	if r.link == nil {
		return
	}
	if !leave {
		if err := r.link.unsubscribe(ctx, r.endpoint); err != nil {
			r.p.log(err, "the subscription of "+r.endpoint+" stays; the next start sweeps it")
		} else {
			r.p.log(r.p.store.unsubscribed(r.endpoint), "forget the subscription")
			r.p.note(func(m *Model, now time.Time) { m.Withdraw(r.g.Name, now) })
		}
	}
	r.p.log(r.link.release(ctx), "let go of the sender")
}

// setUp gets hold of the sender, subscribes to it, and sweeps what a former
// life left there.
func (r *runner) setUp(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, max(r.c.Timeout, 30*time.Second))
	defer cancel()
	l, err := connect(ctx, r.g, r.parts.prof, r.p.o, r.p.dial(r.c))
	if err != nil {
		return err
	}
	r.sweep(ctx, l)
	if err := r.subscribe(ctx, l); err != nil {
		return errors.Join(err, l.release(ctx))
	}
	v, err := l.verifier(r.g, r.endpoint, r.secret)
	if err != nil {
		return errors.Join(err, l.release(ctx))
	}
	r.link = l
	r.asks.on = l.tellsAttempts()
	r.recv.arm(v, l.scan(), l.attemptHeader())
	return nil
}

// subscribe makes the region's subscription. It is remembered before it is
// made: a crash in between leaves one that can be swept.
func (r *runner) subscribe(ctx context.Context, l *link) error {
	saved := savedSub{Region: r.g.Name, Endpoint: r.endpoint, URL: r.g.Receive.URL}
	if l.knows(r.endpoint) { // a former life's, at this URL
		return l.sender.Subscribe(ctx, r.subscription(saved.URL))
	}
	if err := r.p.store.subscribed(saved); err != nil {
		return err
	}
	if err := l.sender.Subscribe(ctx, r.subscription(saved.URL)); err != nil {
		return err
	}
	saved.Captured = l.captured(r.endpoint)
	return r.p.store.subscribed(saved)
}

func (r *runner) subscription(url string) prober.Subscription {
	return prober.Subscription{Endpoint: r.endpoint, URL: url, Secret: r.secret,
		Topics: []string{r.c.Topic}, Labels: map[string]string{"region": r.g.Name, "hookdrill": "canary"}}
}

// sweep removes subscriptions that former lives and configurations left and
// that nobody uses any more, and tells the link of the one that goes on.
func (r *runner) sweep(ctx context.Context, l *link) {
	all, err := r.p.store.subscriptions(r.g.Name)
	r.p.log(err, "read the subscriptions")
	for _, s := range all {
		sub := r.subscription(s.URL)
		sub.Endpoint = s.Endpoint
		l.remember(sub, s.Captured)
		if s.Endpoint == r.endpoint {
			continue
		}
		err := l.unsubscribe(ctx, s.Endpoint)
		if err != nil && l.rig != nil && s.Captured == nil {
			r.p.o.Log.Warn().Str("endpoint", s.Endpoint).Str("url", s.URL).Msg("it was being subscribed when the prober was killed: if the sender has it, remove it by hand")
			err = nil
		}
		if err != nil {
			r.p.log(err, "sweep "+s.Endpoint)
			continue
		}
		r.p.log(r.p.store.unsubscribed(s.Endpoint), "forget "+s.Endpoint)
		// What was on its way there is owed no more.
		r.p.note(func(m *Model, now time.Time) { m.Withdraw(r.g.Name, now) })
	}
}

// probe publishes at its times until ctx ends.
func (r *runner) probe(ctx context.Context) {
	for {
		err := r.setUp(ctx)
		if err == nil {
			break
		}
		if isEnd(ctx, err) {
			return
		}
		r.p.o.Log.Error().Err(err).Str("region", r.g.Name).Msg("the sender cannot be set up")
		class, by := classify(err)
		r.p.note(func(m *Model, now time.Time) {
			m.Unreached(r.g.Name, now, class, by)
			if class == Blocked {
				m.Skipped(r.g.Name, SkipNotAllowed, now)
			}
		})
		if !r.p.sleep(ctx, max(r.c.Interval, Heartbeat)) {
			return
		}
	}
	s := r.slots()
	for r.p.sleep(ctx, s.wait(r.p.now())) {
		r.once(ctx, max(r.p.now().Sub(s.next), 0))
		s.advance(r.p.now())
		if r.p.o.Once && r.calls > 0 {
			return
		}
	}
}

// once publishes one canary, if it may.
func (r *runner) once(ctx context.Context, delay time.Duration) {
	reason, budget := r.p.guard.check(r.g.Name, r.p.load(r.g.Name))
	if reason == "" {
		reason = r.publish(ctx, budget, delay)
	}
	if reason != "" {
		r.p.note(func(m *Model, now time.Time) { m.Skipped(r.g.Name, reason, now) })
	}
}

// publish claims a canary on disk, hands it over and enters the answer.
func (r *runner) publish(ctx context.Context, b Budget, delay time.Duration) (skipped string) {
	key := r.number*maxKeys + r.calls%uint32(r.c.Keys)
	token, err := r.p.claim(r.g.Name, key, b.PerDay)
	if errors.Is(err, errBudget) {
		return SkipBudget
	}
	if err != nil { // what cannot be counted must not be sent
		r.p.log(err, "claim a canary")
		return SkipBudget
	}
	r.calls++
	r.p.metrics.delay(r.g.Name, delay)
	e := event.Event{Token: token, Topic: r.c.Topic, Type: r.c.Type,
		Body: event.NewBody(token, r.c.Type, r.p.now(), r.c.Size)}
	// Its end must be known even when the prober ends: the bound is Timeout.
	pctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), r.c.Timeout)
	defer cancel()
	class, refused, by := r.link.publish(pctx, e)
	r.p.note(func(m *Model, now time.Time) { m.Answered(r.g.Name, token, now, class, refused, by) })
	if class != OK && !refused && r.link.outcome(pctx, token) {
		r.p.note(func(m *Model, now time.Time) { m.Owed(r.g.Name, token, now) })
	}
	if class == Blocked { // nothing was sent
		return SkipNotAllowed
	}
	return ""
}

// walk checks the region's public URL, and asks the sender about canaries
// that are on their way, until ctx ends.
func (r *runner) walk(ctx context.Context) {
	interval := r.c.RouteInterval
	wait := time.Duration(0)
	for n := 0; r.p.sleep(ctx, wait); n++ {
		began := r.p.now()
		if r.p.guard.whyStopped() == "" {
			nonce := fmt.Sprintf("%d-%d", began.UnixNano(), n)
			class, by, self := r.route.look(ctx, nonce)
			if ctx.Err() != nil {
				return
			}
			r.p.note(func(m *Model, now time.Time) { m.Routed(r.g.Name, now, class, by, self) })
			r.ask(ctx)
		}
		wait = max(interval-r.p.now().Sub(began), FloorInterval)
	}
}
