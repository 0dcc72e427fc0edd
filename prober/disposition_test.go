package prober

import (
	"errors"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hookdrill/hookdrill/prober/history"
)

// told is what the history says of an attempt.
type told struct {
	Disposition history.Disposition
	Status      uint16
	RetryAfter  uint16
	Amended     bool
	// Whole, Answered: there is such an offset.
	Whole, Answered bool
}

var dispositionCases = []struct {
	name, reason string
	act          func(http.Handler) http.Handler
	early        bool
	do           func(t *testing.T, r *rig)
	want         told
}{
	{
		name: "closed cleanly", reason: "2xx and FIN is an ack",
		do:   exchangeOnce,
		want: told{Disposition: history.Acked, Status: 200, Whole: true, Answered: true},
	},
	{
		name: "still open", reason: "2xx, and nothing has gone wrong until the end of the run",
		do: func(t *testing.T, r *rig) {
			c := r.dial(0)
			send(t, c, request(1, 1))
			receive(t, c)
		},
		want: told{Disposition: history.Acked, Status: 200, Whole: true, Answered: true},
	},
	{
		name: "asked to close", reason: "the server closes after the answer; nothing is broken",
		do: func(t *testing.T, r *rig) {
			c := r.dial(0)
			send(t, c, "POST /hooks/one HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
			receive(t, c)
		},
		want: told{Disposition: history.Acked, Status: 200, Whole: true, Answered: true},
	},
	{
		name: "reset after the answer", reason: "whether the answer was read before the RST is unknowable",
		do: func(t *testing.T, r *rig) {
			c := r.dial(0)
			send(t, c, request(1, 1))
			receive(t, c)
			r.wait(1)
			_ = c.Reset()
		},
		want: told{Disposition: history.Ambiguous, Status: 200, Whole: true, Answered: true, Amended: true},
	},
	{
		name: "answer left unread", reason: "closing with the answer in the buffer is a RST, and no ack",
		do: func(t *testing.T, r *rig) {
			c := r.dial(0)
			send(t, c, request(1, 1))
			r.wait(1)
			_ = c.Close()
		},
		want: told{Disposition: history.Ambiguous, Status: 200, Whole: true, Answered: true, Amended: true},
	},
	{
		name: "left while waiting", reason: "a client that gave up gets no answer, and none is claimed",
		act: func(next http.Handler) http.Handler {
			return handler(func(w http.ResponseWriter, r *http.Request) {
				<-r.Context().Done()
				next.ServeHTTP(w, r)
			})(nil)
		},
		do: func(t *testing.T, r *rig) {
			c := r.dial(0)
			send(t, c, request(1, 1))
			_ = c.Close()
		},
		want: told{Disposition: history.Aborted, Whole: true},
	},
	{
		name: "answered after leaving", reason: "the kernel takes the 200, and throws it back",
		act: handler(afterLeaving),
		do: func(t *testing.T, r *rig) {
			c := r.dial(0)
			send(t, c, request(1, 1))
			_ = c.Close()
		},
		want: told{Disposition: history.Ambiguous, Status: 200, Whole: true, Answered: true},
	},
	{
		name: "half closed", reason: "FIN one way is no reason to doubt an answer that is taken",
		act: handler(afterLeaving),
		do: func(t *testing.T, r *rig) {
			c := r.dial(0)
			send(t, c, request(1, 1))
			_ = c.CloseWrite()
			receive(t, c)
		},
		want: told{Disposition: history.Acked, Status: 200, Whole: true, Answered: true},
	},
	{
		name: "answered no", reason: "a whole answer other than 2xx",
		act: handler(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "120")
			w.WriteHeader(http.StatusServiceUnavailable)
			_, _ = io.WriteString(w, "no backend")
		}),
		do:   exchangeOnce,
		want: told{Disposition: history.AnsweredNo, Status: 503, RetryAfter: 120, Whole: true, Answered: true},
	},
	{
		name: "nothing written", reason: "a handler that returns has answered 200",
		act:  handler(func(http.ResponseWriter, *http.Request) {}),
		do:   exchangeOnce,
		want: told{Disposition: history.Acked, Status: 200, Whole: true, Answered: true},
	},
	{
		name: "wrong method", reason: "an attempt all the same",
		do: func(t *testing.T, r *rig) {
			c := r.dial(0)
			send(t, c, "GET /hooks/one?t="+token(1, 1).String()+" HTTP/1.1\r\nHost: x\r\n\r\n")
			receive(t, c)
		},
		want: told{Disposition: history.AnsweredNo, Status: 405, Whole: true, Answered: true},
	},
	{
		name: "reset before the answer", reason: "no answer at all",
		act:  raw("", resetConn),
		do:   sendOnly,
		want: told{Disposition: history.Aborted, Whole: true},
	},
	{
		name: "closed before the answer", reason: "no answer at all",
		act:  raw("", closeConn),
		do:   sendOnly,
		want: told{Disposition: history.Aborted, Whole: true},
	},
	{
		name: "taken and forgotten", reason: "an act that leaves the connection open does not keep it",
		act:  raw("", func(Conn) error { return nil }),
		do:   sendOnly,
		want: told{Disposition: history.Aborted, Whole: true},
	},
	{
		name: "hung up", reason: "http.ErrAbortHandler is how a handler hangs up",
		act:  handler(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }),
		do:   sendOnly,
		want: told{Disposition: history.Aborted, Whole: true},
	},
	{
		name: "hung up with a status unsent", reason: "what net/http never sent was not written",
		act: handler(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusOK)
			panic(http.ErrAbortHandler)
		}),
		do:   sendOnly,
		want: told{Disposition: history.Aborted, Whole: true},
	},
	{
		name: "hung up with the status sent", reason: "a sender may go by the status",
		act: handler(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusOK)
			_ = http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		}),
		do:   sendOnly,
		want: told{Disposition: history.Ambiguous, Status: 200, Whole: true, Answered: true},
	},
	{
		name: "truncated", reason: "less than the Content-Length said",
		act: handler(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			_, _ = io.WriteString(w, "ten bytes.")
		}),
		do:   sendOnly,
		want: told{Disposition: history.Ambiguous, Status: 200, Whole: true, Answered: true},
	},
	{
		name: "truncated refusal", reason: "half a refusal is no whole answer",
		act: handler(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			w.WriteHeader(http.StatusNotFound)
			_, _ = io.WriteString(w, "ten bytes.")
		}),
		do:   sendOnly,
		want: told{Disposition: history.Aborted, Status: 404, Whole: true, Answered: true},
	},
	{
		name: "raw answer", reason: "written by hand, but whole and closed cleanly",
		act:  raw("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", closeConn),
		do:   exchangeOnce,
		want: told{Disposition: history.Acked, Status: 200, Whole: true, Answered: true},
	},
	{
		name: "raw answer half", reason: "the body is short by a byte",
		act:  raw("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok", closeConn),
		do:   sendOnly,
		want: told{Disposition: history.Ambiguous, Status: 200, Whole: true, Answered: true},
	},
	{
		name: "raw answer until the end", reason: "FIN ends a body without a length",
		act:  raw("HTTP/1.0 200 OK\r\n\r\nok", func(c Conn) error { return c.CloseWrite() }),
		do:   exchangeOnce,
		want: told{Disposition: history.Acked, Status: 200, Whole: true, Answered: true},
	},
	{
		name: "raw answer, then reset", reason: "RST may overtake what was written",
		act:  raw("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", resetConn),
		do:   sendOnly,
		want: told{Disposition: history.Ambiguous, Status: 200, Whole: true, Answered: true},
	},
	{
		name: "raw answer, FIN, then reset", reason: "what looked like a clean end was none",
		act: raw("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", func(c Conn) error {
			return errors.Join(c.CloseWrite(), c.Reset())
		}),
		do:   sendOnly,
		want: told{Disposition: history.Ambiguous, Status: 200, Whole: true, Answered: true, Amended: true},
	},
	{
		name: "raw refusal", reason: "Retry-After is read there too",
		act:  raw("HTTP/1.1 429 Slow\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n", closeConn),
		do:   exchangeOnce,
		want: told{Disposition: history.AnsweredNo, Status: 429, RetryAfter: 7, Whole: true, Answered: true},
	},
	{
		name: "half a status line", reason: "no status can be read from it",
		act:  raw("HTTP/1.1 2", closeConn),
		do:   sendOnly,
		want: told{Disposition: history.Aborted, Whole: true, Answered: true},
	},
	{
		name: "reset at the status", reason: "2xx was written, its delivery is unknowable",
		act:  flushed(200, "5", resetConn),
		do:   sendOnly,
		want: told{Disposition: history.Ambiguous, Status: 200, Whole: true, Answered: true},
	},
	{
		name: "closed at the status", reason: "the body is missing",
		act:  flushed(200, "5", closeConn),
		do:   sendOnly,
		want: told{Disposition: history.Ambiguous, Status: 200, Whole: true, Answered: true},
	},
	{
		name: "closed behind the answer", reason: "there was no body to come",
		act:  flushed(200, "0", closeConn),
		do:   exchangeOnce,
		want: told{Disposition: history.Acked, Status: 200, Whole: true, Answered: true},
	},
	{
		name: "left inside the body", reason: "the request never arrived whole",
		do: func(t *testing.T, r *rig) {
			c := r.dial(0)
			text := request(1, 1)
			send(t, c, text[:len(text)-9])
			_ = c.Close()
		},
		want: told{Disposition: history.Incomplete},
	},
	{
		name: "reset inside the body", reason: "the request never arrived whole",
		do: func(t *testing.T, r *rig) {
			c := r.dial(0)
			text := request(1, 1)
			send(t, c, text[:len(text)-9])
			_ = c.Reset()
		},
		want: told{Disposition: history.Incomplete},
	},
	{
		name: "refused early", reason: "an early act answers a request that is not there yet", early: true,
		act: handler(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Connection", "close")
			w.WriteHeader(http.StatusUnauthorized)
		}),
		do: func(t *testing.T, r *rig) {
			c := r.dial(0)
			send(t, c, "POST /hooks/one HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n")
			receive(t, c)
		},
		want: told{Disposition: history.AnsweredNo, Status: 401, Answered: true},
	},
	{
		name: "reset early", reason: "it never became whole, by the act's own doing", early: true,
		act:  raw("", resetConn),
		do:   sendOnly,
		want: told{Disposition: history.Incomplete},
	},
	{
		name: "read by an early act", reason: "an act that reads the body makes it whole", early: true,
		act: handler(func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			w.WriteHeader(http.StatusOK)
		}),
		do:   exchangeOnce,
		want: told{Disposition: history.Acked, Status: 200, Whole: true, Answered: true},
	},
}

