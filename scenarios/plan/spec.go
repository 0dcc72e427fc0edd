package plan

import (
	"time"

	"github.com/hookdrill/hookdrill/chaos"
	"github.com/hookdrill/hookdrill/prober/strict"
)

// GuaranteeKind is one guarantee that scenario files may ask for. Package
// check has the table of them; a reader is handed it, since the arrow between
// the two rooms points the other way.
type GuaranteeKind struct {
	// Name is the key under `guarantees`.
	Name string
	// Doc says in one sentence what is guaranteed.
	Doc string
	// Params are its parameters.
	Params []chaos.Param
	// Where says that it can be limited to some endpoints.
	Where bool
}

// Spec is a scenario file whose every value has been read. Names in it have
// not been looked up yet: that is Compile's part.
type Spec struct {
	file                string
	text                []byte
	name, title, source string
	starts              time.Time
	seed                uint64
	endpoints           []endpointLine
	traffic             []trafficLine
	timeline            []timelineLine
	drain               Drain
	latency             Latency
	retry               time.Duration
	scale               float64
	catches             []string
	guarantees          []guaranteeLine
}

type endpointLine struct {
	strict.Pos

	// pattern holds %d where count is not 0.
	pattern string
	count   int
	labels  map[string]string
}

type trafficLine struct {
	strict.Pos

	rate      rate
	from, dur time.Duration
	to        target
	keys      int
	// bodyMin and bodyMax are bytes.
	bodyMin, bodyMax int
}

// target says who is owed the events of a stream.
type target struct {
	kind  targetKind
	where *selection
}

type targetKind uint8

const (
	toOne targetKind = iota + 1
	toAll
	toWhere
)

// selection is a `where`; nil selects all endpoints.
type selection struct {
	strict.Pos

	wants []want
}

// want is one label of a selection and the values it may have.
type want struct {
	strict.Pos

	label  string
	values []wantValue
}

type wantValue struct {
	strict.Pos

	text string
}

// verb is what a line of the timeline does.
type verb uint8

const (
	verbFault verb = iota + 1
	verbDeploy
	verbSender
	verbDependency
	verbHeal
	verbMark
)

type timelineLine struct {
	strict.Pos

	verb verb
	id   string
	at   time.Duration
	// dur is how long it lasts; with an `until`, until is set in its place.
	dur, until time.Duration
	when       *whenPart
	where      *selection
	attempts   chaos.Selector
	keysAt     strict.Pos
	// fault and summary belong to fault and deploy; text is the sender's
	// action, the id to heal, or the mark, and textAt is where it stands.
	fault   chaos.Fault
	summary string
	text    string
	textAt  strict.Pos
	// publish says that a fault acts before the sender's publish API.
	publish bool
	// sender belongs to a sender's action, dependency to a dependency's.
	sender     senderPart
	dependency dependencyPart
}

// senderPart is what a sender's action may say beyond its name.
type senderPart struct {
	instance, to, times int
	every, grace        time.Duration
}

// dependencyPart is what is done to one dependency.
type dependencyPart struct {
	name, action    string
	dur             time.Duration
	latency, jitter time.Duration
	rate            int
}

type whenPart struct {
	milestone string
	where     *selection
	nth       int
	by        time.Duration
}

type guaranteeLine struct {
	strict.Pos

	name  string
	args  chaos.Args
	where *selection
}
