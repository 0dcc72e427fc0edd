package profile

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hookdrill/hookdrill/prober"
	"github.com/hookdrill/hookdrill/prober/dependency"
	"github.com/hookdrill/hookdrill/prober/event"
)

const foreignProfile = "testdata/pysender/profile.yaml"

// foreign is the sender in Python with its queue in Redis, brought in by the
// answers of somebody who knows it, and by nothing else.
func foreign(t *testing.T) *Profile {
	t.Helper()
	for _, binary := range []string{"python3", "redis-server"} {
		if _, err := exec.LookPath(binary); err != nil {
			t.Skipf("not tested: a sender in Python with its queue in Redis: %v", err)
		}
	}
	var b bytes.Buffer
	err := Init(&b, answers(t, map[string]string{
		"name": "pysender", "command": "python3 {{.Here}}/sender.py", "needs": "redis",
		"ready": "http://127.0.0.1:{{.Port.api}}/health", "scheme": "standard-webhooks",
		"retry": "5s 30s 2m 10m 30m", "timeout": "15s",
	}))
	if err != nil {
		t.Fatal(err)
	}
	golden(t, foreignProfile, b.Bytes())
	return load(t, foreignProfile)
}

func TestCheckForeign(t *testing.T) {
	p := foreign(t)
	var b bytes.Buffer
	if err := Check(t.Context(), p, CheckOptions{Out: &b, Dir: t.TempDir(), Scale: 60, Verify: verify}); err != nil {
		t.Errorf("%v\n%s", err, b.String())
	}
	golden(t, "testdata/check-pysender.txt", []byte(steady(b.String())))
}

// TestForeignSaysWhatBecame asks it what became of an event, and takes leave of
// it.
func TestForeignSaysWhatBecame(t *testing.T) {
	p := foreign(t)
	status, err := os.ReadFile("testdata/pysender/status.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if p, err = Parse(foreignProfile, append(slices.Clone(p.Text), status...)); err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := Check(t.Context(), p, CheckOptions{Out: &b, Dir: t.TempDir(), Scale: 60}); err != nil {
		t.Errorf("%v\n%s", err, b.String())
	}
	// The answer may not have reached it when it is asked.
	if got := b.String(); !strings.Contains(got, "   check: delivered (\"delivered\")\n") && !strings.Contains(got, "   check: pending (") {
		t.Errorf("what it says of an event that has arrived:\n%s", got)
	}
	f := newFlaky(t, p)
	f.up.Store(true)
	s := live(t, open(t, p, Options{Scale: 60}), prober.World{Dir: t.TempDir()})
	sub := prober.Subscription{Endpoint: "a", URL: f.url, Topics: []string{"orders"}, Secret: "whsec_aG9va2RyaWxsLWhvb2tkcmlsbA=="}
	if err := errors.Join(s.Subscribe(t.Context(), sub), s.Publish(t.Context(), sample1(1))); err != nil {
		t.Fatal(err)
	}
	want(t, f.got, sample1(1))
	if err := errors.Join(s.(prober.Unsubscriber).Unsubscribe(t.Context(), "a"), s.Publish(t.Context(), sample1(2))); err != nil {
		t.Fatal(err)
	}
	settled(t, s.(prober.Pender))
	select {
	case tok := <-f.got:
		t.Errorf("%v arrived after the endpoint had unsubscribed", tok)
	default:
	}
}

// TestForeignOutlivesItsQueue does something to Redis while an endpoint is
// down, and lets the endpoint come back.
func TestForeignOutlivesItsQueue(t *testing.T) {
	for _, c := range []struct {
		reason, variant string
		verb            dependency.Verb
		delivered       bool
	}{
		{"it reconnects after a cut", "", dependency.Cut, true},
		{"it sits a stall out", "", dependency.Stall, true},
		{"Redis keeps the queue over its restart", "", dependency.Restart, true},
		{"its broken variant never connects again", "never-reconnect", dependency.Restart, false},
	} {
		t.Run(c.reason, func(t *testing.T) {
			t.Setenv("VARIANT", c.variant)
			p := foreign(t)
			f := newFlaky(t, p)
			r := open(t, p, Options{Scale: 60})
			s := live(t, r, prober.World{Dir: t.TempDir()})
			sub := prober.Subscription{Endpoint: "a", URL: f.url, Topics: []string{"orders"}, Secret: "whsec_aG9va2RyaWxsLWhvb2tkcmlsbA=="}
			if err := errors.Join(s.Subscribe(t.Context(), sub), s.Publish(t.Context(), sample1(1))); err != nil {
				t.Fatal(err)
			}
			<-f.refused
			redis, _ := r.Dependency("redis")
			undo, err := redis.Do(t.Context(), dependency.Action{Verb: c.verb})
			if err != nil {
				t.Fatal(err)
			}
			if err := s.Publish(t.Context(), sample1(2)); err == nil || errors.Is(err, prober.ErrRefused) {
				t.Errorf("a publish without Redis: %v", err)
			}
			f.up.Store(true)
			if err := undo(t.Context()); err != nil {
				t.Fatal(err)
			}
			if c.delivered {
				want(t, f.got, sample1(1))
				return
			}
			ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
			defer cancel()
			select {
			case tok := <-f.got:
				t.Errorf("%v arrived", tok)
			case <-ctx.Done():
			}
		})
	}
}

// flaky is an endpoint that answers 503 until it is up.
type flaky struct {
	url     string
	up      atomic.Bool
	refused chan struct{}
	got     chan event.Token
}

func newFlaky(t *testing.T, p *Profile) *flaky {
	f := &flaky{refused: make(chan struct{}, 100), got: make(chan event.Token, 100)}
	_, f.url = serve(t, func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		if !f.up.Load() {
			w.WriteHeader(http.StatusServiceUnavailable)
			f.refused <- struct{}{}
			return
		}
		p.Tokens(r.Header, body, "", func(tok event.Token) bool {
			f.got <- tok
			return false // an event has its token in several places
		})
	})
	return f
}
