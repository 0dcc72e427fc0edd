// Package prober stands up synthetic customer endpoints and holds the hand on
// the sender: the contract by which a sender is driven, the networks it is
// driven over, and the driver that publishes to it.
package prober

import (
	"context"
	"crypto/x509"
	"errors"
	"net"
	"net/http"

	"github.com/rs/zerolog"

	"github.com/hookdrill/hookdrill/prober/event"
	"github.com/hookdrill/hookdrill/prober/history"
	"github.com/hookdrill/hookdrill/prober/policy"
)

// ErrRefused is what a sender's Publish wraps when it owes nothing: the event
// was refused for good as far as this call goes. The driver, which behaves
// like a producer with an outbox, will offer the event again.
var ErrRefused = errors.New("publish refused")

// Factory makes a sender. It is called once per incarnation: at the start of
// a run, and again after each kill or restart. It returns when the sender
// takes subscriptions and publishes; an error means that the environment
// failed, not that a guarantee was broken. ctx bounds the start alone.
type Factory func(ctx context.Context, w World) (Sender, error)

// World is what one incarnation of a sender gets to live in. A sender that
// reaches endpoints by anything but Dial or Transport cannot be run in
// virtual time.
type World struct {
	// Dial opens a connection to an endpoint.
	Dial func(ctx context.Context, network, addr string) (net.Conn, error)
	// Transport is a fresh transport that dials by Dial and trusts Roots. The
	// sender owns it.
	Transport *http.Transport
	// Roots are the authorities that endpoints' certificates come from.
	Roots *x509.CertPool
	// Dir is a directory of the sender's own. What it wrote there before a
	// kill is there for the next incarnation, as it was at the kill.
	Dir string
	// Log takes the sender's log lines.
	Log zerolog.Logger
	// Incarnation counts the sender's lives from 1.
	Incarnation int
	// Killed is closed when this incarnation has been killed in the model. A
	// store in memory must refuse writes from then on; it is how a process
	// that is gone would have behaved.
	Killed <-chan struct{}
	// Seed is the plan's, for a sender whose jitter should be reproducible.
	Seed uint64
	// Scale is how many scenario seconds pass in one second of the sender's
	// clock: delays and timeouts are to be divided by it.
	Scale float64
}

// Subscription is one endpoint's wish to hear of events.
type Subscription struct {
	// Endpoint is the endpoint's name.
	Endpoint string
	// URL is where attempts go.
	URL string
	// Secret signs attempts, in the `whsec_` form of Standard Webhooks.
	Secret string
	// Topics are the topics of the events the endpoint is owed.
	Topics []string
	// Labels are the endpoint's labels, such as its region.
	Labels map[string]string
}

// Sender is the system under test as the harness sees it. Its methods are
// called from several goroutines at once.
type Sender interface {
	// Subscribe makes the sender owe s.Endpoint every event accepted from now
	// on whose topic s lists. Subscribing the same endpoint again is a no-op:
	// durable senders still know it after a restart.
	Subscribe(ctx context.Context, s Subscription) error
	// Publish hands over one event. Nil means accepted: the sender owes
	// delivery. An error that wraps ErrRefused means that it owes nothing;
	// any other error leaves open whether it does. The sender may keep e.Body:
	// nobody changes it any more.
	Publish(ctx context.Context, e event.Event) error
}

// Declarer is a Sender that declares its policy.
type Declarer interface {
	Policy() policy.Policy
}

// Stopper is a Sender that can be stopped in an orderly way. Stop returns when
// the sender has ended, or with an error when ctx ends first.
type Stopper interface {
	Stop(ctx context.Context) error
}

// Pender is a Sender that says how many deliveries it still intends to make.
type Pender interface {
	Pending(ctx context.Context) (int, error)
}

// Unsubscriber is a Sender from which an endpoint can be removed.
type Unsubscriber interface {
	Unsubscribe(ctx context.Context, endpoint string) error
}

// Outcomer is a Sender that can be asked afterwards what became of a publish
// whose call ended without an answer.
type Outcomer interface {
	Outcome(ctx context.Context, t event.Token) (history.Outcome, error)
}

// Accountant is a Sender that says afterwards what became of an event at each
// endpoint. Endpoints of which it says nothing are left out. An error that
// wraps errors.ErrUnsupported means that this one cannot be asked after all.
type Accountant interface {
	Accounts(ctx context.Context, t event.Token) ([]Account, error)
}

// Account is what a sender says of one event at one endpoint.
type Account struct {
	// Endpoint is the endpoint's name.
	Endpoint string
	State    history.AccountState
	// Said is the sender's own word.
	Said string
	// Attempts is how many attempts it has made; 0: it does not say.
	Attempts int
}

// Process is a Sender that runs in a process of its own, so that it can be
// killed for real. The engine models the verbs for senders without it.
type Process interface {
	// Kill ends the process as SIGKILL does, and returns when it is gone.
	Kill() error
	// Terminate asks the process to end as SIGTERM does, and does not wait.
	Terminate() error
	// Pause and Resume stop and continue it as SIGSTOP and SIGCONT do.
	Pause() error
	Resume() error
	// Exited is closed when the process is gone, whoever ended it.
	Exited() <-chan struct{}
	// ExitReason says in a few words how it ended, after Exited was closed.
	ExitReason() string
}

// Fleet is a Sender of several processes that deliver together.
type Fleet interface {
	// Instances returns how many there are to be.
	Instances() int
	// KillInstance ends the i-th, from 1, as SIGKILL does, and returns when it
	// is gone. That is no end of the sender.
	KillInstance(i int) error
	// StartInstance starts the i-th again and returns when it is ready.
	StartInstance(ctx context.Context, i int) error
	// Scale starts or stops processes until there are n.
	Scale(ctx context.Context, n int) error
}
