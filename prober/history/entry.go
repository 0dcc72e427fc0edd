package history

import (
	"encoding/json"
	"time"
)

// Schema is the version of the file format that this package writes.
const Schema = 1

// Header is the first line of a history: what was run, against what.
type Header struct {
	Schema   int    `json:"schema"`
	Scenario string `json:"scenario"`
	// Text is the scenario file as it was run; with Seed it gives the plan.
	Text string `json:"text"`
	// File is the scenario's file name, for messages.
	File string `json:"file"`
	// Seed is written as text, since jq rounds what a float64 cannot hold.
	Seed uint64 `json:"seed,string"`
	// Run is the run part of every token.
	Run string `json:"run"`
	// World is "virtual" or "real".
	World string `json:"world"`
	// Scale is how many scenario seconds pass in one real second; 1 in virtual time.
	Scale  float64   `json:"scale"`
	Starts time.Time `json:"starts"`
	// Sender is the sender's spec as given on the command line, or a test's name.
	Sender string `json:"sender"`
	// Policy is the sender's policy.Policy.
	Policy json.RawMessage `json:"policy"`
	// Endpoints are the endpoints' names; entries refer to them by index.
	Endpoints []string `json:"endpoints"`
	// Faults are the ids of the plan's faults; attempts refer to them by index.
	Faults []string `json:"faults"`
	// Build says which hookdrill and which Go made the file.
	Build string `json:"build"`
}

// The worlds a run can take place in.
const (
	Virtual = "virtual"
	Real    = "real"
)

// Outcome is what a publisher learnt from one publish call.
type Outcome uint8

// The outcomes of a publish. The zero value says that nothing is known.
const (
	// Indeterminate: the sender may or may not owe delivery.
	Indeterminate Outcome = iota
	// Accepted: the sender owes delivery.
	Accepted
	// Refused: the sender owes nothing.
	Refused
)

// Published is one publish call, or the late answer to an indeterminate one.
type Published struct {
	Seq uint32
	// At is when the call ended.
	At time.Duration
	// Planned is when the plan wanted the first call of this event.
	Planned time.Duration
	// Called is when this call began.
	Called time.Duration
	// Key and Number are the event's token.
	Key, Number uint32
	// Try counts the calls for this event from 1.
	Try uint16
	// Incarnation is the sender's life that was asked, from 1.
	Incarnation uint16
	Outcome     Outcome
	// Late says that the outcome was asked for after an indeterminate call.
	Late bool
	// Error is the cause of what was not accepted.
	Error string
}

// Disposition is how an attempt ended as the endpoint knows it.
type Disposition uint8

// The dispositions. The zero value says that nothing is known.
const (
	DispositionUnknown Disposition = iota
	// Acked: 2xx written whole, and the connection closed cleanly or reused.
	Acked
	// Ambiguous: 2xx written, delivery of it unknowable.
	Ambiguous
	// AnsweredNo: a whole answer other than 2xx was written ("refused").
	AnsweredNo
	// Aborted: no whole answer was written.
	Aborted
	// Incomplete: the request never arrived whole.
	Incomplete
)

// Check is the result of looking at something that may be right or wrong.
type Check uint8

// The values of Check. The zero value says that nobody looked, or could.
const (
	CheckNone Check = iota
	CheckGood
	CheckBad
	// CheckMissing: what should have been there was not (no signature).
	CheckMissing
	// CheckStale: right, but its timestamp is off by more than the tolerance.
	CheckStale
)

// Attempt is one token of one HTTP request that reached an endpoint, or got
// as far as a connection. A request with several tokens gives several rows
// with one Request number; one without a token gives one row with Number 0.
type Attempt struct {
	// FirstByte, Whole, Answered and Ended are when the request's first byte
	// was seen, when it was there as a whole, when the first byte of the
	// answer was written, and when the exchange was over. Zero: it never was.
	FirstByte, Whole, Answered, Ended time.Duration
	// ID is a 64-bit hash of the sender's id for the delivery (webhook-id); 0: none.
	ID uint64
	// Seq is the entry's place in the total order, from 1.
	Seq uint32
	// Request tells requests apart, from 1.
	Request uint32
	// Conn tells connections apart, from 1.
	Conn uint32
	// Endpoint is an index into Header.Endpoints.
	Endpoint uint32
	// Key and Number are the event's token.
	Key, Number uint32
	// Bytes is the size of the request's body as far as it was read.
	Bytes uint32
	// Nth counts the attempts of this obligation from 1; 0 without a token.
	Nth uint16
	// Status is the answer's status; 0: none was written.
	Status uint16
	// RetryAfter is what a Retry-After header of the answer asked for, in
	// whole scenario seconds, at most 65,535; 0: no such header.
	RetryAfter uint16
	// Fault is one more than the index into Header.Faults of the fault that
	// acted; 0: none.
	Fault uint16
	// Incarnation is the sender's life, from 1; 0: not known.
	Incarnation uint16
	Disposition Disposition
	// Signature is the result of verifying the request.
	Signature Check
	// Body is the result of comparing the body's padding with its checksum.
	Body Check
	// Trap says that the request hit a redirect's trap, not an endpoint.
	Trap bool
	// Resent says that the transport repeated the request by itself.
	Resent bool
}

