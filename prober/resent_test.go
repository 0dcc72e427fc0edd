package prober

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hookdrill/hookdrill/prober/history"
)

func TestResent(t *testing.T) {
	plain := request(1, 2)
	signed := func(at string) string {
		return "POST /hooks/one HTTP/1.1\r\nWebhook-Timestamp: " + at + plain[len("POST /hooks/one HTTP/1.1"):]
	}
	for _, c := range []struct {
		name, reason string
		// before goes first on the connection that is cut; then comes cut,
		// and after wait, on another connection, again.
		before, cut, again string
		wait               time.Duration
		want               bool
	}{
		{"same bytes", "a sender that makes an attempt anew signs it anew", request(1, 1), signed("1"), signed("1"), 0, true},
		{"another timestamp", "this one was made anew", request(1, 1), signed("1"), signed("2"), 0, false},
		{"a fresh connection", "a transport repeats only what was cut on a connection it had used before", "", plain, plain, 0, false},
		{"later", "a transport does not wait", request(1, 1), plain, plain, 2 * time.Second, false},
		{"another event", "it is a request of its own", request(1, 1), plain, request(1, 3), 0, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, InMemory(), nil)
				r.faults = func(a Arrival) Act {
					if a.Number == 2 && a.Attempt == 1 && !a.Early {
						return Act{Fault: 1, Wrap: raw("", resetConn)}
					}
					return Act{}
				}
				first, second := r.dial(0), r.dial(0)
				if c.before != "" {
					send(t, first, c.before)
					receive(t, first)
				}
				send(t, first, c.cut)
				_, _ = first.Read(make([]byte, 1))
				time.Sleep(c.wait)
				send(t, second, c.again)
				receive(t, second)
				rows := r.history().Attempts
				last := rows[len(rows)-1]
				if last.Resent != c.want || last.Disposition != history.Acked {
					t.Errorf("%s: resent is %v on an attempt that is %v, want %v", c.reason, last.Resent, last.Disposition, c.want)
				}
				if c.again == c.cut && last.Nth != 2 {
					t.Errorf("what a transport repeats is attempt %d, want 2", last.Nth)
				}
			})
		})
	}
}

// TestResentByNetHTTP lets Go's own transport repeat a request: it does so
// for one that says that it may be repeated.
func TestResentByNetHTTP(t *testing.T) {
	onBoth(t, func(t *testing.T, n Network) {
		r := newRig(t, n, nil)
		r.faults = func(a Arrival) Act {
			if a.Number == 2 && a.Attempt == 1 && !a.Early {
				return Act{Fault: 1, Wrap: raw("", resetConn)}
			}
			return Act{}
		}
		client := r.client()
		for number := range uint32(2) {
			req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, r.server.URL(0), nil)
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Idempotency-Key", token(1, number+1).String())
			res, err := client.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			_ = res.Body.Close()
		}
		rows := r.history().Attempts
		if len(rows) != 3 || !rows[2].Resent || rows[1].Disposition != history.Aborted {
			t.Errorf("what net/http repeated is recorded as %+v", rows)
		}
	})
}

func TestLatencyIsAHash(t *testing.T) {
	run := func() (took []time.Duration) {
		synctest.Test(t, func(t *testing.T) {
			r := newRig(t, InMemory(), func(c *ServerConfig, _ *limits) {
				c.LatencyMin, c.LatencyMax, c.Scale = 20*time.Second, 200*time.Second, 100
			})
			for number := range uint32(50) {
				c := r.dial(0)
				start := time.Now()
				send(t, c, request(1, number%25+1))
				receive(t, c)
				took = append(took, time.Since(start))
				_ = c.Close()
			}
		})
		return took
	}
	first, second := run(), run()
	distinct := make(map[time.Duration]bool)
	for i, d := range first {
		if d != second[i] {
			t.Errorf("attempt %d took %v, then %v", i, d, second[i])
		}
		if d < 200*time.Millisecond || d > 2*time.Second {
			t.Errorf("attempt %d took %v at scale 100, want 0.2 s to 2 s", i, d)
		}
		distinct[d] = true
	}
	if len(distinct) != len(first) {
		t.Errorf("50 attempts took %d different times", len(distinct))
	}
}
