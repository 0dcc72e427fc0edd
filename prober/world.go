package prober

import (
	"net/http"
	"time"

	"github.com/hookdrill/hookdrill/prober/event"
	"github.com/hookdrill/hookdrill/prober/history"
)

// TokenFinder calls yield for the tokens of a request that count, until it
// returns false. run is that of event.Scan; body is what has arrived of it.
type TokenFinder func(h http.Header, body []byte, run string, yield func(event.Token) bool)

// Arrival is what an endpoint knows about a request when it has to decide
// what to do with it.
type Arrival struct {
	// Endpoint is the endpoint's index in the server's list.
	Endpoint int
	// Key and Number are the event's token; Number is 0 without one.
	Key, Number uint32
	// Attempt counts the attempts of this obligation from 1; 0 without a token.
	Attempt int
	// Offset is scenario time.
	Offset time.Duration
	// Early says that the request's body has not been read: an Act returned
	// for an early arrival takes its place, and nothing more is asked.
	Early bool
}

// Act is the decision on one request.
type Act struct {
	// Fault is one more than the index of the fault that acts; 0: none.
	Fault uint16
	// Wrap makes the handler that answers in place of next, which answers as
	// a healthy endpoint does (after its latency, 200). Nil leaves next alone.
	Wrap func(next http.Handler) http.Handler
}

// Faults decides what goes wrong. Decide is called under the endpoint's lock,
// once for each step of a request, so that every decision (attempt number,
// sequence position, draw) is one atomic step. It must not block.
type Faults interface {
	Decide(a Arrival) Act
}

// Milestone is a point in the life of a request at an endpoint.
type Milestone string

// The milestones at which a trigger can fire.
const (
	// RequestHeaders: the headers are there, the body has not been read.
	RequestHeaders Milestone = "request-headers"
	// RequestWhole: the request is there as a whole, nothing has been answered.
	RequestWhole Milestone = "request-whole"
	// BeforeAnswer: the answer is about to be written.
	BeforeAnswer Milestone = "before-answer"
	// AfterAnswer: the answer has been written.
	AfterAnswer Milestone = "after-answer"
)

// Watcher hears what endpoints see, as it happens. Its methods are called
// from the goroutine that serves the request and must not block for long.
type Watcher interface {
	// Reached is called when a request reaches a milestone.
	Reached(endpoint int, m Milestone, at time.Duration)
	// Attempted is called with the rows of a request when it is over. The
	// slice is used again after the call.
	Attempted(rows []history.Attempt)
	// Amended is called when a row's disposition turned out to be another.
	Amended(a history.Amend)
}
