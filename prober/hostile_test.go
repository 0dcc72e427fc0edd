package prober

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hookdrill/hookdrill/prober/history"
)

// endless writes until the connection does not take it any more, and returns
// how much that was.
func endless(c Conn, piece string) (written int) {
	for {
		n, err := io.WriteString(c, piece)
		written += n
		if err != nil {
			return written
		}
	}
}

// brief is a row in one line.
func brief(rows []history.Attempt) (lines []string) {
	for _, a := range rows {
		lines = append(lines, fmt.Sprintf("endpoint %d %v %d, %d bytes", a.Endpoint, a.Disposition, a.Status, a.Bytes))
	}
	return lines
}

func TestHostileSenders(t *testing.T) {
	small := func(_ *ServerConfig, l *limits) {
		l.header, l.body, l.bodies, l.conns, l.rows, l.notes = 4<<10, 64<<10, 100<<10, 4, 40, 3
	}
	for _, c := range []struct {
		name, reason string
		do           func(t *testing.T, r *rig)
		want         []string
		notes        string
	}{
		{
			name: "endless body", reason: "no more of it is kept than the limit",
			do: func(t *testing.T, r *rig) {
				c := r.dial(0)
				send(t, c, "POST /hooks/one HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
				endless(c, "400\r\n"+strings.Repeat("x", 1024)+"\r\n")
				r.wait(1)
			},
			want:  []string{"endpoint 0 refused 413, 65537 bytes"},
			notes: "harness: a request was answered 413: the body is larger than an endpoint takes\n",
		},
		{
			name: "promised body", reason: "a Content-Length reserves nothing",
			do: func(t *testing.T, r *rig) {
				c := r.dial(0)
				send(t, c, "POST /hooks/one HTTP/1.1\r\nHost: x\r\nContent-Length: 9000000000\r\n\r\nhello")
				waitFor(t, func() bool { return r.server.requests.Load() == 1 })
				if held := r.server.held.Load(); held != 0 {
					t.Errorf("%d bytes are held for a body of which 5 have come", held)
				}
				_ = c.Close()
				r.wait(1)
			},
			want: []string{"endpoint 0 incomplete 0, 5 bytes"},
		},
		{
			name: "many large bodies", reason: "all bodies together have a limit",
			do: func(t *testing.T, r *rig) {
				half := "POST /hooks/one HTTP/1.1\r\nHost: x\r\nContent-Length: 60000\r\n\r\n" + strings.Repeat("x", 50000)
				first, second := r.dial(0), r.dial(0)
				send(t, first, half)
				waitFor(t, func() bool { return r.server.held.Load() == 60<<10 })
				_, _ = io.WriteString(second, half)
				if got := receive(t, second); got != http.StatusRequestEntityTooLarge {
					t.Errorf("the second is answered %d", got)
				}
				_ = second.Close()
				r.wait(1)
				send(t, first, strings.Repeat("x", 10000))
				receive(t, first)
				r.wait(2)
				waitFor(t, func() bool { return r.server.held.Load() == 0 })
			},
			want:  []string{"endpoint 0 refused 413, 32768 bytes", "endpoint 0 acked 200, 60000 bytes"},
			notes: "harness: a request was answered 413: the body is larger than an endpoint takes\n",
		},
		{
			name: "header flood", reason: "headers have a limit, and the endpoint is known by its listener",
			do: func(t *testing.T, r *rig) {
				c := r.dial(1)
				send(t, c, "POST /hooks/two HTTP/1.1\r\nHost: x\r\n")
				endless(c, "X-Flood: "+strings.Repeat("x", 1024)+"\r\n")
				r.wait(1)
			},
			want: []string{"endpoint 1 incomplete 431, 0 bytes"},
		},
		{
			name: "nonsense", reason: "what never became a request is still said",
			do: func(t *testing.T, r *rig) {
				c := r.dial(0)
				send(t, c, "lorem ipsum\r\n\r\n")
				receive(t, c)
				waitFor(t, func() bool { return r.server.connections() == 0 })
			},
			notes: "harness: a request on connection 1 ended within its headers, to whichever endpoint (answered 400)\n",
		},
		{
			name: "many connections", reason: "those above the limit are reset, and that was us",
			do: func(t *testing.T, r *rig) {
				for range 4 {
					r.dial(0)
				}
				waitFor(t, func() bool { return r.server.connections() == 4 })
				if err := r.knock(); !errors.Is(err, syscall.ECONNRESET) {
					t.Errorf("the fifth connection ends with %v", err)
				}
			},
			notes: "harness: a connection was reset: too many are open\n",
		},
		{
			name: "many tokens", reason: "a request gives no more rows than the limit",
			do: func(t *testing.T, r *rig) {
				var body strings.Builder
				for i := range uint32(500) {
					body.WriteString(token(1, 1).String() + token(i, 1).String())
				}
				c := r.dial(0)
				send(t, c, fmt.Sprintf("POST /hooks/one HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s", body.Len(), body.String()))
				receive(t, c)
			},
			want:  slices.Repeat([]string{"endpoint 0 acked 200, 15890 bytes"}, 40),
			notes: "harness: a request carried more tokens than are recorded of one\n",
		},
		{
			name: "many notes", reason: "a flood of what should be noted is counted",
			do: func(t *testing.T, r *rig) {
				c := r.dial(0)
				for range 10 {
					send(t, c, "GET /nowhere HTTP/1.1\r\nHost: x\r\n\r\n")
					receive(t, c)
				}
			},
			notes: strings.Repeat("harness: request to \"/nowhere\", where there is no endpoint, was answered 404\n", 3) +
				"harness: 7 further notes of endpoints left out\n",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			onBoth(t, func(t *testing.T, n Network) {
				r := newRig(t, n, small)
				c.do(t, r)
				h := r.history()
				if diff := cmp.Diff(c.want, brief(h.Attempts)); diff != "" {
					t.Errorf("%s (-want +got):\n%s", c.reason, diff)
				}
				if diff := cmp.Diff(c.notes, notes(h)); diff != "" {
					t.Errorf("notes (-want +got):\n%s", diff)
				}
			})
		})
	}
}

