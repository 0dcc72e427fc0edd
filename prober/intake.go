package prober

import (
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/hookdrill/hookdrill/prober/event"
	"github.com/hookdrill/hookdrill/prober/history"
	"github.com/hookdrill/hookdrill/prober/signature"
)

// tokenPrefix is what every token begins with: looking for it in a header
// costs less than copying the header for event.Scan.
const tokenPrefix = "hd1-"

// findInHead looks for tokens in the URL and the headers. A finder of the
// sender's own decides by the whole request.
func (x *exchange) findInHead() {
	if x.server.cfg.Tokens != nil {
		return
	}
	x.findIn(x.request.RequestURI)
	x.names = x.names[:0]
	for name, values := range x.request.Header {
		for _, v := range values {
			if strings.Contains(v, tokenPrefix) {
				x.names = append(x.names, name)
				break
			}
		}
	}
	// A map has no order, and the first token is the one that decides.
	slices.Sort(x.names)
	for _, name := range x.names {
		for _, v := range x.request.Header[name] {
			x.findIn(v)
		}
	}
}

func (x *exchange) findIn(s string) {
	if strings.Contains(s, tokenPrefix) {
		x.scratch = append(x.scratch[:0], s...)
		event.Scan(x.scratch, x.server.cfg.Run, x.add)
	}
}

// findInBody looks for tokens in what there is of the body.
func (x *exchange) findInBody() {
	if find := x.server.cfg.Tokens; find != nil {
		find(x.request.Header, x.body, x.server.cfg.Run, x.add)
		return
	}
	event.Scan(x.body, x.server.cfg.Run, x.add)
}

// add keeps a token that is not known yet, within the limit.
func (x *exchange) add(t event.Token) bool {
	if x.knows(t) {
		return true
	}
	if len(x.tokens) >= x.server.limits.rows {
		x.server.note("a request carried more tokens than are recorded of one")
		return false
	}
	x.tokens = append(x.tokens, t)
	if len(x.known) > 0 {
		x.known[obligationOf(t)] = struct{}{}
	}
	return true
}

// knows reports whether t was found before. Few tokens are compared one by
// one; a map is made when there are many.
func (x *exchange) knows(t event.Token) bool {
	const few = 16
	if len(x.tokens) < few {
		return slices.Contains(x.tokens, t)
	}
	if len(x.known) == 0 {
		if x.known == nil {
			x.known = make(map[obligation]struct{})
		}
		for _, known := range x.tokens {
			x.known[obligationOf(known)] = struct{}{}
		}
	}
	_, found := x.known[obligationOf(t)]
	return found
}

var errTooLarge = errors.New("the body is larger than an endpoint takes")

// receive reads the body and finds its tokens. It reports whether the request
// is there as a whole; if not, it has seen to the answer.
func (x *exchange) receive() bool {
	err := x.readBody()
	x.row.Bytes = uint32(len(x.body))
	x.findInBody()
	if err == nil {
		x.whole, x.row.Whole = true, x.server.now()
		return true
	}
	if !x.trap {
		x.endpoint.mu.Lock()
		x.endpoint.count(x)
		x.endpoint.mu.Unlock()
	}
	if !errors.Is(err, errTooLarge) {
		x.aborted = true
		return false
	}
	x.server.note("a request was answered 413: " + err.Error())
	x.answerUnread()
	x.answer.Header().Set("Connection", "close")
	x.answer.WriteHeader(http.StatusRequestEntityTooLarge)
	return false
}

// readBody reads until the end of the body. Memory grows with what arrives,
// never with what a Content-Length promises.
func (x *exchange) readBody() error {
	const first = 4 << 10
	if x.request.Body == http.NoBody {
		return nil
	}
	if cap(x.body) == 0 {
		x.body = make([]byte, 0, first)
	}
	for {
		if len(x.body) == cap(x.body) {
			if err := x.grow(); err != nil {
				return err
			}
		}
		n, err := x.request.Body.Read(x.body[len(x.body):cap(x.body)])
		x.body = x.body[:len(x.body)+n]
		switch {
		case err == io.EOF:
			return nil
		case err != nil:
			return err
		}
	}
}

// grow doubles the room for the body, within the limits for one and for all.
func (x *exchange) grow() error {
	s := x.server
	if len(x.body) > s.limits.body {
		return errTooLarge
	}
	room := min(2*len(x.body), s.limits.body+1)
	more := room - len(x.body)
	if s.held.Add(int64(more)) > int64(s.limits.bodies) {
		s.held.Add(-int64(more))
		return errTooLarge
	}
	x.held += more
	// Not append: how much it adds depends on the build.
	x.body = append(make([]byte, 0, room), x.body...)
	return nil
}

// inspect looks at the signature and the padding of a whole request.
func (x *exchange) inspect() {
	switch event.CheckBody(x.body) {
	case event.Intact:
		x.row.Body = history.CheckGood
	case event.Damaged:
		x.row.Body = history.CheckBad
	}
	id := x.request.Header.Get("Webhook-Id")
	if scheme := x.server.scheme; scheme != nil {
		v, err := x.endpoint.verifierFor(scheme, x.server.cfg.Secret)
		if err != nil {
			x.server.note("endpoint " + x.endpoint.name + ": " + err.Error())
			return
		}
		var result signature.Result
		result, id = v.Verify(x.request.Header, x.body, time.Now())
		x.row.Signature = checkOf(result)
	}
	x.row.ID = hashID(id)
}

func checkOf(r signature.Result) history.Check {
	switch r {
	case signature.Good:
		return history.CheckGood
	case signature.Bad:
		return history.CheckBad
	case signature.Missing:
		return history.CheckMissing
	case signature.Stale:
		return history.CheckStale
	}
	return history.CheckNone
}

// hashID is FNV-1a: the same in every run, unlike package maphash.
func hashID(id string) uint64 {
	if id == "" {
		return 0
	}
	h := uint64(0xcbf29ce484222325)
	for i := range len(id) {
		h = (h ^ uint64(id[i])) * 0x100000001b3
	}
	return h
}

// unreadBody stands for a body that was left to an act: it finds out whether
// the act read it.
type unreadBody struct {
	io.ReadCloser
	x *exchange
}

// leaveUnread hands the body to the act.
func (x *exchange) leaveUnread() {
	if x.request.Body == http.NoBody {
		x.whole, x.row.Whole = true, x.row.FirstByte
		return
	}
	x.answerUnread()
	x.unread = unreadBody{x.request.Body, x}
	x.request.Body = &x.unread
}

// answerUnread keeps net/http from holding an answer back until the body, or
// 256 KiB of it, was read.
func (x *exchange) answerUnread() {
	_ = http.NewResponseController(x.answer.ResponseWriter).EnableFullDuplex() // HTTP/1 can
}

// Read implements io.Reader.
func (b *unreadBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.x.row.Bytes += uint32(n)
	if err == io.EOF && !b.x.whole {
		b.x.whole, b.x.row.Whole = true, b.x.server.now()
	}
	return n, err
}
