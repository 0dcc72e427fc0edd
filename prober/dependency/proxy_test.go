package dependency

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// echo is a dependency that says what it hears.
func echo(t *testing.T) string {
	t.Helper()
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
			wg.Go(func() {
				defer c.Close()
				_, _ = io.Copy(c, c)
			})
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		wg.Wait()
	})
	return l.Addr().String()
}

// proxied returns a dependency that only echoes.
func proxied(t *testing.T) *Dependency {
	t.Helper()
	d := &Dependency{spec: Spec{Name: "echo"}}
	var err error
	if d.proxy, err = newProxy("echo", echo(t), d.spec.Log); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return d
}

func dial(t *testing.T, addr string) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// say returns how a word came back: "ok", or an error in short.
func say(c net.Conn, within time.Duration) string {
	if err := c.SetDeadline(time.Now().Add(within)); err != nil {
		return err.Error()
	}
	if _, err := c.Write([]byte("word")); err != nil {
		return short(err)
	}
	b := make([]byte, 4)
	if _, err := io.ReadFull(c, b); err != nil {
		return short(err)
	}
	return "ok"
}

func short(err error) string {
	for _, e := range []error{io.EOF, syscall.ECONNRESET, syscall.EPIPE, syscall.ECONNREFUSED, os.ErrDeadlineExceeded} {
		if errors.Is(err, e) {
			return e.Error()
		}
	}
	return err.Error()
}

// fresh says a word over a new connection.
func fresh(addr string, within time.Duration) string {
	c, err := net.Dial("tcp", addr)
	if err != nil {
		return short(err)
	}
	defer c.Close()
	return say(c, within)
}

func TestVerbs(t *testing.T) {
	const short, long = 60 * time.Millisecond, 10 * time.Second
	for _, c := range []struct {
		reason         string
		action         Action
		within         time.Duration
		old, new, back string
	}{
		{"refuse is what clients of a process that is gone see", Action{Verb: Refuse}, long,
			"EOF", "connection refused", "EOF"},
		{"a stall holds up old and new connections, and loses nothing", Action{Verb: Stall}, short,
			"i/o timeout", "i/o timeout", "ok"},
		{"a cut ends connections with FIN; what is sent to one that has ended earns RST", Action{Verb: Cut}, long,
			"EOF", "EOF or connection reset by peer", "EOF"},
		{"a reset ends them with RST", Action{Verb: Reset}, long,
			"connection reset by peer", "connection reset by peer", "broken pipe"},
		{"slow delays beyond the patience of a client", Action{Verb: Slow, Latency: time.Hour}, short,
			"i/o timeout", "i/o timeout", "ok"},
		{"slow within its patience", Action{Verb: Slow, Latency: 5 * time.Millisecond, Jitter: 5 * time.Millisecond, Rate: 100}, long,
			"ok", "ok", "ok"},
	} {
		t.Run(c.reason, func(t *testing.T) {
			d := proxied(t)
			conn := dial(t, d.Addr())
			if got := say(conn, long); got != "ok" {
				t.Fatalf("before: %s", got)
			}
			undo, err := d.Do(t.Context(), c.action)
			if err != nil {
				t.Fatal(err)
			}
			if c.action.Verb == Cut || c.action.Verb == Refuse {
				if _, err := conn.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
					t.Errorf("an open connection reads %v, want EOF", err)
				}
			} else if got := say(conn, c.within); got != c.old {
				t.Errorf("an open connection: %s, want %s", got, c.old)
			}
			if got := fresh(d.Addr(), c.within); !strings.Contains(c.new, got) {
				t.Errorf("a new connection: %s, want %s", got, c.new)
			}
			if err := errors.Join(undo(t.Context()), undo(t.Context())); err != nil {
				t.Error(err)
			}
			if c.back == "ok" {
				if got := say(conn, long); got != "ok" {
					t.Errorf("the open connection after the undo: %s", got)
				}
			}
			if got := fresh(d.Addr(), long); got != "ok" {
				t.Errorf("a new connection after the undo: %s", got)
			}
		})
	}
}

