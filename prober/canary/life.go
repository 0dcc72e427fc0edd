package canary

import (
	"time"

	"github.com/hookdrill/hookdrill/prober/event"
)

// Canary is one synthetic event. It is written to the state before it is
// published, so that a prober that is killed neither publishes it again nor
// forgets it. What has not happened has a zero time.
type Canary struct {
	Region string      `json:"region"`
	Token  event.Token `json:"token"`
	// Called is when the publish began, and Answered when it ended.
	Called   time.Time `json:"called,omitzero"`
	Answered time.Time `json:"answered,omitzero"`
	// Accepted is when the sender came to owe it; also set by a receipt of
	// one whose publish was left open.
	Accepted time.Time `json:"accepted,omitzero"`
	// Refused says that the sender owes nothing.
	Refused bool `json:"refused,omitempty"`
	// Class is how the publish failed.
	Class Class `json:"class,omitempty"`
	// Overdue, Lost and Received are when it came to be each.
	Overdue  time.Time `json:"overdue,omitzero"`
	Lost     time.Time `json:"lost,omitzero"`
	Received time.Time `json:"received,omitzero"`
	// Copies counts receipts.
	Copies int `json:"copies,omitempty"`
	// Attempts is how many attempts its delivery took, as the sender tells it;
	// 0: it has not.
	Attempts int `json:"attempts,omitempty"`
	// Withdrawn is when its endpoint was unsubscribed while it was on its
	// way: nothing is owed any more, and nobody is to blame.
	Withdrawn time.Time `json:"withdrawn,omitzero"`
}

// State is where a canary is in its life. The states are kept apart: what
// failed at publish is not what has not been delivered yet.
type State uint8

// The states. Pending is the zero value: the publish has not been answered.
const (
	Pending State = iota
	PublishFailed
	InFlight
	Late
	Delivered
	Lost
	Recovered
	Withdrawn
)

// String returns the state in the words of reports.
func (s State) String() string {
	return [...]string{"pending", "publish-failed", "in-flight", "late", "delivered", "lost", "recovered", "withdrawn"}[s]
}

// State returns where c is in its life.
func (c *Canary) State() State {
	switch {
	case !c.Received.IsZero() && !c.Lost.IsZero():
		return Recovered
	case !c.Received.IsZero():
		return Delivered
	case !c.Withdrawn.IsZero():
		return Withdrawn
	case c.Refused:
		return PublishFailed
	case !c.Lost.IsZero():
		return Lost
	case c.Accepted.IsZero() && !c.Answered.IsZero():
		return PublishFailed
	case c.Accepted.IsZero():
		return Pending
	case !c.Overdue.IsZero():
		return Late
	default:
		return InFlight
	}
}

// flying reports whether the sender owes c and it is neither delivered nor lost.
func (c *Canary) flying() bool {
	s := c.State()
	return s == InFlight || s == Late
}

// open reports whether a receipt of c would be news.
func (c *Canary) open() bool { return c.Received.IsZero() }

// latency is from acceptance to receipt, or until now. A clock that went
// backwards makes it zero, never negative.
func (c *Canary) latency(now time.Time) time.Duration {
	if !c.Received.IsZero() {
		now = c.Received
	}
	return max(now.Sub(c.Accepted), 0)
}

// verdict says whether c counts for or against its region. decided is false
// while it may still become either.
func (c *Canary) verdict() (good, decided bool) {
	switch {
	case c.State() == Withdrawn:
		return false, false
	case c.Class != OK, !c.Overdue.IsZero(), !c.Lost.IsZero():
		return false, true
	case !c.Received.IsZero():
		return true, true
	default:
		return false, false
	}
}
