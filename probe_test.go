package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/hookdrill/hookdrill/scenarios/suite"
)

// probed is a sender for a prober: an API to subscribe, publish and
// unsubscribe. It delivers each event once.
type probed struct {
	mu        sync.Mutex
	subs      map[string]string // id to URL
	next      int
	published int
	wg        sync.WaitGroup
}

func (p *probed) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	switch r.Method + " " + r.URL.Path {
	case "POST /endpoints":
		var in struct{ URL string }
		if json.Unmarshal(body, &in) != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		p.next++
		p.subs[fmt.Sprint(p.next)] = in.URL
		fmt.Fprintf(w, `{"id": "%d"}`, p.next)
	case "POST /events":
		p.published++
		for _, url := range p.subs {
			p.wg.Go(func() {
				if resp, err := http.Post(url, "application/json", bytes.NewReader(body)); err == nil {
					_ = resp.Body.Close()
				}
			})
		}
	default:
		delete(p.subs, strings.TrimPrefix(r.URL.Path, "/endpoints/"))
	}
}

// counts returns how many endpoints are subscribed, and how many events were
// published.
func (p *probed) counts() (subs, published int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.subs), p.published
}

// prober writes the configuration of a prober of p, and returns its file and
// the URL of its admin listener. All of one directory share one state.
func (p *probed) prober(t *testing.T, dir, name, api string) (file, admin string) {
	t.Helper()
	write := func(name, text string) string {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	write("sender.yaml", fmt.Sprintf(`version: 1
name: probed
remote: {url: "%[1]s"}
subscribe:
  - {url: "%[1]s/endpoints", body: '{"url": {{json .Endpoint.URL}}}', capture: {id: id}}
unsubscribe:
  - {method: DELETE, url: "%[1]s/endpoints/{{.Endpoint.Var.id}}"}
publish:
  - {url: "%[1]s/events", body: "{{.Event.Body}}"}
declares: {durability: disk}
`, api))
	listen, receive := free(t), free(t)
	return write(name, fmt.Sprintf(`version: 1
state: probe.db
interval: 1s
budget: {per_day: 100000}
allow: {hosts: [127.0.0.1], networks: [127.0.0.0/8]}
admin: {listen: %q}
regions:
  - {name: eu, profile: sender.yaml, receive: {listen: %q, url: "http://%s/eu"}}
`, listen, receive, receive)), "http://" + listen
}

func free(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// child is a hookdrill in a process of its own.
type child struct {
	*exec.Cmd

	printed lockedBuffer
}

func launch(t *testing.T, binary string, line ...string) *child {
	t.Helper()
	c := &child{Cmd: exec.CommandContext(t.Context(), binary, line...)}
	c.Stdout, c.Stderr = &c.printed, &c.printed
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if c.ProcessState == nil {
			_ = c.Process.Kill()
			_ = c.Wait() // it was killed
		}
		if t.Failed() {
			t.Logf("%v\n%s", line, c.printed.String())
		}
	})
	return c
}

// says waits for a line.
func (c *child) says(t *testing.T, text string) {
	t.Helper()
	until(t, "it says "+text, func() bool { return strings.Contains(c.printed.String(), text) })
}

func (c *child) signal(t *testing.T, s syscall.Signal) {
	t.Helper()
	if err := c.Process.Signal(s); err != nil {
		t.Fatal(err)
	}
}

func until(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for tick := range ticks(t, 30*time.Second) {
		if holds() {
			return
		}
		if !tick {
			t.Fatalf("in vain: %s", what)
		}
	}
}

