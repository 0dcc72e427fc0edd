package prober

import (
	"bufio"
	"math"
	"net"
	"net/http"
	"strconv"
	"time"
)

// maxRaw is how much of what an act writes on a connection it has taken is
// kept to be read again: a head and some body.
const maxRaw = 16 << 10

// cut says in which way an act ended the connection it had taken.
type cut uint8

const (
	notCut cut = iota
	byClose
	byReset
)

// answer is the http.ResponseWriter of one exchange. It finds out what the
// answer says and how much of it went out.
type answer struct {
	http.ResponseWriter
	x *exchange

	// status is what was asked to be written; 0: nothing yet.
	status int
	// declared is the answer's Content-Length; -1: it has none.
	declared int64
	// written counts the body's bytes, flushed those that were sent on.
	written, flushed int64
	// retryAfter is the Retry-After header.
	retryAfter string

	// at is when the answer's first byte was about to go out.
	at time.Duration
	// out counts the bytes that the connection took, of head and body.
	out int
	// failed: the connection did not take all of it.
	failed bool

	// hijacked: an act has taken the connection; it wrote raw, rawOut bytes
	// in all, and ended it by how.
	hijacked bool
	raw      []byte
	rawOut   int
	how      cut
}

func (a *answer) reset(w http.ResponseWriter) {
	*a = answer{ResponseWriter: w, x: a.x, declared: -1, raw: a.raw[:0]}
}

// Unwrap lets http.ResponseController reach what is not changed here.
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }

// WriteHeader implements http.ResponseWriter.
func (a *answer) WriteHeader(status int) {
	if a.status == 0 && (status >= 200 || status == http.StatusSwitchingProtocols) {
		a.begin(status)
	}
	a.ResponseWriter.WriteHeader(status)
}

func (a *answer) begin(status int) {
	a.x.reached(BeforeAnswer)
	a.status = status
	h := a.Header()
	a.retryAfter = h.Get("Retry-After")
	if length := h.Get("Content-Length"); length != "" {
		if n, err := strconv.ParseInt(length, 10, 64); err == nil {
			a.declared = n
		}
	}
}

// Write implements http.ResponseWriter.
func (a *answer) Write(p []byte) (int, error) {
	if a.status == 0 {
		a.begin(http.StatusOK)
	}
	n, err := a.ResponseWriter.Write(p)
	a.written += int64(n)
	return n, err
}

// FlushError is what http.ResponseController calls.
func (a *answer) FlushError() error {
	if a.status == 0 {
		a.begin(http.StatusOK)
	}
	err := http.NewResponseController(a.ResponseWriter).Flush()
	if err == nil {
		a.flushed = a.written
	}
	return err
}

// Flush implements http.Flusher.
func (a *answer) Flush() {
	_ = a.FlushError() // a failed write shows on the connection
}

// Hijack implements http.Hijacker. The connection is a Conn.
func (a *answer) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	c, rw, err := http.NewResponseController(a.ResponseWriter).Hijack()
	if err != nil {
		return nil, nil, err
	}
	a.hijacked = true
	a.flushed = a.written
	return hijackedConn{serverConn: c.(*serverConn), exchange: a.x}, rw, nil
}

// answering reports whether what the connection writes is part of the answer,
// and not `100 Continue`.
func (a *answer) answering() bool { return a.status != 0 || a.hijacked || a.x.served }

// writing is called before the connection writes.
func (x *exchange) writing() {
	if x.answer.at != 0 || !x.answer.answering() {
		return
	}
	if x.answer.status == 0 {
		x.reached(BeforeAnswer)
	}
	x.answer.at = x.server.now()
}

// wrote is called with what the connection took.
func (x *exchange) wrote(p []byte, err error) {
	a := &x.answer
	if !a.answering() {
		return
	}
	a.out += len(p)
	a.failed = a.failed || err != nil
	if a.hijacked {
		a.rawOut += len(p)
		a.raw = append(a.raw, p[:min(len(p), maxRaw-len(a.raw))]...)
	}
}

// cutting is called before an act ends the connection it had taken. The
// exchange is recorded now: once the client knows of the end it may make its
// next attempt, and that is not to be found in the history before this one.
func (x *exchange) cutting(how cut) {
	if x.answer.how != notCut {
		return
	}
	x.answer.how = how
	x.remember()
	x.finish()
}

// ending puts together what is known at the end of the exchange. broken says
// what the connection knows.
func (a *answer) ending(requestWhole, aborted, broken bool) ending {
	e := ending{requestWhole: requestWhole, broken: broken || a.how == byReset}
	if a.out == 0 {
		return e
	}
	e.status = a.status
	bodiless := a.status == http.StatusNoContent || a.status == http.StatusNotModified
	switch {
	case a.hijacked && a.status == 0:
		var h http.Header
		e.status, h, e.whole = rawAnswer(a.raw, a.rawOut, a.how != byReset)
		a.retryAfter = h.Get("Retry-After")
	case a.hijacked:
		e.whole = bodiless || (a.declared >= 0 && a.written+int64(a.rawOut) >= a.declared)
	case aborted:
		e.whole = bodiless || (a.declared >= 0 && a.flushed >= a.declared)
	default:
		if e.status == 0 {
			e.status = http.StatusOK
		}
		e.whole = bodiless || a.declared < 0 || a.written == a.declared
	}
	e.whole = e.whole && !a.failed
	return e
}

// retrySeconds turns a Retry-After header, in seconds or as a date, into
// whole scenario seconds.
func retrySeconds(header string, scale float64) uint16 {
	if header == "" {
		return 0
	}
	wait := 0.0
	if seconds, err := strconv.Atoi(header); err == nil {
		wait = float64(seconds)
	} else if at, err := http.ParseTime(header); err == nil {
		wait = time.Until(at).Seconds()
	}
	return uint16(min(max(math.Ceil(wait*scale), 0), math.MaxUint16))
}
