package prober

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/rs/zerolog"
)

func startChild(t *testing.T, verb string) (*Proc, net.Conn, *line) {
	t.Helper()
	n := newLine(t)
	cfg := childConfig(verb, n.addr())
	cfg.Ready = saysReady
	p, err := StartProc(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Kill(); err != nil {
			t.Error(err)
		}
	})
	c, pid := n.child()
	if pid != p.Pid() && verb != "litter" {
		t.Errorf("child %d says that it is %d", p.Pid(), pid)
	}
	return p, c, n
}

func TestProcEnds(t *testing.T) {
	for _, c := range []struct {
		reason, verb string
		end          func(p *Proc) error
		want, exit   string
	}{
		{"a child that listens ends by itself", "serve",
			func(p *Proc) error { return p.Stop(t.Context()) }, "", "exit status 0"},
		{"so it does after a plain SIGTERM", "serve",
			func(p *Proc) error { err := p.Terminate(); <-p.Exited(); return err }, "", "exit status 0"},
		{"a paused child is resumed to be stopped", "serve",
			func(p *Proc) error { return errors.Join(p.Pause(), p.Stop(t.Context())) }, "", "exit status 0"},
		{"a kill is not asked for leave", "stubborn", (*Proc).Kill, "", "signal: killed"},
		{"a child that does not listen is killed in the end", "stubborn", func(p *Proc) error {
			ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
			defer cancel()
			return p.Stop(ctx)
		}, "stop sender: killed, since it did not end: context deadline exceeded", "signal: killed"},
	} {
		t.Run(c.reason, func(t *testing.T) {
			p, conn, _ := startChild(t, c.verb)
			if got := p.ExitReason(); got != "" {
				t.Errorf("a child that lives has ended with %q", got)
			}
			if err := c.end(p); fmt.Sprint(err) != cmp.Or(c.want, "<nil>") {
				t.Errorf("got error %v, want %q", err, c.want)
			}
			ended(t, conn)
			<-p.Exited()
			if got := p.ExitReason(); got != c.exit {
				t.Errorf("it ended with %q, want %q", got, c.exit)
			}
			if err := p.Kill(); err != nil {
				t.Errorf("killing what is gone: %v", err)
			}
			if err := p.Terminate(); !errors.Is(err, os.ErrProcessDone) {
				t.Errorf("a signal to what is gone: %v", err)
			}
			if err := p.Stop(t.Context()); err != nil {
				t.Errorf("stopping what is gone: %v", err)
			}
		})
	}
}

func TestProcThatDoesNotBecomeReady(t *testing.T) {
	var last []string
	for i := 6; i < 25; i++ {
		last = append(last, fmt.Sprintf("  line %d", i))
	}
	for _, c := range []struct {
		reason string
		cfg    ProcConfig
		within time.Duration
		want   string
	}{
		{"no command", ProcConfig{Name: "sender"}, time.Minute, "start sender: no command"},
		{"a command that is not there", ProcConfig{Name: "sender", Argv: []string{"/nowhere/x"}}, time.Minute,
			"start sender: fork/exec /nowhere/x: no such file or directory"},
		{"it had no time", childConfig("silent", ""), -1, "start sender: context deadline exceeded"},
		{"it ends with much to say", childConfig("talk", ""), time.Minute,
			"sender did not become ready: exit status 3; its last lines:\n" + strings.Join(last, "\n") + "\n  no end of line"},
		{"it says nothing", childConfig("silent", newLine(t).addr()), 100 * time.Millisecond,
			"sender did not become ready: context deadline exceeded; it printed nothing"},
	} {
		t.Run(c.reason, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), c.within)
			defer cancel()
			c.cfg.Ready = saysReady
			_, err := StartProc(ctx, c.cfg)
			if err == nil {
				t.Fatal("it became ready")
			}
			if diff := gocmp.Diff(sorted(c.want), sorted(err.Error())); diff != "" {
				t.Errorf("error (-want +got):\n%s", diff)
			}
		})
	}
}

// sorted sorts lines: which of two streams is read first is luck.
func sorted(s string) []string {
	lines := strings.Split(s, "\n")
	slices.Sort(lines)
	return lines
}

func TestProcTellsAPanic(t *testing.T) {
	p, err := StartProc(t.Context(), childConfig("panic", ""))
	if err != nil {
		t.Fatal(err)
	}
	<-p.Exited()
	if got, want := p.ExitReason(), "exit status 2: panic: boom"; got != want {
		t.Errorf("it ended with %q, want %q", got, want)
	}
	if n := len(p.LastLines()); n == 0 || n > lastLines {
		t.Errorf("%d last lines, want 1 to %d", n, lastLines)
	}
}

func TestProcIsItsWholeGroup(t *testing.T) {
	for _, c := range []struct {
		reason string
		end    func(p *Proc, leader net.Conn) error
	}{
		{"a kill reaches all", func(p *Proc, _ net.Conn) error { return p.Kill() }},
		{"what an ended leader left is swept", func(p *Proc, leader net.Conn) error { return leader.Close() }},
	} {
		t.Run(c.reason, func(t *testing.T) {
			p, leader, n := startChild(t, "litter")
			other, pid := n.child()
			if pid == p.Pid() {
				leader, other = other, leader
			}
			if err := c.end(p, leader); err != nil {
				t.Error(err)
			}
			ended(t, other)
			<-p.Exited()
		})
	}
}

func TestProcLogsItsOutput(t *testing.T) {
	var log bytes.Buffer
	n := newLine(t)
	cfg := childConfig("serve", n.addr())
	cfg.Ready, cfg.Log = saysReady, zerolog.New(&log)
	p, err := StartProc(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	n.child()
	if err := p.Stop(t.Context()); err != nil {
		t.Error(err)
	}
	<-p.Exited()
	want := []string{
		`{"level":"info","process":"sender","output":"stderr","message":"bye"}`,
		`{"level":"info","process":"sender","output":"stderr","message":"starting"}`,
		`{"level":"info","process":"sender","output":"stdout","message":"ready"}`,
	}
	if diff := gocmp.Diff(want, sorted(strings.TrimSpace(log.String()))); diff != "" {
		t.Errorf("log (-want +got):\n%s", diff)
	}
}

func TestStreamSplitsAndCutsLines(t *testing.T) {
	long := strings.Repeat("x", maxLine)
	for _, c := range []struct {
		reason string
		writes []string
		want   []string
	}{
		{"a line in pieces", []string{"a", "b\nc", "\n"}, []string{"ab", "c"}},
		{"many lines at once, an empty one among them", []string{"a\r\n\nb\n"}, []string{"a", "b"}},
		{"the last without an end", []string{"a\nb"}, []string{"a", "b"}},
		{"a line without end is cut", []string{long, "yyy", "yyy\nz\n"}, []string{long, "z"}},
		{"a line that just fits", []string{long + "\n", "z\n"}, []string{long, "z"}},
	} {
		var o output
		o.init(ProcConfig{})
		s := o.stream(Stderr)
		for _, w := range c.writes {
			if n, err := s.Write([]byte(w)); n != len(w) || err != nil {
				t.Errorf("%s: wrote %d of %d, %v", c.reason, n, len(w), err)
			}
		}
		o.flush()
		if diff := gocmp.Diff(c.want, o.last()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.reason, diff)
		}
	}
}
