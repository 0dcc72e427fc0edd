package canary

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"
	"go.etcd.io/bbolt"

	"github.com/hookdrill/hookdrill/prober"
	"github.com/hookdrill/hookdrill/prober/event"
	"github.com/hookdrill/hookdrill/prober/policy"
)

// rig is a world in memory: a sender and a gateway before our endpoint for
// each region. It is used within a bubble.
type rig struct {
	t       *testing.T
	network prober.Network
	c       *Config
	o       Options
	senders map[string]*fakeSender
	gates   map[string]*gate
	wg      sync.WaitGroup
	servers []*http.Server
}

// gate is the gateway before a region's endpoint.
type gate struct {
	mu     sync.Mutex
	status int // what it answers instead; 0: it passes on
}

func (g *gate) set(status int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.status = status
}

func (g *gate) get() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.status
}

func newRig(t *testing.T, regions ...string) *rig {
	t.Helper()
	c := Defaults()
	c.State = filepath.Join(t.TempDir(), "probe.db")
	c.Interval, c.RouteInterval, c.Jitter = 10*time.Second, 10*time.Second, 0
	c.LostAfter, c.Admin.Listen = 2*time.Hour, ""
	c.Budget = Budget{PerMinute: 600, PerDay: 100_000, InFlight: 500}
	c.Allow.Hosts = []string{".endpoints.test"}
	r := &rig{t: t, network: prober.InMemory(), c: &c, senders: map[string]*fakeSender{}, gates: map[string]*gate{}}
	r.o = Options{Log: zerolog.New(zerolog.NewTestWriter(t)).Level(zerolog.WarnLevel), Factories: map[string]prober.Factory{}, Dial: r.network.Dial,
		Listen: func(g Region) (net.Listener, error) { return r.network.Listen(g.Name) },
		Direct: func(g Region) string { return g.Name + ".endpoints.test:80" }}
	for _, name := range regions {
		c.Regions = append(c.Regions, Region{Name: name, Profile: "none", Receive: Receive{Listen: name + ":80",
			URL: "http://gw-" + name + ".endpoints.test/hooks", Scheme: "standard-webhooks"}})
		s := newFakeSender(r.network)
		r.senders[name], r.gates[name] = s, &gate{}
		r.o.Factories[name] = func(context.Context, prober.World) (prober.Sender, error) { return s, s.down() }
		r.gateway(name)
	}
	t.Cleanup(r.close)
	return r
}

func (r *rig) gateway(name string) {
	l, err := r.network.Listen("gw-" + name)
	if err != nil {
		r.t.Fatal(err)
	}
	to, _ := url.Parse("http://" + name + ".endpoints.test")
	g := r.gates[name]
	transport := &http.Transport{DialContext: r.network.Dial, DisableKeepAlives: true}
	proxy := &httputil.ReverseProxy{Rewrite: func(p *httputil.ProxyRequest) { p.SetURL(to) }, Transport: transport,
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) }}
	s := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if status := g.get(); status != 0 {
			w.WriteHeader(status)
			return
		}
		proxy.ServeHTTP(w, req)
	})}
	r.servers = append(r.servers, s)
	r.wg.Go(func() { _ = s.Serve(l) })
}

func (r *rig) close() {
	for _, s := range r.senders {
		s.end()
	}
	for _, s := range r.servers {
		_ = s.Close()
	}
	r.wg.Wait()
}

// life is one run of a prober.
type life struct {
	*Prober
	cancel context.CancelFunc
	done   chan struct{}
	answer Answer
	err    error
}

func (r *rig) start() *life {
	ctx, cancel := context.WithCancel(r.t.Context())
	l := &life{Prober: New(r.c, r.o), cancel: cancel, done: make(chan struct{})}
	go func() {
		defer close(l.done)
		l.answer, l.err = l.Run(ctx)
	}()
	return l
}

func (l *life) stop(t *testing.T) {
	t.Helper()
	l.cancel()
	<-l.done
	if l.err != nil {
		t.Errorf("the prober: %v", l.err)
	}
}

// crash ends a life as a kill does: the state is left as it is at this
// moment, and nothing is unsubscribed.
func (r *rig) crash(l *life) {
	r.t.Helper()
	synctest.Wait() // what the life has done by now happened before
	left := r.c.State + ".left"
	l.mu.Lock()
	st := l.store
	l.mu.Unlock()
	if err := st.db.View(func(tx *bbolt.Tx) error { return tx.CopyFile(left, 0o600) }); err != nil {
		r.t.Fatal(err)
	}
	for _, s := range r.senders {
		s.with(func() { s.keep = true })
	}
	l.stop(r.t)
	for _, s := range r.senders {
		s.with(func() { s.keep = false })
	}
	if err := os.Rename(left, r.c.State); err != nil {
		r.t.Fatal(err)
	}
}

