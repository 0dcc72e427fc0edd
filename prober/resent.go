package prober

import (
	"hash/maphash"
	"time"
)

// resendWithin is how soon, in seconds of the clock, a transport repeats by
// itself a request whose connection was cut: it has nothing to wait for but
// a new connection.
const resendWithin = time.Second

// maxCuts bounds what an endpoint remembers for it.
const maxCuts = 1024

// cutShort is a request after which a transport may send the same bytes once
// more without its sender's knowledge: one on a connection that had carried
// others before, cut before any answer.
type cutShort struct {
	at   time.Duration
	conn uint32
	sum  uint64
}

// remember keeps the request if a transport may repeat it. It is called
// before the client can learn of the cut, since it may be quick.
func (x *exchange) remember() {
	if x.answer.out > 0 || x.conn.requests < 2 || !x.whole || len(x.tokens) == 0 || x.trap {
		return
	}
	c := cutShort{at: x.server.now(), conn: x.conn.number, sum: x.sum()}
	e := x.endpoint
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.cuts == nil {
		e.cuts = make(map[obligation]cutShort)
	}
	if len(e.cuts) < maxCuts {
		e.cuts[obligationOf(x.tokens[0])] = c
	}
}

// resent reports whether the transport must have repeated the request: the
// same bytes in every part, also those that a sender makes anew for each
// attempt, at once, on another connection. mu is held.
func (e *endpoint) resent(x *exchange, at time.Duration) bool {
	if len(e.cuts) == 0 || len(x.tokens) == 0 {
		return false
	}
	o := obligationOf(x.tokens[0])
	c, found := e.cuts[o]
	if !found {
		return false
	}
	delete(e.cuts, o)
	within := time.Duration(float64(resendWithin) * x.server.cfg.Scale)
	return at-c.at <= within && c.conn != x.conn.number && c.sum == x.sum()
}

// sum is a hash of everything in the request. Headers are a map, so their
// hashes are added up.
func (x *exchange) sum() uint64 {
	seed := x.server.hashSeed
	sum := mix(maphash.String(seed, x.request.Method), maphash.String(seed, x.request.RequestURI))
	for name, values := range x.request.Header {
		h := maphash.String(seed, name)
		for _, v := range values {
			h = mix(h, maphash.String(seed, v))
		}
		sum += h
	}
	return mix(sum, maphash.Bytes(seed, x.body))
}
