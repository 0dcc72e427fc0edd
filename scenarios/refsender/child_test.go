package refsender

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rs/zerolog"

	"github.com/hookdrill/hookdrill/prober"
	"github.com/hookdrill/hookdrill/prober/event"
	"github.com/hookdrill/hookdrill/prober/history"
)

func testChild(cfg Config) prober.Factory {
	return Child(ChildConfig{Argv: []string{os.Args[0]}, Env: append(os.Environ(), asSender+"=1"), Sender: cfg})
}

// startChild starts a child and subscribes d. It is killed with the test.
func startChild(t *testing.T, f prober.Factory, w prober.World, d *desk) *child {
	t.Helper()
	s, err := f(t.Context(), w)
	if err != nil {
		t.Fatal(err)
	}
	c := s.(*child)
	t.Cleanup(func() {
		if err := c.Kill(); err != nil {
			t.Error(err)
		}
	})
	if err := c.Subscribe(t.Context(), d.subscription()); err != nil {
		t.Fatal(err)
	}
	return c
}

// TestChildLosesNothingWhenKilled kills the process at instants of all kinds
// while four publishers are busy. Every event that was answered with 202 must
// arrive in some life; that the test would notice is shown by two bugs.
func TestChildLosesNothingWhenKilled(t *testing.T) {
	for _, c := range []struct {
		bug   string
		lives int
		lost  bool
	}{
		{"", 10, false},
		{"ack-before-persist", 3, true},
		{"lose-in-flight-on-crash", 4, true},
	} {
		t.Run("bug="+c.bug, func(t *testing.T) {
			t.Parallel()
			cfg := Default()
			if c.bug != "" {
				cfg.Bugs = []string{c.bug}
			}
			d := newDesk(t, func(tok event.Token, nth int) int {
				h := draw(5, "desk", tok.String(), nth)
				<-time.After(time.Duration(h % uint64(20*time.Millisecond)))
				if nth == 1 && h>>32%3 == 0 {
					return http.StatusServiceUnavailable
				}
				return http.StatusOK
			})
			w := prober.World{Dir: t.TempDir(), Seed: 7, Scale: 100}
			var accepted []event.Token
			for life := range c.lives {
				s := startChild(t, testChild(cfg), w, d)
				after := 20*time.Millisecond + time.Duration(draw(6, "kill", c.bug, life)%uint64(250*time.Millisecond))
				accepted = append(accepted, publishUntilKilled(t, s, uint32(life), after)...)
			}
			last := startChild(t, testChild(cfg), w, d)
			eventually(t, "all is settled", settled(t, last))
			lost := 0
			for _, tok := range accepted {
				if d.body(tok) == nil {
					lost++
				}
			}
			t.Logf("%d accepted in %d lives, %d lost", len(accepted), c.lives, lost)
			if (lost > 0) != c.lost || len(accepted) < 20 {
				t.Errorf("%d of %d accepted events were lost, want some: %v", lost, len(accepted), c.lost)
			}
		})
	}
}

// publishUntilKilled publishes from four goroutines, kills s after a while and
// returns the events that were accepted.
func publishUntilKilled(t *testing.T, s *child, life uint32, after time.Duration) []event.Token {
	var (
		mu       sync.Mutex
		accepted []event.Token
		busy     sync.WaitGroup
	)
	for p := range uint32(4) {
		busy.Go(func() {
			for seq := uint32(1); ; seq++ {
				e := newEvent("a", (life*4+p)*1000+seq, 1)
				if s.Publish(t.Context(), e) != nil {
					return // it is gone; whether it owes this one is open
				}
				mu.Lock()
				accepted = append(accepted, e.Token)
				mu.Unlock()
			}
		})
	}
	<-time.After(after)
	if err := s.Kill(); err != nil {
		t.Error(err)
	}
	busy.Wait()
	if got := s.ExitReason(); got != "signal: killed" {
		t.Errorf("it ended with %q", got)
	}
	return accepted
}

