package profile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hookdrill/hookdrill/prober"
	"github.com/hookdrill/hookdrill/prober/event"
	"github.com/hookdrill/hookdrill/prober/signature"
)

const childVerb = "HOOKDRILL_PROFILE_CHILD"

func runChild(verb string) int {
	switch verb {
	case "svix":
		return runSvix(os.Args[1:])
	case "convoy":
		return runConvoy(os.Args[1:])
	case "outpost":
		return runOutpost(os.Args[1:])
	case "webhookx":
		return runWebhookX(os.Args[1:])
	default:
		return runTroubled(verb, os.Args[1])
	}
}

// onPath puts a command on PATH that is this binary with a verb.
func onPath(t *testing.T, command, verb string) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	script := fmt.Sprintf("#!/bin/sh\nGORACE=atexit_sleep_ms=0 %s=%s exec %s \"$@\"\n", childVerb, verb, self)
	if err := os.WriteFile(filepath.Join(dir, command), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
}

// fakeNeed answers as a dependency that is ready does.
func fakeNeed(t *testing.T, kind string) string {
	t.Helper()
	answer := map[string]string{"redis": "+PONG\r\n", "postgres": "R", "rabbitmq": "\x01\x00\x00", "nats": "INFO {}\r\n"}[kind]
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = c.Write([]byte(answer))
			_ = c.Close()
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		wg.Wait()
	})
	return l.Addr().String()
}

// stubbed loads a preset whose sender and dependencies are stubs.
func stubbed(t *testing.T, preset, command string) *Profile {
	t.Helper()
	onPath(t, command, preset)
	p := load(t, preset)
	for i, n := range p.Needs {
		p.Needs[i].URL = &Text{source: fakeNeed(t, n.Kind)}
	}
	return p
}

var stubs = []struct{ preset, command string }{
	{"svix", "svix-server"}, {"convoy", "convoy"}, {"outpost", "outpost"}, {"webhookx", "webhookx"},
}

var varies = []struct {
	pattern *regexp.Regexp
	with    string
}{
	{regexp.MustCompile(`127\.0\.0\.1:\d+`), "127.0.0.1:PORT"},
	{regexp.MustCompile(`\d{4}-\d\d-\d\dT[0-9:.]+Z`), "TIME"},
	{regexp.MustCompile(`/tmp/[A-Za-z0-9_./-]+`), "DIR"},
	{regexp.MustCompile(`"pad": ?"[^"]*"`), `"pad":"..."`},
	{regexp.MustCompile(`"pad\\":\\"[^"]*"`), `"pad\":\"..."`},
	{regexp.MustCompile(`"sum": ?"[^"]*"`), `"sum":"..."`},
	{regexp.MustCompile(`\d+ bytes`), "N bytes"},
}

func steady(s string) string {
	for _, v := range varies {
		s = v.pattern.ReplaceAllString(s, v.with)
	}
	return s
}

// verify judges by the real schemes.
func verify(scheme, secret string, h http.Header, body []byte) (bool, string) {
	s, found := signature.ByName(scheme)
	if !found {
		return false, "no such scheme"
	}
	v, err := s.Verifier(secret)
	if err != nil {
		return false, err.Error()
	}
	result, _ := v.Verify(h, body, time.Now())
	return result == signature.Good, fmt.Sprint(result)
}

func TestCheckPresets(t *testing.T) {
	for _, c := range stubs {
		t.Run(c.preset, func(t *testing.T) {
			p := stubbed(t, c.preset, c.command)
			var b bytes.Buffer
			err := Check(t.Context(), p, CheckOptions{Out: &b, Dir: t.TempDir(), Scale: 60, Verify: verify})
			if err != nil {
				t.Errorf("%v\n%s", err, b.String())
			}
			for _, secret := range []string{stubToken, "CO.key.secret", "hookdrill-api-key", "aG9va2RyaWxsLWhvb2tk"} {
				if strings.Contains(b.String(), secret) {
					t.Errorf("the transcript shows the secret %s", secret)
				}
			}
			golden(t, "testdata/check-"+c.preset+".txt", []byte(steady(b.String())))
		})
	}
}

