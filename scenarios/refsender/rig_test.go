package refsender

import (
	"context"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hookdrill/hookdrill/prober"
	"github.com/hookdrill/hookdrill/prober/event"
)

const testSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

// hit is one request as an endpoint saw it.
type hit struct {
	at       time.Duration
	endpoint string
	token    event.Token
	id       string
	stamp    string
	sig      string
	body     []byte
	path     string
	method   string
}

// respond answers the nth request (from 1) for that token at that endpoint.
type respond func(w http.ResponseWriter, r *http.Request, h hit, nth int)

// rig is a world of endpoints in memory, within a bubble, and the sender's
// lives in it.
type rig struct {
	t       testing.TB
	factory prober.Factory
	network prober.Network
	scale   float64
	dir     string
	start   time.Time
	lives   int
	kill    func()
	sender  prober.Sender
	urls    map[string]string

	mu     sync.Mutex
	hits   []hit
	counts map[string]int
	busy   map[string]int
	peak   map[string]int
}

// bubble runs f with a rig above one kind of store.
type bubble func(t *testing.T, cfg Config, answer respond, endpoints []string, f func(t *testing.T, r *rig))

// inBubble runs f with a rig whose endpoints answer as respond says.
func inBubble(t *testing.T, cfg Config, answer respond, endpoints []string, f func(t *testing.T, r *rig)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		withRig(t, New(cfg), answer, endpoints, func(r *rig) { f(t, r) })
	})
}

func withRig(t testing.TB, factory prober.Factory, answer respond, endpoints []string, f func(r *rig)) {
	t.Helper()
	r := &rig{t: t, factory: factory, network: prober.InMemory(), scale: 1, start: time.Now(),
		counts: map[string]int{}, busy: map[string]int{}, peak: map[string]int{}, urls: map[string]string{}}
	l, err := r.network.Listen(endpoints...)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range endpoints {
		r.urls[e] = l.URL(e) + "/hooks/" + e
	}
	srv := &http.Server{Handler: r.handler(answer)}
	served := make(chan struct{})
	go func() {
		defer close(served)
		_ = srv.Serve(l)
	}()
	defer func() {
		r.die()
		_ = srv.Close()
		<-served
	}()
	f(r)
}

func (r *rig) handler(answer respond) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		at := time.Since(r.start)
		body, _ := io.ReadAll(req.Body)
		host, _, _ := net.SplitHostPort(req.Host + ":80")
		h := hit{at: at, endpoint: host[:len(host)-len(".endpoints.test")], id: req.Header.Get("Webhook-Id"),
			stamp: req.Header.Get("Webhook-Timestamp"), sig: req.Header.Get("Webhook-Signature"),
			body: body, path: req.URL.Path, method: req.Method}
		for tok := range func(yield func(event.Token) bool) { event.Scan(body, "", yield) } {
			h.token = tok
		}
		r.mu.Lock()
		r.hits = append(r.hits, h)
		key := h.endpoint + " " + h.token.String()
		r.counts[key]++
		nth := r.counts[key]
		r.busy[h.endpoint]++
		r.peak[h.endpoint] = max(r.peak[h.endpoint], r.busy[h.endpoint])
		r.mu.Unlock()
		defer func() {
			r.mu.Lock()
			r.busy[h.endpoint]--
			r.mu.Unlock()
		}()
		time.Sleep(20*time.Millisecond + time.Duration(draw(1, key, "", nth)%uint64(180*time.Millisecond)))
		answer(w, req, h, nth)
	})
}

// live starts the next incarnation and subscribes the endpoints, each to a
// topic of its own name and to "all".
func (r *rig) live() prober.Sender {
	r.t.Helper()
	killed := make(chan struct{})
	r.kill = sync.OnceFunc(func() { close(killed) })
	r.lives++
	var conns sync.Map
	dial := func(ctx context.Context, network, addr string) (net.Conn, error) {
		select {
		case <-killed:
			return nil, fmt.Errorf("fenced")
		default:
		}
		c, err := r.network.Dial(ctx, network, addr)
		if err == nil {
			conns.Store(c, true)
		}
		return c, err
	}
	s, err := r.factory(r.t.Context(), prober.World{Transport: &http.Transport{DialContext: dial}, Dial: dial, Dir: r.dir,
		Incarnation: r.lives, Killed: killed, Seed: 7, Scale: r.scale})
	if err != nil {
		r.t.Fatal(err)
	}
	r.sender = s
	for _, e := range sortedKeys(r.urls) {
		sub := prober.Subscription{Endpoint: e, URL: r.urls[e], Secret: testSecret, Topics: []string{e, "all"}}
		if err := s.Subscribe(r.t.Context(), sub); err != nil {
			r.t.Fatal(err)
		}
	}
	return s
}

// die kills the present incarnation as the engine does.
func (r *rig) die() {
	if r.sender == nil {
		return
	}
	r.kill()
	if err := r.sender.(prober.Stopper).Stop(context.Background()); err != nil {
		r.t.Error(err)
	}
	r.sender = nil
}

// publish hands over event (key, seq), which must be accepted.
func (r *rig) publish(topic string, key, seq uint32) {
	r.t.Helper()
	if err := r.sender.Publish(r.t.Context(), newEvent(topic, key, seq)); err != nil {
		r.t.Errorf("publish %d/%d: %v", key, seq, err)
	}
}

func newEvent(topic string, key, seq uint32) event.Event {
	tok := event.Token{Run: "t", Key: key, Seq: seq}
	return event.Event{Token: tok, Topic: topic, Type: "test", Body: event.NewBody(tok, "test", time.Now(), 512)}
}

func (r *rig) pending() int {
	r.t.Helper()
	n, err := r.sender.(prober.Pender).Pending(r.t.Context())
	if err != nil {
		r.t.Fatal(err)
	}
	return n
}

// seen returns the hits so far, in the order of arrival.
func (r *rig) seen() []hit {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]hit(nil), r.hits...)
}

// most returns how many attempts were under way at once at worst.
func (r *rig) most(endpoint string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.peak[endpoint]
}

// gaps returns the times between the hits of one event at one endpoint.
func (r *rig) gaps(endpoint string, key, seq uint32) []time.Duration {
	var gaps []time.Duration
	last := time.Duration(-1)
	for _, h := range r.seen() {
		if h.endpoint != endpoint || h.token.Key != key || h.token.Seq != seq {
			continue
		}
		if last >= 0 {
			gaps = append(gaps, h.at-last)
		}
		last = h.at
	}
	return gaps
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// always answers every request with one status.
func always(status int) respond {
	return func(w http.ResponseWriter, _ *http.Request, _ hit, _ int) { w.WriteHeader(status) }
}

// failing answers the first n attempts of each event with a status.
func failing(n, status int) respond {
	return func(w http.ResponseWriter, _ *http.Request, _ hit, nth int) {
		if nth <= n {
			w.WriteHeader(status)
		}
	}
}
