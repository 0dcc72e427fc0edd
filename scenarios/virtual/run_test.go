package virtual_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hookdrill/hookdrill/prober/history"
	"github.com/hookdrill/hookdrill/scenarios/virtual"
)

var starts = time.Date(2025, 12, 10, 3, 2, 0, 0, time.UTC)

// child is the configuration of a run in which TestChild plays.
func child(tb testing.TB, player string) virtual.Config {
	tb.Helper()
	command, err := virtual.TestCommand("TestChild")
	if err != nil {
		tb.Fatal(err)
	}
	return virtual.Config{
		Command: command, Env: []string{"EXTRA=one more variable"}, Payload: []byte(player),
		History: filepath.Join(tb.TempDir(), "history.jsonl"), Starts: starts, Planned: 12,
	}
}

// place is what changes in a sentence with every change of a file.
var place = regexp.MustCompile(`(\.go):\d+`)

func TestRunEnds(t *testing.T) {
	for _, row := range []struct {
		player string
		at     time.Duration
		said   []string
		reason string
	}{
		{"ends", 3*time.Hour + 7, []string{"0s 2025-12-10T03:02:00Z", "3h0m0s 1 thread, one more variable"},
			"the clock starts at the scenario's date; the child has one thread and the caller's environment"},
		{"leaks", time.Minute, nil, "what a sender leaves behind does not matter"},
	} {
		t.Run(row.player, func(t *testing.T) {
			t.Parallel()
			cfg := child(t, row.player)
			var said []string
			cfg.Progress = func(at time.Duration, text string) { said = append(said, fmt.Sprint(at, " ", text)) }
			var log bytes.Buffer
			cfg.Log = &log
			got, err := virtual.Run(t.Context(), cfg)
			if err != nil {
				t.Fatalf("%v (%s)\n%s", err, row.reason, log.String())
			}
			if diff := cmp.Diff(virtual.Outcome{At: row.at}, got); diff != "" {
				t.Errorf("outcome (-want +got): %s", diff)
			}
			if diff := cmp.Diff(row.said, said); diff != "" {
				t.Errorf("progress (-want +got): %s\n%s", diff, row.reason)
			}
			if log.Len() != 0 {
				t.Errorf("the child printed %q; want nothing", log.String())
			}
			sameHistory(t, cfg, virtual.Outcome{})
		})
	}
}

// sameHistory checks that what the player recorded is there, and behind it
// the end that a crash gives a history, if there was one.
func sameHistory(t *testing.T, cfg virtual.Config, got virtual.Outcome) {
	t.Helper()
	h, err := history.ReadFile(cfg.History)
	if err != nil {
		t.Fatal(err)
	}
	want := &history.History{Header: h.Header, Senders: []history.SenderEvent{{Seq: 1, At: 1, What: history.SenderReady, Incarnation: 3}}}
	if got.Crash != "" {
		at := max(1, got.At)
		want.Senders = append(want.Senders, history.SenderEvent{Seq: 2, At: at, What: history.SenderCrash, Incarnation: 3, Detail: got.Crash})
		want.End = &history.End{Seq: 3, At: at, Reason: history.EndCrashed, Pending: -1, Unpublished: cfg.Planned}
	}
	if diff := cmp.Diff(want, h); diff != "" {
		t.Errorf("history (-want +got):\n%s", diff)
	}
	if _, err := os.Stat(cfg.History + ".job"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the job's file is still there: %v", err)
	}
}

// anyTime stands for an offset that depends on the machine.
const anyTime = -1

