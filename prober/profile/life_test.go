package profile

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/hookdrill/hookdrill/prober"
)

// lively is a profile of two instances that know how many endpoints they have.
func lively(t *testing.T, more string) *Profile {
	t.Helper()
	onPath(t, "sender", "idle")
	text := `
version: 1
name: lively
process:
  commands:
    - name: sender
      run: [sender, "{{.Port.api}}"]
      ports: [api]
      scale: 2
      ready: {http: "http://127.0.0.1:{{.Port.api}}/health"}
subscribe:
  - {url: "http://127.0.0.1:{{.Port.api}}/subscribe", body: "{{.Endpoint.URL}}"}
publish:
  - {url: "http://127.0.0.1:{{.Port.api}}/publish", body: "{{.Event.Body}}"}
status:
  pending: {step: {url: "http://127.0.0.1:{{.Port.api}}/count"}, value: urls}
declares: {durability: disk}
` + more
	p, err := Parse("lively.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func live(t *testing.T, r *Rig, w prober.World) prober.Sender {
	t.Helper()
	s, err := r.Factory(t.Context(), w)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// count returns how many endpoints the first instance knows, and its pid.
func count(t *testing.T, s prober.Sender) int {
	t.Helper()
	n, err := s.(prober.Pender).Pending(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return n
}

var endpointA = prober.Subscription{Endpoint: "a", URL: "http://127.0.0.1:1/", Topics: []string{"orders"}}

func TestInstances(t *testing.T) {
	r := open(t, lively(t, ""), Options{})
	w := prober.World{Dir: t.TempDir()}
	s := live(t, r, w)
	proc := s.(prober.Process)
	two := r.Instances()
	if len(two) != 2 {
		t.Fatalf("%d instances, want 2", len(two))
	}
	if err := two[1].Kill(); err != nil {
		t.Fatal(err)
	}
	<-proc.Exited() // no verb has done it: the sender has crashed
	if got, want := proc.ExitReason(), "signal: killed"; got != want {
		t.Errorf("it ended with %q, want %q", got, want)
	}
	if err := s.Publish(t.Context(), sample1(1)); err != nil {
		t.Errorf("the other instance: %v", err)
	}
	if err := errors.Join(proc.Pause(), proc.Resume()); err == nil {
		t.Error("a dead instance was paused")
	}
	if err := proc.Terminate(); err == nil {
		t.Error("a dead instance was told to end")
	}
	<-two[0].Exited()
	if got, want := proc.ExitReason(), "exit status 0; signal: killed"; got != want {
		t.Errorf("they ended with %q, want %q", got, want)
	}
}

func TestSecondLife(t *testing.T) {
	for _, c := range []struct {
		reason, more string
		want         int
	}{
		{"a sender that remembers is not told again", "", 0},
		{"one that forgets is", "forgets: true\n", 1},
	} {
		t.Run(c.reason, func(t *testing.T) {
			r := open(t, lively(t, c.more), Options{})
			w := prober.World{Dir: t.TempDir()}
			s := live(t, r, w)
			for range 2 { // the second time is nothing new
				if err := s.Subscribe(t.Context(), endpointA); err != nil {
					t.Fatal(err)
				}
			}
			if got := count(t, s); got != 1 {
				t.Errorf("it was told of %d endpoints, want 1", got)
			}
			ports := r.base.Port["api"]
			if err := s.(prober.Process).Kill(); err != nil {
				t.Fatal(err)
			}
			<-s.(prober.Process).Exited()
			err := s.Publish(t.Context(), sample1(1))
			if !errors.Is(err, prober.ErrRefused) {
				t.Errorf("a publish that could not be sent: %v", err)
			}
			s = live(t, r, w)
			if got := r.base.Port["api"]; got != ports {
				t.Errorf("the second life has port %s, want %s", got, ports)
			}
			if err := s.Subscribe(t.Context(), endpointA); err != nil {
				t.Fatal(err)
			}
			if got := count(t, s); got != c.want {
				t.Errorf("the second life was told of %d endpoints, want %d", got, c.want)
			}
			if err := s.(prober.Stopper).Stop(t.Context()); err != nil {
				t.Error(err)
			}
			<-s.(prober.Process).Exited()
			if got, want := s.(prober.Process).ExitReason(), "exit status 0; exit status 0"; got != want {
				t.Errorf("it ended with %q, want %q", got, want)
			}
		})
	}
}

func TestApplyRestarts(t *testing.T) {
	r := open(t, lively(t, "apply:\n  - restart: sender\n"), Options{})
	s := live(t, r, prober.World{Dir: t.TempDir()})
	before := r.Instances()[0].Pid()
	for _, step := range []struct {
		reason  string
		do      func() error
		changed bool
	}{
		{"nothing to apply", func() error { return s.Publish(t.Context(), sample1(1)) }, false},
		{"subscribing alone restarts nothing", func() error { return s.Subscribe(t.Context(), endpointA) }, false},
		{"the next publish does", func() error { return s.Publish(t.Context(), sample1(1)) }, true},
		{"and only that", func() error { return s.Publish(t.Context(), sample1(1)) }, false},
	} {
		if err := step.do(); err != nil {
			t.Fatalf("%s: %v", step.reason, err)
		}
		now := r.Instances()[0].Pid()
		if (now != before) != step.changed {
			t.Errorf("%s: restarted is %t, want %t", step.reason, now != before, step.changed)
		}
		before = now
	}
	select {
	case <-s.(prober.Process).Exited():
		t.Error("a restart by apply counts as the sender's end")
	default:
	}
	if err := s.(prober.Process).Kill(); err != nil {
		t.Fatal(err)
	}
	<-s.(prober.Process).Exited()
}

// TestRemote drives a sender that is not ours to start.
func TestRemote(t *testing.T) {
	got := make(chan string, 10)
	srv, url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		got <- r.Method + " " + r.Host + r.URL.Path + " " + r.Header.Get("X-Key") + " " + string(b)
		if err := json.NewEncoder(w).Encode(map[string]any{"queue": []int{2, 3}}); err != nil {
			t.Error(err)
		}
	})
	t.Setenv("REMOTE_KEY", "hush-hush")
	p, err := Parse("remote.yaml", []byte(fmt.Sprintf(`
version: 1
name: remote
remote: {url: %q}
secrets: {key: {env: REMOTE_KEY}}
gateway: {to: "{{.Remote}}"}
subscribe:
  - {method: PUT, url: "{{.Remote}}/e/{{.Endpoint.Name}}"}
publish:
  - {url: "{{.Gateway}}/p", headers: {X-Key: "{{.Secret.key}}"}, body: "{{.Event.ID}}"}
status: {pending: {step: {url: "{{.Remote}}/queue"}, value: "queue[*]"}}
declares: {durability: disk}
`, url)))
	if err != nil {
		t.Fatal(err)
	}
	r := open(t, p, Options{})
	s := live(t, r, prober.World{Dir: t.TempDir()})
	if _, is := s.(prober.Process); is {
		t.Error("a remote sender can be killed")
	}
	if err := errors.Join(s.Subscribe(t.Context(), endpointA), s.Publish(t.Context(), sample1(1))); err != nil {
		t.Fatal(err)
	}
	if n := count(t, s); n != 5 {
		t.Errorf("%d pending, want 5", n)
	}
	host := strings.TrimPrefix(url, "http://")
	for _, want := range []string{
		"PUT " + host + "/e/a  ", "POST " + host + "/p hush-hush hd1-test-1-1-iquz", "GET " + host + "/queue  ",
	} {
		if got := <-got; got != want {
			t.Errorf("it got %q, want %q", got, want)
		}
	}
	srv()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	// Behind the gateway nobody answers: 502, which leaves it open.
	if err := s.Publish(ctx, sample1(2)); err == nil || errors.Is(err, prober.ErrRefused) {
		t.Errorf("a publish through the gateway to nobody: %v", err)
	}
}

// TestStopSteps: what stop says comes before the processes are asked to end.
func TestStopSteps(t *testing.T) {
	asked := make(chan string, 1)
	_, url := serve(t, func(_ http.ResponseWriter, r *http.Request) { asked <- r.Method + " " + r.URL.Path })
	p, err := Parse("x.yaml", []byte(`
version: 1
name: x
process: {commands: [{run: [sh, -c, "trap 'exit 7' TERM; echo up; while :; do sleep 0.05; done"], ready: {log: up}}]}
subscribe: [{url: "`+url+`"}]
publish: [{url: "`+url+`"}]
stop: [{name: drain, method: POST, url: "`+url+`/drain"}]
declares: {}
`))
	if err != nil {
		t.Fatal(err)
	}
	s := live(t, open(t, p, Options{}), prober.World{Dir: t.TempDir()})
	if err := s.(prober.Stopper).Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := <-asked; got != "POST /drain" {
		t.Errorf("it was asked %s", got)
	}
	if got := s.(prober.Process).ExitReason(); got != "exit status 7" {
		t.Errorf("it ended with %q: it was not asked to", got)
	}
}

// TestPublishOfSeveralSteps: only the last hands the event over.
func TestPublishOfSeveralSteps(t *testing.T) {
	for _, c := range []struct {
		reason, fails string
		refused       bool
		want          string
	}{
		{"all go well", "", false, "<nil>"},
		{"the first breaks: nothing was handed over", "/1", true, "upload: it answered 500"},
		{"the last breaks: that leaves it open", "/2", false, "push: it answered 500"},
	} {
		var sent []string
		_, url := serve(t, func(w http.ResponseWriter, r *http.Request) {
			sent = append(sent, r.Method+" "+r.URL.String())
			if r.URL.Path == c.fails {
				w.WriteHeader(http.StatusInternalServerError)
			}
			w.Header().Set("Location", "/2?at=7")
		})
		p, err := Parse("x.yaml", []byte(`
version: 1
name: x
remote: {url: "`+url+`"}
subscribe: [{url: "{{.Remote}}/e"}]
publish:
  - {name: upload, method: POST, url: "{{.Remote}}/1", capture: {at: {header: Location, optional: true}}}
  - {name: push, method: PUT, url: "{{.Remote}}{{.Var.at}}"}
declares: {}
`))
		if err != nil {
			t.Fatal(err)
		}
		s := live(t, open(t, p, Options{}), prober.World{Dir: t.TempDir()})
		err = s.Publish(t.Context(), sample1(1))
		if got := fmt.Sprint(err); got != c.want || errors.Is(err, prober.ErrRefused) != c.refused {
			t.Errorf("%s: %s, refused %t, want %s, %t", c.reason, got, errors.Is(err, prober.ErrRefused), c.want, c.refused)
		}
		want := "[POST /1 PUT /2?at=7]"
		if c.fails == "/1" {
			want = "[POST /1]"
		}
		if got := fmt.Sprint(sent); got != want {
			t.Errorf("%s: it sent %s, want %s", c.reason, got, want)
		}
	}
}