// FaultEvent is a fault's window opening or closing, or its final count.
type FaultEvent struct {
	Seq uint32
	At  time.Duration
	// Fault is an index into Header.Faults.
	Fault uint16
	What  FaultWhat
	// Endpoints are the indexes of the endpoints meant; empty: all it selects.
	Endpoints []uint32
	// Hits is the number of attempts it acted on, in a FaultHits entry.
	Hits int
	// Inferred says that the hits could not be seen, only concluded: nobody
	// at an endpoint sees a connection that the kernel refused.
	Inferred bool
}

// FaultWhat says what a FaultEvent is about.
type FaultWhat uint8

// The kinds of FaultEvent.
const (
	FaultOn FaultWhat = iota + 1
	FaultOff
	FaultHits
)

// SenderEvent is a step in the sender's life.
type SenderEvent struct {
	Seq         uint32
	At          time.Duration
	What        SenderWhat
	Incarnation uint16
	// Detail is what there is to say: an exit status, a panic's first line.
	Detail string
}

// SenderWhat says what a SenderEvent is about.
type SenderWhat uint8

// The kinds of SenderEvent.
const (
	// SenderStart: an incarnation is being started.
	SenderStart SenderWhat = iota + 1
	// SenderReady: it takes publishes.
	SenderReady
	// SenderKill: the plan killed it. Detail is "modelled" in virtual time.
	SenderKill
	// SenderTerm: the plan asked it to stop.
	SenderTerm
	// SenderExit: it ended as the plan wanted.
	SenderExit
	// SenderCrash: it ended by itself.
	SenderCrash
	// SenderPause and SenderResume: SIGSTOP and SIGCONT.
	SenderPause
	SenderResume
	// SenderPending: the sender says how many events it still owes; Detail is the number.
	SenderPending
	// SenderGone: an endpoint was disabled or unsubscribed. Detail is the endpoint's name.
	SenderGone
	// SenderScale: the number of its processes was changed; Detail says how.
	SenderScale
)

// Account is what the sender says, when all is over, of one event at one
// endpoint.
type Account struct {
	Seq uint32
	At  time.Duration
	// Endpoint is an index into Header.Endpoints.
	Endpoint uint32
	// Key and Number are the event's token.
	Key, Number uint32
	State       AccountState
	// Said is the sender's own word.
	Said string
}

// AccountState is what a sender says became of one delivery.
type AccountState uint8

// The states. The zero value means that nobody knows what the sender's word
// means.
const (
	AccountUnknown AccountState = iota
	AccountDelivered
	AccountPending
	AccountFailed
)

// Note is a line for the reader: a mark of the plan, a step of a deploy, or
// something the harness has to say. Checkers use only the kinds they know.
type Note struct {
	Seq  uint32
	At   time.Duration
	Kind string
	Text string
}

// The kinds of Note.
const (
	NoteMark   = "mark"
	NoteDeploy = "deploy"
	// NoteDependency: something was done to a dependency, or is over. Text
	// begins with the id of the plan's line and a colon.
	NoteDependency = "dependency"
	// NoteTrafficEnd: the driver has published everything it was to publish.
	NoteTrafficEnd = "traffic-end"
	// NoteDrain: the drain began.
	NoteDrain = "drain"
	// NoteHarness: the harness noticed something about itself.
	NoteHarness = "harness"
)

// Amend corrects the disposition of a request that was recorded before the
// connection told the rest: an answer that was reset after it was written.
type Amend struct {
	Seq         uint32
	At          time.Duration
	Request     uint32
	Disposition Disposition
}

// End is the last line of a history: why the run ended, and what it lacks.
type End struct {
	Seq uint32
	At  time.Duration
	// Reason is one of the End... constants.
	Reason string
	// Pending is what the sender said it still owed; -1: it does not say.
	Pending int
	// Dropped is the number of entries that could not be kept.
	Dropped uint64
	// Unpublished is the number of planned events that were never accepted.
	Unpublished int
}

// The reasons for which a run ends.
const (
	// EndSettled: everything owed was settled.
	EndSettled = "settled"
	// EndCap: the drain's cap was reached.
	EndCap = "cap"
	// EndInterrupted: somebody stopped the run.
	EndInterrupted = "interrupted"
	// EndCrashed: the sender's process was gone and did not come back.
	EndCrashed = "crashed"
)

// History is a whole history in memory, in the order of its file.
type History struct {
	Header    Header
	Published []Published
	Attempts  []Attempt
	Faults    []FaultEvent
	Senders   []SenderEvent
	Accounts  []Account
	Notes     []Note
	// End is nil where the file has no last line: the run was cut off.
	End *End
	// Torn says that a half-written last line was dropped.
	Torn bool
}
