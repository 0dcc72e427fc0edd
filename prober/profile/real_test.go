package profile

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"testing"
	"time"

	"github.com/hookdrill/hookdrill/prober"
	"github.com/hookdrill/hookdrill/prober/event"
)

// arrivals is an endpoint that says which tokens reached it.
func arrivals(t *testing.T, p *Profile) (string, <-chan event.Token) {
	t.Helper()
	got := make(chan event.Token, 100)
	srv := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		p.Tokens(r.Header, body, "", func(tok event.Token) bool {
			got <- tok
			return true
		})
	}))
	t.Cleanup(srv.Close)
	return srv.URL, got
}

func load(t *testing.T, name string) *Profile {
	t.Helper()
	p, err := Load(name)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// open opens a rig that is closed with the test.
func open(t *testing.T, p *Profile, o Options) *Rig {
	t.Helper()
	r, err := Open(t.Context(), p, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return r
}

func sample1(n uint32) event.Event {
	tok := event.Token{Run: "test", Key: 1, Seq: n}
	return event.Event{Token: tok, Topic: "orders", Type: "order.created", Body: event.NewBody(tok, "order.created", time.Unix(0, 0), 300)}
}

func want(t *testing.T, got <-chan event.Token, e event.Event) {
	t.Helper()
	select {
	case tok := <-got:
		if tok != e.Token {
			t.Errorf("%v arrived, want %v", tok, e.Token)
		}
	case <-time.After(20 * time.Second):
		t.Fatalf("%v did not arrive", e.Token)
	}
}

// TestRealSenders drives the presets whose senders Debian has.
func TestRealSenders(t *testing.T) {
	for _, c := range []struct{ preset, binary string }{
		{"alertmanager", "prometheus-alertmanager"},
		{"registry", "docker-registry"},
	} {
		t.Run(c.preset, func(t *testing.T) {
			if _, err := exec.LookPath(c.binary); err != nil {
				t.Skipf("not tested: preset %s against the real sender: %v", c.preset, err)
			}
			p := load(t, c.preset)
			r := open(t, p, Options{Scale: 60, Trace: func(x Exchange) { t.Log(x.Step, x.Status, x.Err) }})
			url, got := arrivals(t, p)
			w := prober.World{Dir: t.TempDir()}
			s, err := r.Factory(t.Context(), w)
			if err != nil {
				t.Fatal(err)
			}
			for _, name := range []string{"a", "b"} {
				sub := prober.Subscription{Endpoint: name, URL: url + "/" + name, Topics: []string{"orders"}}
				if err := s.Subscribe(t.Context(), sub); err != nil {
					t.Fatal(err)
				}
			}
			if err := s.Publish(t.Context(), sample1(1)); err != nil {
				t.Fatal(err)
			}
			want(t, got, sample1(1))
			want(t, got, sample1(1))
			if q, ok := s.(prober.Pender); ok {
				settled(t, q)
			}
			proc := s.(prober.Process)
			if err := proc.Kill(); err != nil {
				t.Fatal(err)
			}
			<-proc.Exited()
			if got := proc.ExitReason(); got != "signal: killed" {
				t.Errorf("it ended with %q", got)
			}
			if s, err = r.Factory(t.Context(), w); err != nil {
				t.Fatal(err)
			}
			if err := s.Publish(t.Context(), sample1(2)); err != nil {
				t.Fatal(err)
			}
			want(t, got, sample1(2))
			if err := s.(prober.Stopper).Stop(t.Context()); err != nil {
				t.Error(err)
			}
			<-s.(prober.Process).Exited()
		})
	}
}

// settled asks until nothing is pending: an answer of ours may not have been
// counted yet.
func settled(t *testing.T, p prober.Pender) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	for {
		if n, err := p.Pending(ctx); err != nil {
			t.Fatal(err)
		} else if n == 0 {
			return
		}
	}
}