func TestChildDeliversAndStops(t *testing.T) {
	var log strings.Builder
	w := prober.World{Dir: t.TempDir(), Log: zerolog.New(&log), Scale: 100}
	d := newDesk(t, func(event.Token, int) int { return http.StatusOK })
	s := startChild(t, testChild(Default()), w, d)
	declared := Default().Policy()
	declared.Timeout = 200 * time.Second // two seconds at this scale
	if diff := cmp.Diff(declared, s.Policy()); diff != "" {
		t.Errorf("it declares another policy over the wire (-want +got):\n%s", diff)
	}
	e := newEvent("a", 1, 1)
	e.Body = []byte(`{"token": "` + e.ID() + `",  "html": "<b>&amp;</b>", "n": 1e3}`)
	if err := s.Publish(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the event arrives", func() bool { return d.body(e.Token) != nil })
	if got := string(d.body(e.Token)); got != string(e.Body) {
		t.Errorf("the payload arrived as %s, want %s", got, e.Body)
	}
	for tok, want := range map[event.Token]history.Outcome{e.Token: history.Accepted, {Run: "t", Key: 9, Seq: 9}: history.Refused} {
		if o, err := s.Outcome(t.Context(), tok); o != want || err != nil {
			t.Errorf("outcome of %s is %v (%v), want %v", tok, o, err, want)
		}
	}
	if err := s.Unsubscribe(t.Context(), "a"); err != nil {
		t.Error(err)
	}
	if err := s.Stop(t.Context()); err != nil || s.ExitReason() != "exit status 0" {
		t.Errorf("stopped with %v, %s", err, s.ExitReason())
	}
	if err := s.Publish(t.Context(), newEvent("a", 2, 1)); !errors.Is(err, prober.ErrRefused) {
		t.Errorf("a sender that is not there answers with %v, want refused", err)
	}
	for _, line := range []string{"the sender is ready", "the sender is stopping"} {
		if !strings.Contains(log.String(), line) {
			t.Errorf("the log does not say %q:\n%s", line, log.String())
		}
	}
}

func TestChildCrashes(t *testing.T) {
	cfg := Default()
	cfg.Bugs = []string{"crash-on-bad-answer"}
	d := newDesk(t, func(event.Token, int) int { return 520 })
	s := startChild(t, testChild(cfg), prober.World{Dir: t.TempDir()}, d)
	_ = s.Publish(t.Context(), newEvent("a", 1, 1)) // it may crash before it answers
	eventually(t, "it crashes", func() bool { return s.ExitReason() != "" })
	const want = "exit status 2: panic: refsender: crash-on-bad-answer: status 520, Retry-After unreadable: false, body too long: false"
	if got := s.ExitReason(); got != want {
		t.Errorf("it ended with\n%s\nwant\n%s", got, want)
	}
}

func TestChildThatDoesNotStart(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		reason string
		cfg    ChildConfig
		dir    string
		want   string
	}{
		{"its directory is a file", ChildConfig{Argv: []string{os.Args[0]}}, file,
			"sender did not become ready: exit status 4; its last lines:\n  " +
				`{"level":"error","error":"make the directory of the sender's records: mkdir ` + file + `: not a directory"}`},
		{"a bug that is none", ChildConfig{Argv: []string{os.Args[0]}, Sender: Config{Bugs: []string{"x"}}}, t.TempDir(),
			"sender did not become ready: exit status 2; its last lines:\n  " +
				fmt.Sprintf(`{"level":"error","error":%q}`, parseError(Config{Bugs: []string{"x"}}.String()))},
		{"it takes too long", ChildConfig{Argv: []string{os.Args[0]}, ReadyWithin: time.Nanosecond}, t.TempDir(),
			"start sender: not within 1ns"},
		{"it answers nothing we know", ChildConfig{Argv: []string{"/bin/sh", "-c", `echo '{"ready":"http://127.0.0.1:1"}'; exec sleep 60`}}, t.TempDir(),
			"connect to sender http://127.0.0.1:1: publish refused: Get \"http://127.0.0.1:1/v1/policy\": dial tcp 127.0.0.1:1: connect: connection refused"},
	} {
		c.cfg.Env = append(os.Environ(), asSender+"=1")
		if _, err := Child(c.cfg)(t.Context(), prober.World{Dir: c.dir}); err == nil || err.Error() != c.want {
			t.Errorf("%s: got\n%v\nwant\n%s", c.reason, err, c.want)
		}
	}
}

func parseError(spec string) string {
	_, err := Parse(spec)
	return err.Error()
}