// TestProbeCommand drives a prober as an operator does: signals, a second
// replica on the same state, the gate, and an end that leaves nothing behind.
func TestProbeCommand(t *testing.T) {
	binary := filepath.Join(t.TempDir(), "hookdrill")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	p := &probed{subs: map[string]string{}}
	api := httptest.NewServer(p)
	defer api.Close()
	defer p.wg.Wait()
	dir := t.TempDir()
	config, admin := p.prober(t, dir, "probe.yaml", api.URL)
	began := time.Now()
	first := launch(t, binary, "probe", "--config", config)
	gate := func() int { return cli(t, "gate", "--url", admin, "--min-samples", "1").code }
	until(t, "the gate says pass", func() bool { return gate() == 0 })

	good, err := os.ReadFile(config)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(config, append(good, "intervall: 2s\n"...), 0o600); err != nil {
		t.Fatal(err)
	}
	first.signal(t, syscall.SIGHUP)
	first.says(t, `the old configuration goes on: `+config+`:9:1: unknown key \"intervall\"`)
	if gate() != 0 {
		t.Error("after a bad reload the gate does not pass any more")
	}

	first.signal(t, syscall.SIGUSR1)
	first.says(t, "paused")
	if code := gate(); code != 3 {
		t.Errorf("while it is paused the gate exits %d", code)
	}
	first.signal(t, syscall.SIGUSR1)
	first.says(t, "resumed")
	cli(t, "incident", "--url", admin).exits(t, 3) // none is known

	spare, _ := p.prober(t, dir, "spare.yaml", api.URL)
	second := launch(t, binary, "probe", "--config", spare)
	second.says(t, "another prober has the state: standing by")
	first.signal(t, syscall.SIGTERM)
	if err := first.Wait(); err != nil {
		t.Errorf("it ended with %v", err)
	}
	if subs, _ := p.counts(); subs != 0 {
		t.Errorf("%d subscriptions are left by the first", subs)
	}
	_, before := p.counts()
	until(t, "the second takes over", func() bool { _, n := p.counts(); return n > before })
	second.signal(t, syscall.SIGINT)
	if err := second.Wait(); err != nil {
		t.Errorf("it ended with %v", err)
	}
	subs, published := p.counts()
	if most := int(time.Since(began)/time.Second) + 2; subs != 0 || published > most {
		t.Errorf("%d subscriptions are left; %d canaries, at one a second at most %d", subs, published, most)
	}
	cli(t, "incident", "--state", filepath.Join(dir, "probe.db")).exits(t, 3)
}

// TestProbeEnds runs a prober that ends by itself, and one that is interrupted
// before: its canaries are well so far, and that is no pass.
func TestProbeEnds(t *testing.T) {
	p := &probed{subs: map[string]string{}}
	api := httptest.NewServer(p)
	defer api.Close()
	defer p.wg.Wait()
	config, _ := p.prober(t, t.TempDir(), "probe.yaml", api.URL)
	cli(t, "probe", "--config", config, "--once").exits(t, 0)

	ctx, cancel := context.WithCancelCause(t.Context())
	defer cancel(nil)
	config, admin := p.prober(t, t.TempDir(), "probe.yaml", api.URL)
	ended := make(chan seen)
	go func() { ended <- cliContext(ctx, "probe", "--config", config, "--for", "10m") }()
	until(t, "the gate says pass", func() bool { return cli(t, "gate", "--url", admin, "--min-samples", "1").code == 0 })
	cancel(suite.Interrupted{Signal: syscall.SIGTERM})
	got := <-ended
	got.exits(t, 143)
	if !strings.Contains(got.stderr, "hookdrill: interrupted, with this known so far: eu: ") {
		t.Errorf("it says\n%s", got.stderr)
	}
	if subs, _ := p.counts(); subs != 0 {
		t.Errorf("%d subscriptions are left", subs)
	}

	file, err := os.ReadFile(config)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(config, bytes.Replace(file, []byte("[127.0.0.1]"), []byte("[canary.example.com]"), 1), 0o600); err != nil {
		t.Fatal(err)
	}
	got = cli(t, "probe", "--config", config, "--once")
	got.exits(t, 2) // its own URL is not allowed, which the file alone tells
	elsewhere := bytes.ReplaceAll(file, []byte("url: \"http://127.0.0.1"), []byte("url: \"http://localhost"))
	elsewhere = bytes.Replace(elsewhere, []byte("[127.0.0.1]"), []byte("[localhost]"), 1)
	if err := os.WriteFile(config, elsewhere, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, line := range [][]string{{"--once"}, {"--dry-run"}} {
		got = cli(t, append([]string{"probe", "--config", config}, line...)...)
		got.exits(t, 4)
		if want := "profile probed talks to 127.0.0.1: blocked by policy: allow.hosts does not list it"; !strings.Contains(got.stderr, want) {
			t.Errorf("%v says\n%s", line, got.stderr)
		}
	}
}