func TestRunBlocked(t *testing.T) {
	const cannot = "it cannot join virtual time; run it in real time with --real"
	for _, row := range []struct {
		player, sentence string
		at               time.Duration
		stack            string
		reason           string
	}{
		{"locks", "virtual time stands still at +00:00:00.000: a goroutine waits for sync.Mutex.Lock at virtual_test.lockAgain (players_test.go)",
			0, "sync.Mutex.Lock", "waiting for a mutex is not durable"},
		{"spins", "virtual time stands still at +00:01:30.000: a goroutine spins at virtual_test.spin (players_test.go)",
			90 * time.Second, "virtual_test.spin", "of two guilty ones, the one that spins is named"},
		{"receives", "virtual time stands still at +00:00:00.000: a goroutine waits for chan receive of a channel made outside the bubble at virtual_test.receive (players_test.go)",
			0, "virtual_test.receive", "nobody in the bubble can wake it"},
		{"accepts", "virtual time stands still at +00:00:00.000: the sender uses a real socket (net.(*TCPListener).Accept, called by virtual_test.accept (players_test.go)): " + cannot,
			0, "IO wait", "a listener of the sender's own"},
		{"requests", "virtual time stands still at +00:00:00.000: the sender uses a real socket (net/http.(*persistConn).readLoop): " + cannot,
			0, "IO wait", "a client that does not dial by World.Dial: no frame of the sender's waits"},
		{"runs", "virtual time stands still at +00:00:00.000: the sender waits for the operating system (os/exec.(*Cmd).Run, called by virtual_test.runCat (players_test.go)): " + cannot,
			0, "virtual_test.runCat", "a process of the sender's own"},
		{"shares", "the sender shares a channel, timer or WaitGroup with a goroutine that was started before the run (send on synctest channel from outside bubble at virtual_test.outside (players_test.go)): " + cannot,
			anyTime, "virtual_test.outside", "the runtime ends the process"},
	} {
		t.Run(row.player, func(t *testing.T) {
			t.Parallel()
			cfg := child(t, row.player)
			cfg.Limit = time.Second
			_, err := virtual.Run(t.Context(), cfg)
			var got *virtual.Blocked
			if !errors.As(err, &got) {
				t.Fatalf("error %v, want a *Blocked: %s", err, row.reason)
			}
			if sentence := place.ReplaceAllString(err.Error(), "$1"); sentence != row.sentence || got.At != row.at && row.at != anyTime {
				t.Errorf("at %s\n got %s\nwant %s\n%s", got.At, sentence, row.sentence, got.Stack)
			}
			if !strings.Contains(got.Stack, row.stack) {
				t.Errorf("stack without %q:\n%s", row.stack, got.Stack)
			}
			sameHistory(t, cfg, virtual.Outcome{})
		})
	}
}

// A run in which everybody waits for ever is no deadlock to the runtime.
func TestRunThatDoesNotEnd(t *testing.T) {
	cfg := child(t, "waits")
	cfg.Longest = 24 * time.Hour
	_, err := virtual.Run(t.Context(), cfg)
	if _, ok := errors.AsType[*virtual.Blocked](err); !ok {
		t.Fatalf("error %v, want a *Blocked", err)
	}
	const want = "the run had not ended at +24:00:01.000: it waits for chan receive at virtual_test.waitForNobody (players_test.go)"
	if sentence := place.ReplaceAllString(err.Error(), "$1"); sentence != want {
		t.Errorf("\n got %s\nwant %s", sentence, want)
	}
	sameHistory(t, cfg, virtual.Outcome{})
}

func TestRunCrashes(t *testing.T) {
	for _, row := range []struct {
		player, crash string
		at            time.Duration
		stack         string
		reason        string
	}{
		{"panics", "panic: runtime error: invalid memory address or nil pointer dereference",
			90 * time.Second, "virtual_test.deref", "2 is a panic's status; a line of the sender's log is no panic, and WaitGroup.Go adds to the line"},
		{"exits", "the sender ended the process (exit status 3)", 5 * time.Second, "", "a child's status is never passed on"},
	} {
		t.Run(row.player, func(t *testing.T) {
			t.Parallel()
			cfg := child(t, row.player)
			got, err := virtual.Run(t.Context(), cfg)
			if err != nil {
				t.Fatalf("a crash is a finding (%s): %v", row.reason, err)
			}
			// The last beat before the end tells the time, and may be an old one.
			if got.Crash != row.crash || !strings.Contains(got.Stack, row.stack) || got.At > row.at {
				t.Errorf("got %+v, want %q by %s: %s", got, row.crash, row.at, row.reason)
			}
			sameHistory(t, cfg, got)
		})
	}
}

// TestRunLeavesNothing: what a child has left in the directory for temporary
// files is gone with it.
func TestRunLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	cfg := child(t, "litters")
	got, err := virtual.Run(t.Context(), cfg)
	if err != nil || got.Crash == "" {
		t.Fatalf("got %+v, %v", got, err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), "hookdrill-") || strings.HasPrefix(e.Name(), "litter-") {
			t.Errorf("%s is left", e.Name())
		}
	}
}

func TestRunThatHookdrillBreaks(t *testing.T) {
	cfg := child(t, "breaks")
	_, err := virtual.Run(t.Context(), cfg)
	var got *virtual.Broken
	if !errors.As(err, &got) {
		t.Fatalf("error %v, want a *Broken", err)
	}
	const want = "hookdrill itself panicked at history.(*Recorder).lock (recorder.go): panic: runtime error: invalid memory address or nil pointer dereference"
	if sentence := place.ReplaceAllString(err.Error(), "$1"); sentence != want {
		t.Errorf("\n got %s\nwant %s\n%s", sentence, want, got.Stack)
	}
	sameHistory(t, cfg, virtual.Outcome{})
}

