// Package chaos holds what can go wrong between a sender and an endpoint, as
// values. It acts through the types of the standard library and knows no
// endpoint, no history and no scenario: whoever owns those asks a fault for a
// handler or hands it a door, and writes down what it did.
//
// A fault is a pure function of (seed, endpoint, token, attempt of that
// obligation, offset). It keeps no counter of arrivals, since the order of
// arrivals within one instant is chance.
package chaos

import (
	"net"
	"net/http"
	"time"
)

// Layer is the place at which a fault acts.
type Layer uint8

// The layers, from the outside in.
const (
	// LayerConnect: before there is a connection. Such a fault cannot be
	// limited to attempts or keys, since nothing is known of a request yet.
	LayerConnect Layer = iota + 1
	// LayerRequest: on the request's headers, before its body is read. Such a
	// fault can be limited to attempts or keys only for senders that show the
	// event's token in the URL or in a header.
	LayerRequest
	// LayerResponse: on the whole request.
	LayerResponse
)

// Request is what a fault may know of the request it acts on.
type Request struct {
	Seed uint64
	// Endpoint is the endpoint's name.
	Endpoint string
	// Key and Number are the event's token; Number is 0 without one.
	Key, Number uint32
	// Attempt counts the attempts of this obligation from 1; 0 without a token.
	Attempt int
	// Offset is when the request arrived; From and Until bound the fault's
	// window at this endpoint. All are scenario time.
	Offset, From, Until time.Duration
	// Scale is how many scenario seconds pass in one second of the clock:
	// whoever waits divides by it.
	Scale float64
}

// Fault is one thing done wrong. A nil function means that the fault does not
// act in that way; exactly one of HTTP and Door is set.
type Fault struct {
	// Kind is the name in the registry.
	Kind string
	// Layer is where it acts.
	Layer Layer
	// Tail is how long after the end of its window a fault still shapes
	// answers: replicas that become ready one after the other.
	Tail time.Duration
	// HTTP makes the handler that answers r in place of next. It is called
	// once per request. A nil handler means that the fault lets this request
	// pass: it is no hit.
	//
	// A handler that ends the connection hijacks it and ends it before it
	// returns. What it had written before that went through WriteHeader and
	// Write. The connection must be a Conn; if it is not, the handler panics.
	HTTP func(r Request, next http.Handler) http.Handler
	// Door does something to an endpoint's listener until undo is called.
	Door func(d Door) (undo func() error, err error)
	// Steps lists what the fault will do within its window, for the history.
	Steps func(from, until time.Duration) []Step
	// RetryAfter is the shortest time that its answers ask a sender to wait;
	// a run whose scale makes that shorter than a second is refused. Zero: none.
	RetryAfter time.Duration
	// Stalls says that it makes senders wait for their own timeout.
	Stalls bool
}

// Step is one thing that a fault does at a known time.
type Step struct {
	At   time.Duration
	Text string
}

// Conn is what a fault needs of the connection it hijacks.
type Conn interface {
	net.Conn
	// Reset drops the connection so that the peer sees ECONNRESET.
	Reset() error
	// CloseWrite sends FIN and keeps reading.
	CloseWrite() error
}

// Door is an endpoint's listener as faults of the connect layer see it.
type Door interface {
	// Refuse makes connecting fail with ECONNREFUSED until undo is called.
	Refuse() (undo func() error, err error)
	// Blackhole makes connecting hang until undo is called: no answer at all.
	Blackhole() (undo func() error, err error)
}

// TrapPrefix is the path under which the server counts hits of requests that
// followed a redirect. A slash and the endpoint's name follow it. Package
// prober serves it.
const TrapPrefix = "/trap"

// TrapAnswer is the query parameter that tells the trap which status to
// answer; left out: 200.
const TrapAnswer = "answer"
