package canary

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"
)

// apiSender is a sender with an HTTP API that gives each subscription an id of
// its own, and makes another each time it is asked.
type apiSender struct {
	mu        sync.Mutex
	next      int
	subs      map[string]string // id to URL
	published int
	agents    map[string]bool // what callers call themselves
	wg        sync.WaitGroup
}

func (a *apiSender) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.agents == nil {
		a.agents = map[string]bool{}
	}
	a.agents[r.UserAgent()] = true
	switch {
	case r.Method == http.MethodPost && r.URL.Path == "/endpoints":
		var in struct{ URL string }
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		a.next++
		id := fmt.Sprint("ep-", a.next)
		a.subs[id] = in.URL
		fmt.Fprintf(w, `{"id":%q}`, id)
	case r.Method == http.MethodDelete:
		delete(a.subs, strings.TrimPrefix(r.URL.Path, "/endpoints/"))
	default:
		a.published++
		body, err := io.ReadAll(r.Body)
		if err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		for _, url := range a.subs {
			a.wg.Go(func() {
				req, err := http.NewRequest(http.MethodPost, url, bytes.NewReader(body))
				if err != nil {
					return
				}
				req.Header.Set("X-Attempt", "2")
				if resp, err := http.DefaultClient.Do(req); err == nil {
					_ = resp.Body.Close()
				}
			})
		}
		w.WriteHeader(http.StatusAccepted)
	}
}

const apiProfile = `version: 1
name: api
remote: {url: "%[1]s"}
subscribe:
  - {name: subscribe, method: POST, url: "%[1]s/endpoints", body: '{"url": {{json .Endpoint.URL}}}', capture: {id: id}}
unsubscribe:
  - {name: unsubscribe, method: DELETE, url: "%[1]s/endpoints/{{.Endpoint.Var.id}}"}
publish:
  - {name: publish, method: POST, url: "%[1]s/events", body: "{{.Event.Body}}"}
attempt: {header: X-Attempt}
declares: {durability: disk}
`

// localConfig is one of a region whose sender is on loopback.
func localConfig(t *testing.T, api string) *Config {
	t.Helper()
	dir := t.TempDir()
	prof := filepath.Join(dir, "sender.yaml")
	if err := os.WriteFile(prof, fmt.Appendf(nil, apiProfile, api), 0o600); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	c := Defaults()
	c.State, c.Interval, c.RouteInterval, c.Jitter, c.Admin.Listen = filepath.Join(dir, "probe.db"), time.Second, time.Second, 0, ""
	c.Allow = Allow{Hosts: []string{"127.0.0.1"}, Networks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}
	c.Regions = []Region{{Name: "eu", Profile: prof, Receive: Receive{Listen: addr, URL: "http://" + addr + "/eu"}}}
	return &c
}

// TestProfile probes a sender by its profile over real sockets, in two lives
// of which the first is killed: one subscription goes on, and none is left.
func TestProfile(t *testing.T) {
	api := &apiSender{subs: map[string]string{}}
	server := httptest.NewServer(api)
	defer server.Close()
	defer api.wg.Wait()
	c := localConfig(t, server.URL)
	dir := filepath.Dir(c.State)
	subs := func() int {
		api.mu.Lock()
		defer api.mu.Unlock()
		return len(api.subs)
	}
	live := func(ctx context.Context, once bool) Answer {
		p := New(c, Options{Log: zerolog.New(zerolog.NewTestWriter(t)).Level(zerolog.WarnLevel), Once: once})
		a, err := p.Run(ctx)
		if err != nil {
			t.Fatal(err)
		}
		l := &life{Prober: p}
		if n, sum := l.metric(t, "webhook_canary_delivery_attempts"), l.sum(t, "webhook_canary_delivery_attempts"); once && n == 0 || sum != 2*n {
			t.Errorf("%v canaries with %v attempts", n, sum)
		}
		return a
	}
	// A life that was killed leaves its state and its subscription.
	crashed := filepath.Join(dir, "crashed.db")
	ctx, cancel := context.WithCancel(t.Context())
	copied := make(chan error, 1)
	go func() {
		defer cancel()
		for subs() == 0 {
			select {
			case <-time.After(10 * time.Millisecond):
			case <-ctx.Done():
				copied <- ctx.Err()
				return
			}
		}
		<-time.After(300 * time.Millisecond)
		b, err := os.ReadFile(c.State)
		if err == nil {
			err = os.WriteFile(crashed, b, 0o600)
		}
		copied <- err
	}()
	live(ctx, false)
	if err := <-copied; err != nil {
		t.Fatal(err)
	}
	if subs() != 0 {
		t.Errorf("%d subscriptions are left after an end in order", subs())
	}
	api.mu.Lock()
	api.subs["ep-1"] = c.Regions[0].Receive.URL // as the killed life would have left it
	api.mu.Unlock()
	c.State = crashed
	if a := live(t.Context(), true); ExitCode(a.Verdict) != 0 {
		t.Errorf("the second life: %v %v", a.Verdict, a.Reasons)
	}
	if subs() != 0 || api.next != 1 {
		t.Errorf("%d subscriptions are left, and %d were made", subs(), api.next)
	}
	if len(api.agents) != 1 || !api.agents[userAgent] {
		t.Errorf("the sender was called by %v", api.agents)
	}
}

// TestWrongProfile wants a mistake in a profile to end the start, and not to
// be taken for an outage of the sender.
func TestWrongProfile(t *testing.T) {
	dir := t.TempDir()
	for text, want := range map[string]string{
		"version: 1\nforgetz: true\n": `unknown key "forgetz"`,
		"":                            "empty",
		"version: 1\nname: here\nprocess: {commands: [{name: a, run: [a], delivers: true}]}\nsubscribe: [{url: 'http://127.0.0.1:1/'}]\n" +
			"publish: [{url: 'http://127.0.0.1:1/'}]\ndeclares: {durability: disk}\n": "profile here starts a sender; a prober probes one that lives: it needs a remote",
		"version: 1\nname: here\nremote: {url: 'http://127.0.0.1:1/'}\nsubscribe: [{url: 'http://127.0.0.1:1/'}]\n" +
			"publish: [{url: 'http://127.0.0.1:1/'}]\ndeclares: {schedule: [1h, 24h, 47h], jitter: 0}\n": "lost_after: 72h0m0s must be more than the sender's retry horizon, which is 72h",
	} {
		prof := filepath.Join(dir, "sender.yaml")
		if err := os.WriteFile(prof, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		c := Defaults()
		c.State, c.Admin.Listen = filepath.Join(dir, "probe.db"), ""
		c.Allow.Hosts = []string{"127.0.0.1"}
		c.Regions = []Region{{Name: "eu", Profile: prof, Receive: Receive{Listen: "127.0.0.1:0", URL: "http://127.0.0.1:1/"}}}
		if _, err := New(&c, Options{}).Run(t.Context()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}
