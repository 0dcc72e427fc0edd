package canary

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/rs/zerolog"
	"go.etcd.io/bbolt"

	"github.com/hookdrill/hookdrill/prober"
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
	checks int // how often somebody looked at the public URL
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
		if req.Method == http.MethodGet {
			g.mu.Lock()
			g.checks++
			g.mu.Unlock()
		}
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
	l := &life{Prober: New(r.c, r.o)}
	l.run(r.t)
	return l
}

// run begins a life, and returns what ends it.
func (l *life) run(t *testing.T) (stop func()) {
	ctx, cancel := context.WithCancel(t.Context())
	l.cancel, l.done = cancel, make(chan struct{})
	go func() {
		defer close(l.done)
		l.answer, l.err = l.Run(ctx)
	}()
	return func() { l.stop(t) }
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
	m := l.series(t, name, labels...)
	return m.GetCounter().GetValue() + m.GetGauge().GetValue() + float64(m.GetHistogram().GetSampleCount())
}

// sum returns that of a histogram.
func (l *life) sum(t *testing.T, name string, labels ...string) float64 {
	t.Helper()
	return l.series(t, name, labels...).GetHistogram().GetSampleSum()
}

// series finds the first whose labels hold all of those given.
func (l *life) series(t *testing.T, name string, labels ...string) *dto.Metric {
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
				return m
			}
		}
	}
	t.Fatalf("there is no series %s %v", name, labels)
	return nil
}