// ask calls the admin listener's handler.
func (l *life) ask(method, path, body string) (int, string) {
	w := httptest.NewRecorder()
	l.Handler("").ServeHTTP(w, httptest.NewRequest(method, path, strings.NewReader(body)))
	return w.Code, w.Body.String()
}

func (l *life) metric(t *testing.T, name string, labels ...string) float64 {
	t.Helper()
	families, err := l.metrics.registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() != name {
			continue
		}
		for _, m := range f.GetMetric() {
			text := ""
			for _, p := range m.GetLabel() {
				text += p.GetName() + "=" + p.GetValue() + " "
			}
			all := true
			for _, want := range labels {
				all = all && strings.Contains(text, want+" ")
			}
			if all {
				return m.GetCounter().GetValue() + m.GetGauge().GetValue() + float64(m.GetHistogram().GetSampleCount())
			}
		}
	}
	t.Fatalf("there is no series %s %v", name, labels)
	return 0
}

// fakeSender is a sender that signs, tries again every five seconds for ever,
// and can be told to misbehave.
type fakeSender struct {
	client *http.Client
	ctx    context.Context
	cancel context.CancelFunc
	wg     sync.WaitGroup

	mu           sync.Mutex
	subs         map[string]prober.Subscription
	published    []event.Event
	times        []time.Time
	unsubscribed []string
	// refuse is what a publish is answered; hold keeps deliveries back; drop
	// loses them; broken fails the factory.
	refuse error
	hold   bool
	drop   bool
	broken error
	keep   bool // unsubscribe does nothing
	copies int
	tries  int
}

func newFakeSender(n prober.Network) *fakeSender {
	ctx, cancel := context.WithCancel(context.Background())
	return &fakeSender{client: &http.Client{Transport: &http.Transport{DialContext: n.Dial, DisableKeepAlives: true}}, ctx: ctx, cancel: cancel,
		subs: map[string]prober.Subscription{}, copies: 1}
}

func (s *fakeSender) with(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f()
}

// seen returns what was published, and when.
func (s *fakeSender) seen() ([]event.Event, []time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.published), slices.Clone(s.times)
}

// count returns how many canaries were published.
func (s *fakeSender) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.published)
}

// subscribed returns how many endpoints are subscribed, and how often one was
// unsubscribed.
func (s *fakeSender) subscribed() (now, gone int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.subs), len(s.unsubscribed)
}

func (s *fakeSender) down() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.broken
}

func (s *fakeSender) end() {
	s.cancel()
	s.wg.Wait()
	s.client.CloseIdleConnections()
}

func (s *fakeSender) Policy() policy.Policy { return policy.Policy{Signature: "standard-webhooks"} }

func (s *fakeSender) Subscribe(_ context.Context, sub prober.Subscription) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.subs[sub.Endpoint] = sub
	return nil
}

func (s *fakeSender) Unsubscribe(_ context.Context, endpoint string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.keep {
		return nil
	}
	delete(s.subs, endpoint)
	s.unsubscribed = append(s.unsubscribed, endpoint)
	return nil
}

func (s *fakeSender) Publish(_ context.Context, e event.Event) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.published, s.times = append(s.published, e), append(s.times, time.Now())
	if s.refuse != nil {
		return s.refuse
	}
	if s.drop {
		return nil
	}
	for _, sub := range s.subs {
		for range s.copies {
			s.wg.Go(func() { s.deliver(sub, e) })
		}
	}
	return nil
}

// deliver tries until it is acknowledged.
func (s *fakeSender) deliver(sub prober.Subscription, e event.Event) {
	for {
		s.mu.Lock()
		held := s.hold
		_, subscribed := s.subs[sub.Endpoint]
		s.mu.Unlock()
		if !held && (!subscribed || s.attempt(sub, e) == nil) {
			return
		}
		select {
		case <-time.After(5 * time.Second):
		case <-s.ctx.Done():
			return
		}
	}
}

func (s *fakeSender) attempt(sub prober.Subscription, e event.Event) error {
	req, err := http.NewRequestWithContext(s.ctx, http.MethodPost, sub.URL, bytes.NewReader(e.Body))
	if err != nil {
		return err
	}
	sign(req.Header, sub.Secret, e.ID(), e.Body)
	resp, err := s.client.Do(req)
	if err != nil {
		return err
	}
	_ = resp.Body.Close()
	s.with(func() { s.tries++ })
	if resp.StatusCode/100 != 2 {
		return errors.New(resp.Status)
	}
	return nil
}

// sign is Standard Webhooks.
func sign(h http.Header, secret, id string, body []byte) {
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	if err != nil {
		panic(err)
	}
	stamp := fmt.Sprint(time.Now().Unix())
	m := hmac.New(sha256.New, key)
	fmt.Fprintf(m, "%s.%s.%s", id, stamp, body)
	h.Set("Webhook-Id", id)
	h.Set("Webhook-Timestamp", stamp)
	h.Set("Webhook-Signature", "v1,"+base64.StdEncoding.EncodeToString(m.Sum(nil)))
}