func TestSlowSenders(t *testing.T) {
	for _, c := range []struct {
		name, reason, text string
		want               []string
		after              time.Duration
	}{
		{"headers", "a head that never ends is hung up on", "POST /hooks/two HTTP/1.1\r\nHost: x\r\nX-Slow",
			[]string{"endpoint 1 incomplete 400, 0 bytes"}, defaultLimits.headerTime},
		{"body", "so is a body", "POST /hooks/two HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nsl",
			[]string{"endpoint 1 incomplete 0, 2 bytes"}, defaultLimits.readTime},
		{"nothing", "a connection without a request is no attempt", "", nil, defaultLimits.headerTime},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, InMemory(), nil)
				conn := r.dial(1)
				send(t, conn, c.text)
				start := time.Now()
				_, _ = conn.Read(make([]byte, 1))
				if took := time.Since(start); took < c.after || took > c.after+time.Second {
					t.Errorf("%s: it took %v, want %v", c.reason, took, c.after)
				}
				if diff := cmp.Diff(c.want, brief(r.history().Attempts)); diff != "" {
					t.Errorf("%s (-want +got):\n%s", c.reason, diff)
				}
			})
		})
	}
}

func TestPanicOfAnActIsNotTheEnd(t *testing.T) {
	onBoth(t, func(t *testing.T, n Network) {
		r := newRig(t, n, nil)
		r.faults = func(a Arrival) Act {
			switch {
			case a.Attempt == 1 && !a.Early:
				return Act{Fault: 1, Wrap: handler(func(http.ResponseWriter, *http.Request) { panic("a bug in a fault") })}
			case a.Attempt == 2 && !a.Early:
				panic("a bug in a decision")
			}
			return Act{}
		}
		for i := range 2 {
			sendOnly(t, r)
			r.wait(i + 1)
		}
		exchangeOnce(t, r)
		h := r.history()
		want := []string{"endpoint 0 aborted 0, 256 bytes", "endpoint 0 aborted 0, 256 bytes", "endpoint 0 acked 200, 256 bytes"}
		if diff := cmp.Diff(want, brief(h.Attempts)); diff != "" {
			t.Errorf("attempts (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff("harness: panic while serving request 1: a bug in a fault\nharness: panic while serving request 2: a bug in a decision\n", notes(h)); diff != "" {
			t.Errorf("notes (-want +got):\n%s", diff)
		}
	})
}

func TestCloseEndsWhatIsGoingOn(t *testing.T) {
	hang := func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }
	for _, c := range []struct {
		name string
		act  func(http.Handler) http.Handler
		send string
		want []string
	}{
		{"sleeping", nil, request(1, 1), []string{"endpoint 0 aborted 0, 256 bytes"}},
		{"hanging", handler(hang), request(1, 1), []string{"endpoint 0 aborted 0, 256 bytes"}},
		{"hanging on a connection it took", handler(func(w http.ResponseWriter, r *http.Request) {
			if _, _, err := http.NewResponseController(w).Hijack(); err != nil {
				panic(err)
			}
			hang(w, r)
		}), request(1, 1), []string{"endpoint 0 aborted 0, 256 bytes"}},
		{"reading", nil, request(1, 1)[:200], []string{"endpoint 0 incomplete 0, 142 bytes"}},
		{"idle", nil, "", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			onBoth(t, func(t *testing.T, n Network) {
				r := newRig(t, n, func(cfg *ServerConfig, _ *limits) { cfg.LatencyMin, cfg.LatencyMax = time.Hour, time.Hour })
				if c.act != nil {
					r.act(c.act)
				}
				conn := r.dial(0)
				send(t, conn, c.send)
				waitFor(t, func() bool { return r.server.connections() == 1 && (c.send == "" || r.server.requests.Load() == 1) })
				if diff := cmp.Diff(c.want, brief(r.history().Attempts)); diff != "" {
					t.Errorf("attempts (-want +got):\n%s", diff)
				}
				if n := r.server.connections(); n != 0 {
					t.Errorf("%d connections are open after closing", n)
				}
			})
		})
	}
}

func TestCloseDoesNotWaitForEver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, InMemory(), nil)
		stuck := make(chan struct{})
		r.act(handler(func(http.ResponseWriter, *http.Request) { <-stuck }))
		send(t, r.dial(0), request(1, 1))
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		err := r.server.Close(ctx)
		if want := "close endpoints: a handler does not end: context deadline exceeded"; err == nil || err.Error() != want {
			t.Errorf("got error %v, want %s", err, want)
		}
		close(stuck)
	})
}

// knock connects and returns with what the connection ends.
func (r *rig) knock() error {
	c, err := r.connect(0)
	if err != nil {
		return err // a quick reset ends the dial already
	}
	_, err = c.Read(make([]byte, 1))
	return errors.Join(err, c.Close())
}

// connections returns how many are open.
func (s *Server) connections() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.open)
}

// waitFor asks again while others work, on both kinds of network.
func waitFor(t *testing.T, ok func() bool) {
	t.Helper()
	if !eventually(ok) {
		t.Fatal("it did not come to that")
	}
}