func TestDispositions(t *testing.T) {
	for _, c := range dispositionCases {
		t.Run(c.name, func(t *testing.T) {
			onBoth(t, func(t *testing.T, n Network) {
				r := newRig(t, n, func(cfg *ServerConfig, _ *limits) {
					cfg.LatencyMin, cfg.LatencyMax = time.Millisecond, 2*time.Millisecond
				})
				if c.act != nil {
					r.faults = func(a Arrival) Act {
						if a.Early != c.early {
							return Act{}
						}
						return Act{Fault: 1, Wrap: c.act}
					}
				}
				c.do(t, r)
				r.wait(1)
				h := r.history()
				if len(h.Attempts) != 1 {
					t.Fatalf("%d attempts were recorded, want 1", len(h.Attempts))
				}
				a := h.Attempts[0]
				got := told{a.Disposition, a.Status, a.RetryAfter, r.amends > 0, a.Whole > 0, a.Answered > 0}
				if diff := cmp.Diff(c.want, got); diff != "" {
					t.Errorf("%s (-want +got):\n%s", c.reason, diff)
				}
				if c.act != nil != (a.Fault == 1) {
					t.Errorf("the fault that acted is %d", a.Fault)
				}
				if a.FirstByte == 0 || a.Ended < a.FirstByte || a.Incarnation != 3 || a.Conn == 0 || a.Request != 1 {
					t.Errorf("the row lacks something: %+v", a)
				}
				if got := notes(h); got != "" {
					t.Errorf("there are notes:\n%s", got)
				}
			})
		})
	}
}