func TestAnswersOfPresets(t *testing.T) {
	for _, c := range stubs {
		t.Run(c.preset, func(t *testing.T) {
			p := stubbed(t, c.preset, c.command)
			gate := &shut{}
			r := open(t, p, Options{Scale: 60, Gateway: gate.wrap})
			w := prober.World{Dir: t.TempDir()}
			s, err := r.Factory(t.Context(), w)
			if err != nil {
				t.Fatal(err)
			}
			sub := prober.Subscription{Endpoint: "a", URL: "http://127.0.0.1:1/", Secret: "whsec_aG9va2RyaWxs", Topics: []string{"orders"}}
			if err := s.Subscribe(t.Context(), sub); err != nil {
				t.Fatal(err)
			}
			for _, a := range []struct {
				reason, body string
				shut         int
				refused      bool
				want         string
			}{
				{"accepted", `{}`, 0, false, "<nil>"},
				{"the API refuses it", `{"status": 422}`, 0, true, `STEP: it answered 422 {"detail":"as told"}`},
				{"the API breaks", `{"status": 500}`, 0, false, `STEP: it answered 500 {"detail":"as told"}`},
				{"the gateway has no route", `{}`, 404, true, "STEP: it answered 404"},
				{"the gateway has no backend", `{}`, 503, false, "STEP: it answered 503"},
			} {
				gate.set(a.shut)
				e := sample1(2)
				e.Body = []byte(a.body)
				err := s.Publish(t.Context(), e)
				want := strings.Replace(a.want, "STEP", p.Publish[len(p.Publish)-1].Name, 1)
				if diff := cmp.Diff(want, fmt.Sprint(err)); diff != "" {
					t.Errorf("%s (-want +got):\n%s", a.reason, diff)
				}
				if errors.Is(err, prober.ErrRefused) != a.refused {
					t.Errorf("%s: refused is %t, want %t", a.reason, !a.refused, a.refused)
				}
			}
			gate.set(0)
			if err := s.(prober.Process).Kill(); err != nil {
				t.Fatal(err)
			}
			<-s.(prober.Process).Exited()
			if c.preset != "convoy" { // its API is another process
				if err := s.Publish(t.Context(), sample1(3)); err == nil {
					t.Error("a dead sender accepts")
				}
			}
			if _, err = r.Factory(t.Context(), w); err != nil {
				t.Errorf("the second life: %v", err)
			}
		})
	}
}

// TestPresetsUnsubscribe: who has unsubscribed hears no more, and the others do.
// One of the endpoints has two topics.
func TestPresetsUnsubscribe(t *testing.T) {
	drive := func(t *testing.T, p *Profile) {
		r := open(t, p, Options{Scale: 60, Trace: func(x Exchange) { t.Log(x.Step, x.URL, x.Status, x.Err) }})
		url, got := visits(t, p)
		s := live(t, r, prober.World{Dir: t.TempDir()})
		for name, topics := range map[string][]string{"leaves": {"orders", "refunds"}, "stays": {"orders"}} {
			sub := prober.Subscription{Endpoint: name, URL: url + "/" + name, Topics: topics, Secret: "whsec_aG9va2RyaWxsLWhvb2tkcmlsbA=="}
			if err := s.Subscribe(t.Context(), sub); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.Publish(t.Context(), sample1(1)); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			wantVisit(t, got, sample1(1))
		}
		if q, ok := s.(prober.Pender); ok {
			settled(t, q)
		}
		gone := s.(prober.Unsubscriber)
		if err := gone.Unsubscribe(t.Context(), "leaves"); err != nil {
			t.Fatal(err)
		}
		refund := sample1(2)
		refund.Topic = "refunds"
		if p.Fanout == FanoutTopic {
			if err := s.Publish(t.Context(), refund); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.Publish(t.Context(), sample1(3)); err != nil {
			t.Fatal(err)
		}
		if at := wantVisit(t, got, sample1(3)); at != "/stays" {
			t.Errorf("after it has left, the next event arrived at %s", at)
		}
		if err := gone.Unsubscribe(t.Context(), "leaves"); fmt.Sprint(err) != "unsubscribe leaves: nobody subscribed it" {
			t.Errorf("twice: %v", err)
		}
	}
	for _, c := range stubs {
		t.Run(c.preset, func(t *testing.T) { drive(t, stubbed(t, c.preset, c.command)) })
	}
	for _, c := range []struct{ preset, binary string }{{"alertmanager", "prometheus-alertmanager"}, {"registry", "docker-registry"}} {
		t.Run(c.preset, func(t *testing.T) {
			if _, err := exec.LookPath(c.binary); err != nil {
				t.Skipf("not tested: preset %s against the real sender: %v", c.preset, err)
			}
			drive(t, load(t, c.preset))
		})
	}
}

// visit is an event that reached a path.
type visit struct {
	path string
	tok  event.Token
}

func visits(t *testing.T, p *Profile) (string, <-chan visit) {
	t.Helper()
	got := make(chan visit, 100)
	_, url := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		p.Tokens(r.Header, body, "", func(tok event.Token) bool {
			got <- visit{r.URL.Path, tok}
			return false // an event has its token in several places
		})
	})
	return url, got
}

// wantVisit returns where the event arrived.
func wantVisit(t *testing.T, got <-chan visit, e event.Event) string {
	t.Helper()
	select {
	case v := <-got:
		if v.tok != e.Token {
			t.Errorf("%v arrived at %s, want %v", v.tok, v.path, e.Token)
		}
		return v.path
	case <-time.After(20 * time.Second):
		t.Fatalf("%v did not arrive", e.Token)
		return ""
	}
}

// shut is a gateway that answers in place of the API.
type shut struct {
	mu     sync.Mutex
	status int
}

func (s *shut) set(status int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.status = status
}

func (s *shut) wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		status := s.status
		s.mu.Unlock()
		if status != 0 {
			w.WriteHeader(status)
			return
		}
		next.ServeHTTP(w, r)
	})
}
