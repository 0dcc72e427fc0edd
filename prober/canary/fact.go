package canary

import (
	"time"

	"github.com/hookdrill/hookdrill/prober/event"
)

// FactKind is what a Fact tells.
type FactKind uint8

// The kinds of facts. The zero value tells nothing.
const (
	FactNone FactKind = iota
	// FactAnswered: a publish call ended, well where Class is OK.
	FactAnswered
	// FactAccepted: the sender owes this canary.
	FactAccepted
	// FactOnTime, FactLate: the first receipt, within late_after or not.
	FactOnTime
	FactLate
	// FactOverdue: still on its way past late_after.
	FactOverdue
	// FactLost: still on its way past lost_after. FactRecovered: it arrived
	// all the same, after it was counted as lost.
	FactLost
	FactRecovered
	// FactDuplicate: another receipt of the same canary.
	FactDuplicate
	// FactOutOfOrder: a first receipt after one of a later canary of its key.
	FactOutOfOrder
	// FactAttempts: the sender told how many attempts a delivery took.
	FactAttempts
	// FactRejected: an arrival that does not count, for Text's reason.
	FactRejected
	// FactFailure: a failure was classified at a stage.
	FactFailure
	// FactSkipped: nothing was published, for Text's reason.
	FactSkipped
)

// Fact is one thing that an observation added to what is known. Metrics,
// tallies and incidents all add up facts, so that they cannot disagree.
type Fact struct {
	Kind   FactKind
	Region string
	At     time.Time
	Token  event.Token
	Stage  Stage
	Class  Class
	// Latency is from acceptance to receipt, and Took that of a publish call.
	Latency, Took time.Duration
	// Attempts is how many attempts a delivery took.
	Attempts int
	Text     string
}

// The reasons for which an arrival is rejected.
const (
	BadSignature   = "bad_signature"
	StaleTimestamp = "stale_timestamp"
	UnknownEvent   = "unknown_event"
	WrongRegion    = "wrong_region"
	CorruptPayload = "corrupt_payload"
	Oversize       = "oversize"
)

// Rejections returns all reasons for which an arrival is rejected.
func Rejections() []string {
	return []string{BadSignature, StaleTimestamp, UnknownEvent, WrongRegion, CorruptPayload, Oversize}
}

// The reasons for which nothing is published.
const (
	SkipRate        = "rate_cap"
	SkipBudget      = "budget"
	SkipMaintenance = "maintenance"
	SkipCircuit     = "circuit_open"
	SkipNotAllowed  = "not_allowed"
	SkipKilled      = "kill_switch"
	SkipBacklog     = "backlog_full"
)

// Skips returns all reasons for which nothing is published. Maintenance is
// among them for dashboards that know the set; it mutes alerts and never
// measuring, so it stays at zero.
func Skips() []string {
	return []string{SkipRate, SkipBudget, SkipMaintenance, SkipCircuit, SkipNotAllowed, SkipKilled, SkipBacklog}
}
