// Package profile reads profiles and drives senders by them. A profile is a
// strict YAML file that tells how to start one particular sender, how to
// subscribe and publish to it, and what it declares.
package profile

import (
	"fmt"
	"regexp"
	"time"

	"github.com/hookdrill/hookdrill/prober/policy"
	"github.com/hookdrill/hookdrill/prober/strict"
)

// Profile is a profile as it was read. It is not changed after Parse.
type Profile struct {
	// File is the name errors show, and Text what it holds.
	File string
	Text []byte

	// Name is what reports call the sender, and Title what it is.
	Name, Title string
	// Needs are the databases and brokers it leans on.
	Needs []Need
	// Secrets are values that no log, transcript or report shows.
	Secrets []Secret
	// Ports are names of free ports of this machine, the same in every life.
	Ports []string
	// Files are written into the sender's directory before each start.
	Files []File
	// Commands are its processes in the order in which they start; empty for
	// one that runs elsewhere.
	Commands []Command
	// Remote is the base URL of a sender that runs elsewhere; nil for one that
	// is started here.
	Remote *Text
	// AllowHosts are the hosts, beyond loopback, that may be talked to.
	AllowHosts []string
	// Gateway is where the HTTP proxy before its publish API leads; nil: there
	// is none.
	Gateway *Text

	// Setup runs when the sender is first ready, Subscribe for each endpoint,
	// Apply once between the last Subscribe and the next Publish, Publish for
	// each event, and Stop before the processes are asked to end.
	Setup, Subscribe, Apply, Publish, Stop []Step
	// Unsubscribe runs for an endpoint that is to hear no more; empty: the
	// sender knows no way.
	Unsubscribe []Step
	// Forgets says that a sender that was restarted knows neither what Setup
	// made nor its subscriptions.
	Forgets bool
	// Fanout is FanoutTopic or FanoutAll.
	Fanout string

	// Pending asks how many deliveries the sender still intends to make; nil:
	// it cannot be asked.
	Pending *Query
	// Accounts asks what became of one event; nil: it cannot be asked.
	Accounts *AccountQuery
	// Identify says where tokens are; nil: anywhere in a request.
	Identify *Identify
	// AttemptHeader is the header of a request that says which attempt it is,
	// counted from one; empty: none does.
	AttemptHeader string
	// Signature says how attempts are signed; nil: not at all.
	Signature *Signature
	// Speed are the settings that a scaled run shortens.
	Speed []Setting
	// Expected are the deviations that are known.
	Expected []Deviation

	declares declares
}

// Who hears of an event.
const (
	// FanoutTopic: the endpoints that subscribed to the event's topic.
	FanoutTopic = "topic"
	// FanoutAll: every endpoint; the sender knows no topics. Scenarios whose
	// events are owed to some endpoints only do not apply to it.
	FanoutAll = "all"
)

// Need is one database or broker.
type Need struct {
	strict.Pos

	// Name is what templates and scenarios call it; Kind is one of package
	// dependency.
	Name, Kind string
	// URL is that of one that runs already; nil: one is started.
	URL *Text
}

// Secret is a value from the environment or a file.
type Secret struct {
	strict.Pos

	Name string
	// Env is a variable's name, and File a file's; Default is for tests of
	// senders that are started here and thrown away.
	Env, File, Default string
}

// File is a configuration file.
type File struct {
	strict.Pos

	// Name is its path below the sender's directory.
	Name string
	Body Text
}

// Command is one process, or several alike.
type Command struct {
	strict.Pos

	Name string
	Run  []Text
	Env  []Pair
	// Once says that it runs to its end before what follows, in the sender's
	// first life only, and has to end well.
	Once bool
	// Capture takes values out of what a Once command prints.
	Capture []Capture
	// Ports are names of free ports that each instance has for itself.
	Ports []string
	// Ready says when it is ready; the zero value: as soon as it runs.
	Ready Ready
	// Grace is how long it may take to end when it is asked to, real time.
	Grace time.Duration
	// Delivers says that it makes the attempts: verbs on the sender act on it.
	Delivers bool
	// Scale is the number of instances.
	Scale int
}

// Ready says when a process is ready: when all that is given holds.
type Ready struct {
	// HTTP is a URL that answers below 400, and TCP a host:port that takes
	// connections.
	HTTP, TCP *Text
	// Log matches a line of its output.
	Log *regexp.Regexp
	// Within bounds the wait, real time.
	Within time.Duration
}

// Pair is a name with a value.
type Pair struct {
	Name  string
	Value Text
}

// Step is one thing to do: an HTTP request, a file to write again, or a
// command to restart. Exactly one of URL, File and Restart is set.
type Step struct {
	strict.Pos

	Name    string
	Method  string
	URL     *Text
	Headers []Pair
	Body    *Text
	// Accept and Refuse are the answers that mean accepted and refused; all
	// others leave it open.
	Accept, Refuse []policy.StatusRange
	Capture        []Capture
	// EachTopic repeats a step of Subscribe or Unsubscribe for each of the
	// endpoint's topics.
	EachTopic bool
	// Timeout bounds the request, real time.
	Timeout time.Duration
	// File is the name of one of Files, and Restart that of a command.
	File, Restart string
}

// Capture takes a value out of an answer. Exactly one of JSON, Header and
// Pattern is set; a pattern gives its first group.
type Capture struct {
	strict.Pos

	Name    string
	JSON    Path
	Header  string
	Pattern *regexp.Regexp
	// Secret keeps the value out of logs and transcripts.
	Secret bool
	// Optional says that an answer without it is good too: the value is empty.
	Optional bool
}

// Query asks for one number.
type Query struct {
	Step Step
	// Value leads to numbers, which are added up.
	Value Path
}

// AccountQuery asks what became of one event.
type AccountQuery struct {
	Step Step
	// Each leads to the list of deliveries or attempts, in time order; the
	// latest comes first where NewestFirst says so.
	Each        Path
	NewestFirst bool
	// Endpoint leads from an entry to what names its endpoint, which Match
	// renders for each endpoint, and State to its state.
	Endpoint Path
	Match    Text
	State    Path
	// Delivered, Pending and Failed are the states by what they mean.
	Delivered, Pending, Failed []string
	// Attempts leads from an entry to how many attempts there were by then; the
	// zero Path: it does not say. EachAttempt says that an entry is an attempt.
	Attempts    Path
	EachAttempt bool
}

// Identify says which tokens of a request count.
type Identify struct {
	// Header is the only header to look into; empty: none is looked into
	// where JSON is set.
	Header string
	// Entries leads to the entries of a batch, and Where says which of them
	// count.
	Entries Path
	Where   []Match
	// JSON leads to the token, from an entry or from the body.
	JSON Path
}

// Match wants a value at a place.
type Match struct {
	Path   Path
	Values []string
}

// Signature says how attempts are signed.
type Signature struct {
	strict.Pos

	// Scheme is a scheme of package signature.
	Scheme string
	// Value renders the secret of an endpoint, after it was subscribed; nil:
	// the secret is the one hookdrill gave at subscribe.
	Value *Text
}

// Deviation is a failure that is known.
type Deviation struct {
	strict.Pos

	Guarantee, Scenario, Reason string
}

// Position returns where the deviation stands: file:line:col.
func (p *Profile) Position(d Deviation) string { return fmt.Sprintf("%s:%d:%d", p.File, d.Line, d.Col) }
