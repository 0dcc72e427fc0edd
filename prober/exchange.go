package prober

import (
	"fmt"
	"net/http"
	"time"

	"github.com/hookdrill/hookdrill/prober/event"
	"github.com/hookdrill/hookdrill/prober/history"
)

// exchange is one request and its answer, from the first byte to the last.
// The goroutine that serves the connection owns it. It is over not when its
// handler returns, for net/http writes the answer after that, but when the
// connection goes idle or is closed.
type exchange struct {
	server   *Server
	conn     *serverConn
	endpoint *endpoint
	request  *http.Request
	answer   answer

	// tokens are the tokens found, each once, and nths their attempt numbers.
	tokens []event.Token
	nths   []uint16
	known  map[obligation]struct{}
	// names and scratch are room for looking through headers.
	names   []string
	scratch []byte

	// row is what the rows of all tokens share.
	row  history.Attempt
	rows []history.Attempt

	body []byte
	// held is how much of the server's budget for bodies it has.
	held   int
	unread unreadBody
	timer  *time.Timer

	// whole: the request is there to its last byte.
	whole bool
	// notPost: a healthy endpoint refuses the method.
	notPost bool
	// trap: it followed a redirect.
	trap bool
	// served: the handler has returned, the answer is what it left.
	served bool
	// aborted: the connection is to be closed without more of an answer.
	aborted bool
}

// begin takes up a request. end must be deferred.
func (x *exchange) begin(c *serverConn, w http.ResponseWriter, r *http.Request) {
	x.conn, x.request = c, r
	x.answer.reset(w)
	x.open(c.taken())
	x.notPost = r.Method != http.MethodPost
	c.current = x
}

// open begins the row.
func (x *exchange) open(began time.Duration) {
	x.row = history.Attempt{FirstByte: began, Conn: x.conn.number, Request: x.server.requests.Add(1)}
	if x.server.cfg.Incarnation != nil {
		x.row.Incarnation = x.server.cfg.Incarnation()
	}
}

// attempt serves a request to an endpoint.
func (x *exchange) attempt(i uint32) {
	x.row.Endpoint, x.endpoint = i, &x.server.endpoints[i]
	x.reached(RequestHeaders)
	x.findInHead()
	if act := x.endpoint.decide(x, true, x.server.now()); act.Fault != 0 || act.Wrap != nil {
		x.leaveUnread()
		x.serve(act)
		return
	}
	if !x.receive() {
		return
	}
	x.inspect()
	x.reached(RequestWhole)
	x.serve(x.endpoint.decide(x, false, x.row.Whole))
}

// trapped serves a request that followed a redirect.
func (x *exchange) trapped(i uint32) {
	x.trap, x.row.Trap = true, true
	x.row.Endpoint, x.endpoint = i, &x.server.endpoints[i]
	x.findInHead()
	if x.receive() {
		x.answer.WriteHeader(trapStatus(x.request))
	}
}

func (x *exchange) serve(act Act) {
	x.row.Fault = act.Fault
	h := http.Handler(x)
	if act.Wrap != nil {
		h = act.Wrap(h)
	}
	h.ServeHTTP(&x.answer, x.request)
}

// ServeHTTP answers as a healthy endpoint does. It is what acts get as next.
func (x *exchange) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if x.notPost {
		w.Header().Set("Allow", http.MethodPost)
		w.WriteHeader(http.StatusMethodNotAllowed)
		return
	}
	// If nothing is written, net/http answers 200 by itself, and cheaper.
	x.sleep(r, x.latency())
}

// sleep waits for d, or until the client is gone.
func (x *exchange) sleep(r *http.Request, d time.Duration) {
	if d <= 0 {
		return
	}
	if x.timer == nil {
		x.timer = time.NewTimer(d)
	} else {
		x.timer.Reset(d)
	}
	select {
	case <-x.timer.C:
	case <-r.Context().Done():
		x.timer.Stop()
	}
}

// end is deferred around the handler. A panic of an act, which knows nothing
// of us, must not end the run; http.ErrAbortHandler is a way to hang up.
func (x *exchange) end() {
	if p := recover(); p != nil {
		x.aborted = true
		if p != http.ErrAbortHandler { //nolint:errorlint // what was recovered is that very value
			x.server.note(fmt.Sprintf("panic while serving request %d: %v", x.row.Request, p))
		}
	}
	switch {
	case x.answer.hijacked:
		x.cutting(byClose)
		s, c := x.server, x.conn
		_ = c.Close() // an act may have done it
		s.release(x)
		s.gone(c)
	case x.aborted || x.left():
		x.abort()
	default:
		x.served = true
		if !x.whole {
			x.endUnread()
		}
	}
}

// endUnread finishes an exchange whose request was answered but not read. Its
// answer goes out now: net/http would first wait for the rest of the request.
func (x *exchange) endUnread() {
	if x.answer.status == 0 {
		x.answer.Header().Set("Content-Length", "0")
		x.answer.WriteHeader(http.StatusOK)
	}
	x.answer.Flush()
	x.finish()
	x.server.release(x)
}

// left reports whether the client is gone and nothing was answered. Left
// alone, net/http would answer 200 to nobody.
func (x *exchange) left() bool {
	return x.answer.status == 0 && x.request.Context().Err() != nil
}

// abort makes net/http close the connection. The exchange is finished then.
func (x *exchange) abort() {
	x.aborted = true
	if !x.conn.left.Load() {
		x.remember()
	}
	panic(http.ErrAbortHandler)
}

// finish records the exchange. The answer is on its way, or never will be.
func (x *exchange) finish() {
	s, c := x.server, x.conn
	e := x.answer.ending(x.whole, x.aborted, c.brokenNow())
	if x.answer.out > 0 {
		x.row.Answered = x.answer.at
	}
	x.row.Status = uint16(e.status)
	x.row.Disposition = e.disposition()
	x.row.RetryAfter = retrySeconds(x.answer.retryAfter, s.cfg.Scale)
	s.record(x)
	if x.row.Disposition == history.Acked {
		c.acked.Store(x.row.Request)
	}
	c.current = nil
}

// fill makes a row for each token, or one without.
func (x *exchange) fill() []history.Attempt {
	x.rows = append(x.rows[:0], x.row)
	for i, t := range x.tokens {
		row := x.row
		row.Key, row.Number = t.Key, t.Seq
		if i < len(x.nths) {
			row.Nth = x.nths[i]
		}
		x.rows = append(x.rows[:i], row)
	}
	return x.rows
}

func (x *exchange) reached(m Milestone) {
	if w := x.server.cfg.Watcher; w != nil && !x.trap && x.endpoint != nil {
		w.Reached(int(x.row.Endpoint), m, x.server.now())
	}
}