func TestRunErrors(t *testing.T) {
	for _, row := range []struct {
		name, player string
		change       func(*virtual.Config)
		want         string
		reason       string
	}{
		{"player", "fails", nil, "virtual run: no such scenario", "the player's own words"},
		{"goexit", "leaves", nil, "virtual run: the goroutine that played the run ended itself (runtime.Goexit)", "nothing was returned"},
		{"no play", "ends", func(c *virtual.Config) { c.Command = []string{"echo", "what child?"} },
			"virtual run: the child ended before it began (exit status 0): what child?", "not a sender's crash"},
		{"no bubble", "ends", func(c *virtual.Config) { c.Env = append(c.Env, "GODEBUG=asynctimerchan=1") },
			"virtual run: the child ended before it began (exit status 2): panic: synctest.Run not supported with asynctimerchan!=0",
			"the crash's own line, not the last of its stack"},
		{"silence", "ends", func(c *virtual.Config) { c.Command = []string{"true"} },
			"virtual run: the child ended before it began (exit status 0): it printed nothing", "not a sender's crash either"},
		{"no binary", "ends", func(c *virtual.Config) { c.Command = []string{"/nowhere"} },
			"virtual run: fork/exec /nowhere: no such file or directory", "it cannot be started"},
		{"before 2000", "ends", func(c *virtual.Config) { c.Starts = time.Date(1999, 12, 31, 23, 59, 59, 0, time.UTC) },
			"virtual run: starts 1999-12-31T23:59:59Z: virtual time runs from 2000 to 2249", "a bubble's clock begins in 2000"},
		{"far future", "ends", func(c *virtual.Config) { c.Starts = time.Date(2250, 1, 1, 0, 0, 0, 0, time.UTC) },
			"virtual run: starts 2250-01-01T00:00:00Z: virtual time runs from 2000 to 2249", "nanoseconds in 64 bits end in 2262"},
		{"crash at once", "early", nil,
			"virtual run: the sender ended the process (exit status 3): DIR/history.jsonl: line 1: header: the file is empty",
			"there is no history that could tell of it"},
		{"no history", "ends", func(c *virtual.Config) { c.History = "" }, "virtual run: no file for the history", "nothing could be judged"},
		{"negative", "ends", func(c *virtual.Config) { c.Limit = -1 }, "virtual run: limit -1ns and longest 2160h0m0s must be above 0", "nonsense"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			cfg := child(t, row.player)
			if row.change != nil {
				row.change(&cfg)
			}
			_, err := virtual.Run(t.Context(), cfg)
			if got := strings.ReplaceAll(fmt.Sprint(err), filepath.Dir(cfg.History), "DIR"); got != row.want {
				t.Errorf("\n got %s\nwant %s\n%s", got, row.want, row.reason)
			}
		})
	}
}

// century keeps Longest out of the tests in which somebody else ends the run.
const century = 100 * 365 * 24 * time.Hour

func TestRunInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cfg := child(t, "pid")
	cfg.Longest = century
	var last string
	cfg.Progress = func(_ time.Duration, text string) { last = text; cancel() }
	got, err := virtual.Run(ctx, cfg)
	if err != nil || got.Crash != "" || last != "stopped: context canceled" {
		t.Errorf("outcome %+v, %v, last word %q; want an orderly end", got, err, last)
	}
	sameHistory(t, cfg, virtual.Outcome{})
}

func TestRunKilledWhenItDoesNotStop(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cfg := child(t, "stays")
	cfg.Longest, cfg.Limit = century, 200*time.Millisecond
	cfg.Progress = func(time.Duration, string) { cancel() }
	_, err := virtual.Run(ctx, cfg)
	if want := "virtual run: killed, because it did not end when it was interrupted: context canceled"; err == nil || err.Error() != want {
		t.Errorf("\n got %v\nwant %s", err, want)
	}
	sameHistory(t, cfg, virtual.Outcome{})
}

func TestRunOfAChildThatIsKilled(t *testing.T) {
	cfg := child(t, "pid")
	cfg.Longest = century
	cfg.Progress = func(_ time.Duration, text string) {
		if pid, err := strconv.Atoi(text); err != nil {
			t.Error(err)
		} else if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
			t.Error(err)
		}
	}
	_, err := virtual.Run(t.Context(), cfg)
	want := regexp.MustCompile(`^virtual run: the child was ended by a signal at \+\d+:\d\d:0\d\.000 \(killed\); the system does that when memory runs out$`)
	if err == nil || !want.MatchString(err.Error()) {
		t.Errorf("\n got %v\nwant %s", err, want)
	}
	sameHistory(t, cfg, virtual.Outcome{})
}

// BenchmarkStart measures what a process of its own costs a run.
func BenchmarkStart(b *testing.B) {
	cfg := child(b, "ends")
	for b.Loop() {
		if _, err := virtual.Run(b.Context(), cfg); err != nil {
			b.Fatal(err)
		}
	}
}