func TestActionsOverlap(t *testing.T) {
	for _, v := range []Verb{Refuse, Cut, Reset, Stall} {
		t.Run(string(v), func(t *testing.T) {
			d := proxied(t)
			first, err1 := d.Do(t.Context(), Action{Verb: v})
			second, err2 := d.Do(t.Context(), Action{Verb: v})
			if err := errors.Join(err1, err2); err != nil {
				t.Fatal(err)
			}
			if err := first(t.Context()); err != nil {
				t.Error(err)
			}
			if got := fresh(d.Addr(), 60*time.Millisecond); got == "ok" {
				t.Error("one undo of two lets clients through")
			}
			if err := second(t.Context()); err != nil {
				t.Error(err)
			}
			if got := fresh(d.Addr(), 10*time.Second); got != "ok" {
				t.Errorf("after both undos: %s", got)
			}
		})
	}
}

func TestProxyCarriesAll(t *testing.T) {
	d := proxied(t)
	conn := dial(t, d.Addr())
	want := bytes.Repeat([]byte("0123456789abcdef"), 1<<16)
	var wg sync.WaitGroup
	wg.Go(func() {
		if _, err := conn.Write(want); err != nil {
			t.Error(err)
		}
		// The other way must stay open after our FIN.
		if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
			t.Error(err)
		}
	})
	got, err := io.ReadAll(conn)
	wg.Wait()
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("%d bytes of %d came back, %v", len(got), len(want), err)
	}
}

// TestClientsThatGoAway leaves data in every part of the chain.
func TestClientsThatGoAway(t *testing.T) {
	d := proxied(t)
	for _, a := range []Action{{Verb: Stall}, {Verb: Slow, Latency: time.Hour}, {Verb: Slow, Rate: 1}, {Verb: Cut}, {Verb: Reset}} {
		conn := dial(t, d.Addr())
		_ = say(conn, 10*time.Second)
		undo, err := d.Do(t.Context(), a)
		if err != nil {
			t.Fatal(err)
		}
		_ = conn.SetWriteDeadline(time.Now().Add(20 * time.Millisecond))
		_, _ = conn.Write(make([]byte, 4<<20)) // it may not get far
		_ = conn.(*net.TCPConn).SetLinger(0)
		_ = conn.Close()
		if err := undo(t.Context()); err != nil {
			t.Error(err)
		}
		if got := fresh(d.Addr(), 10*time.Second); got != "ok" {
			t.Errorf("%s: the next client: %s", a.Verb, got)
		}
	}
}

func TestDoRefuses(t *testing.T) {
	d := proxied(t)
	closed := proxied(t)
	if err := closed.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		reason string
		d      *Dependency
		action Action
		want   string
	}{
		{"a verb that is none", d, Action{Verb: "explode"},
			"dependency echo: explode: no such verb; there are refuse, stall, slow, cut, reset, restart"},
		{"slow by nothing", d, Action{Verb: Slow}, "dependency echo: slow: neither latency nor rate is given"},
		{"a restart of what others started", d, Action{Verb: Restart}, "dependency echo: restart: it was not started here"},
		{"after the end", closed, Action{Verb: Cut}, "dependency echo: cut: it is closed"},
	} {
		_, err := c.d.Do(t.Context(), c.action)
		if diff := cmp.Diff(c.want, fmt.Sprint(err)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.reason, diff)
		}
	}
}

func TestRateNarrows(t *testing.T) {
	d := proxied(t)
	conn := dial(t, d.Addr())
	undo, err := d.Do(t.Context(), Action{Verb: Slow, Rate: 64})
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	if _, err := conn.Write(make([]byte, 16<<10)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(conn, make([]byte, 16<<10)); err != nil {
		t.Fatal(err)
	}
	// 16 KiB at 64 KiB/s both ways: half a second at least.
	if took := time.Since(began); took < 250*time.Millisecond {
		t.Errorf("16 KiB took %v at 64 KiB/s", took)
	}
	if err := undo(t.Context()); err != nil {
		t.Error(err)
	}
}
