package prober

import (
	"math"
	"sync"
	"time"

	"github.com/hookdrill/hookdrill/prober/event"
	"github.com/hookdrill/hookdrill/prober/signature"
)

// endpoint is one fake customer. There may be 100,000 in a process: whatever
// only some of them need is made when it is needed.
type endpoint struct {
	name     string
	secret   string
	listener Listener

	// mu makes one step of counting and deciding.
	mu       sync.Mutex
	verifier signature.Verifier
	// attempts counts the attempts of each obligation.
	attempts map[obligation]uint16
	// cuts holds the obligations whose last attempt a transport may repeat.
	cuts map[obligation]cutShort
}

// obligation is an event's key and number in one word.
type obligation uint64

func obligationOf(t event.Token) obligation { return obligation(t.Key)<<32 | obligation(t.Seq) }

// decide counts the attempt of each token that was not counted before, and
// asks what is to be done: both under the lock, so that no other request for
// the same obligation can come in between.
func (e *endpoint) decide(x *exchange, early bool, at time.Duration) Act {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.count(x)
	if !early {
		x.row.Resent = e.resent(x, at)
	}
	if x.server.cfg.Faults == nil || x.notPost {
		return Act{}
	}
	a := Arrival{Endpoint: int(x.row.Endpoint), Offset: at, Early: early}
	if len(x.tokens) > 0 {
		a.Key, a.Number, a.Attempt = x.tokens[0].Key, x.tokens[0].Seq, int(x.nths[0])
	}
	return x.server.cfg.Faults.Decide(a)
}

// count numbers the attempts of the tokens that have no number. mu is held.
func (e *endpoint) count(x *exchange) {
	for len(x.nths) < len(x.tokens) {
		if e.attempts == nil {
			e.attempts = make(map[obligation]uint16)
		}
		o := obligationOf(x.tokens[len(x.nths)])
		n := e.attempts[o]
		if n < math.MaxUint16 {
			n++
			e.attempts[o] = n
		}
		x.nths = append(x.nths, n)
	}
}

// verifierFor makes the endpoint's verifier at its first request: a sender may
// say what it signs with only when it is subscribed to.
func (e *endpoint) verifierFor(scheme signature.Scheme, given func(string) (string, bool)) (signature.Verifier, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.verifier == nil {
		secret := e.secret
		if given != nil {
			if s, ok := given(e.name); ok {
				secret = s
			}
		}
		v, err := scheme.Verifier(secret)
		if err != nil {
			return nil, err
		}
		e.verifier = v
	}
	return e.verifier, nil
}

// latency is how long a healthy endpoint takes for this attempt: a hash, not
// a draw, so that it does not depend on what arrived before.
func (x *exchange) latency() time.Duration {
	c := &x.server.cfg
	spread := c.LatencyMax - c.LatencyMin
	h := mix(c.Seed, uint64(x.row.Endpoint))
	if len(x.tokens) > 0 {
		h = mix(mix(h, uint64(obligationOf(x.tokens[0]))), uint64(x.nths[0]))
	}
	d := c.LatencyMin
	if spread > 0 {
		d += time.Duration(h % uint64(spread+1))
	}
	return time.Duration(float64(d) / c.Scale)
}

// mix is the finalizer of SplitMix64 over h and v.
func mix(h, v uint64) uint64 {
	h += v + 0x9e3779b97f4a7c15
	h = (h ^ h>>30) * 0xbf58476d1ce4e5b9
	h = (h ^ h>>27) * 0x94d049bb133111eb
	return h ^ h>>31
}
