// Package plan turns a scenario file into a plan: pure data from (file, seed),
// with every planned instant, endpoint and event fixed. It knows no clock, no
// network and no goroutine.
package plan

import (
	"time"

	"github.com/hookdrill/hookdrill/chaos"
)

// Plan is a scenario compiled with a seed. It is not changed after Compile.
type Plan struct {
	// File and Text are the scenario file; with Seed they give the plan again.
	File string
	Text []byte
	Seed uint64

	Version             int
	Name, Title, Source string
	// Starts is the scenario's date: the virtual clock starts there.
	Starts time.Time
	// Run is the run part of every token, derived from name and seed.
	Run string
	// Endpoints in file order; other parts refer to them by index.
	Endpoints []Endpoint
	// Topics say who is owed an event: traffic names a topic, endpoints
	// subscribe to it.
	Topics []Topic
	// Streams are the lines of traffic; Publishes puts their events together.
	Streams []Stream
	// Faults are everything done to endpoints, deploys among them, in file order.
	Faults []Fault
	// Verbs are everything done to the sender, by time; those with a trigger last.
	Verbs []Verb
	// Dependencies are everything done to what the sender leans on, in file order.
	Dependencies []DependencyVerb
	// Marks are notes for the reader.
	Marks []Mark
	// Latency is how long a healthy endpoint takes to answer.
	Latency Latency
	// Retry is how long the driver's outbox waits before it offers an event
	// again that was refused or whose outcome is not known.
	Retry time.Duration
	Drain Drain
	// Guarantees are what must hold, in file order.
	Guarantees []Guarantee
	// Scale is the scale for real time; 0: the file gives none.
	Scale float64
	// TrafficEnd is the offset behind the last planned publish.
	TrafficEnd time.Duration
	// Catches names the reference sender's bugs that this scenario is meant
	// to catch, for `hookdrill list --long`.
	Catches []string
}

// Endpoint is a fake customer.
type Endpoint struct {
	Name   string
	Labels map[string]string
	// Topics are the names of the topics it subscribes to.
	Topics []string
	// OwnListener says that a fault of the connect layer selects it.
	OwnListener bool
	// Secret signs attempts to it, in the `whsec_` form.
	Secret string
}

// Topic is a set of endpoints that are owed the same events.
type Topic struct {
	Name string
	// Endpoints are indexes, ascending.
	Endpoints []int
}

// Stream is one line of traffic.
type Stream struct {
	From, For time.Duration
	// Every is the mean time between two events, rounded down.
	Every time.Duration
	// Count is the number of events.
	Count int
	// Keys is the number of ordering keys, and FirstKey the first of them. A
	// file says how many each of Topics has: a key belongs to one topic, so that
	// its events meet at the same endpoints. Key FirstKey+k belongs to
	// Topics[k%len(Topics)].
	Keys, FirstKey int
	// Topics are indexes of the plan's topics; each event takes one of them.
	// All get the same number of events, to within one.
	Topics []int
	// MinBody and MaxBody bound the body's size in bytes.
	MinBody, MaxBody int
}

// Publish is one planned event.
type Publish struct {
	// At is its offset, distinct from every other planned instant.
	At time.Duration
	// Key and Number are its token: Number counts within the key from 1.
	Key, Number uint32
	// Topic is an index into Plan.Topics.
	Topic int
	// Size is the body's size in bytes.
	Size int
}

// Fault is one line of the timeline that acts on endpoints.
type Fault struct {
	// ID is unique: the line's own, or made from its kind and place.
	ID   string
	Line int
	// Value is what it does.
	Value chaos.Fault
	// Summary says in a few words what it does, for plans and reports.
	Summary string
	// From and Until bound its window, scenario time. With a Trigger, From is
	// 0 and Until is how long the window is open once the trigger has fired.
	From, Until time.Duration
	Trigger     *Trigger
	// Endpoints are the indexes it selects, ascending.
	Endpoints []int
	// Ends holds for each of Endpoints when the window closes there: Until,
	// or earlier where a heal shortens it.
	Ends []time.Duration
	// Select limits it to some attempts.
	Select chaos.Selector
	// Deploy says that it came from a deploy line.
	Deploy bool
	// AtPublish says that it acts before the sender's publish API, and so at no
	// endpoint: Endpoints and Ends are empty.
	AtPublish bool
}

// Trigger fires when an endpoint has reached a milestone for the nth time.
type Trigger struct {
	// Milestone is a prober.Milestone as a string.
	Milestone string
	// Endpoints are the indexes that count.
	Endpoints []int
	Nth       int
	// By is when it must have fired: otherwise what hangs on it hit nothing.
	By time.Duration
}

// Verb is something done to the sender.
type Verb struct {
	ID   string
	Line int
	// Action is kill, term, pause, or scale.
	Action string
	// At is when; with a Trigger it is 0.
	At      time.Duration
	Trigger *Trigger
	// For is how long the sender stays away (kill, term), paused or scaled.
	For time.Duration
	// Instance is the one of several processes that is killed, from 1; 0: all.
	Instance int
	// To is the number of processes to scale to.
	To int
	// Grace is how long it may take to stop before it is killed; 0: the
	// harness's own patience.
	Grace time.Duration
}

// The actions of a Verb.
const (
	ActionKill  = "kill"
	ActionTerm  = "term"
	ActionPause = "pause"
	ActionScale = "scale"
)

// DependencyVerb is something done to a database or broker of the sender's.
type DependencyVerb struct {
	ID   string
	Line int
	// Name is what the sender's profile calls the dependency.
	Name string
	// Action is a verb of package dependency.
	Action string
	// At is when; with a Trigger it is 0.
	At      time.Duration
	Trigger *Trigger
	// For is until it is undone.
	For time.Duration
	// Latency, Jitter and Rate (bytes a second) say how slow slow is.
	Latency, Jitter time.Duration
	Rate            int
}

// Mark is a note of the scenario's author.
type Mark struct {
	At   time.Duration
	Text string
}

// Latency is a range from which each attempt draws.
type Latency struct{ Min, Max time.Duration }

// Drain says when a run may end.
type Drain struct {
	// AtMost bounds it.
	AtMost time.Duration
	// Quiet is how long after everything is settled the run listens on for
	// attempts that should not come.
	Quiet time.Duration
}

// Guarantee is one line of guarantees.
type Guarantee struct {
	// Name is that of a checker.
	Name string
	Line int
	// Args are its parameters; `where` is resolved into Endpoints.
	Args chaos.Args
	// Endpoints are the indexes it is about, ascending; nil: all.
	Endpoints []int
}
