// Package check decides guarantees from a plan and a history. Every checker
// is a pure function in O(n); its premise says what it looked at, and an empty
// premise is unknown, never a pass.
package check

import (
	"time"

	"github.com/hookdrill/hookdrill/scenarios/verdict"
)

// Judgement is what was decided about one history.
type Judgement struct {
	// Status is the merge of all reports, capped at unknown where an
	// assumption is broken.
	Status verdict.Status
	// Reports hold one judged guarantee each: assumptions first, then those
	// of the plan in file order, then the ones always judged.
	Reports []Report
	Stats   Stats
	// Cut says in a sentence why the history is not a whole run (interrupted,
	// killed, crashed); empty: it is whole.
	Cut string
	// World is "virtual" or "real", from the history.
	World string
	// Deviations say in what the sender declares less than Standard Webhooks.
	Deviations []string
}

// Report is the outcome of one guarantee.
type Report struct {
	Guarantee string
	// Sentence states the guarantee; of a failure it states what was broken.
	Sentence string
	Status   verdict.Status
	// Premise says what was looked at: "18,000 obligations".
	Premise string
	// Reason says why it is unknown or not-applicable, or qualifies a pass.
	Reason string
	// Count is the number of findings, of which Findings holds the worst.
	Count    int
	Findings []Finding
	// Numbers are what was measured on the way.
	Numbers []Number
	// Line is the line of the scenario file that asks for it; 0: always judged.
	Line int
}

// Finding is one broken guarantee with its evidence.
type Finding struct {
	// Subject says what it is about: "key=17 seq=204 -> eu-3".
	Subject string
	// Story are the entries that prove it, in time order, and at the end what
	// did not happen.
	Story []Line
}

// Line is one line of a story.
type Line struct {
	// At is scenario time; a line with Aside set has none.
	At    time.Duration
	Aside bool
	Text  string
}

// Number is one measured value, as text with its unit.
type Number struct{ Name, Value string }

// MaxEvidence is the most findings that a report keeps.
const MaxEvidence = 8

// Stats are the numbers of a run that a reader wants whatever the verdict.
type Stats struct {
	Events, Accepted, Obligations, Attempts int
	Acked, Lost, Undelivered, GivenUp       int
	// Duplicates are attempts after an ack, Justified those with a reason.
	Duplicates, Justified int
	// Longest is the longest time from acceptance to first ack.
	Longest        time.Duration
	LongestSubject string
	// PublishLate is how much later than planned the driver was at worst.
	PublishLate time.Duration
	// Groups are the endpoints by their label `region`, or all in one group.
	Groups []Group
}

// Group are the numbers of the endpoints that share a label value.
type Group struct {
	Name                string
	Endpoints, Attempts int
	// Statuses counts answers by status; 0 counts attempts without an answer.
	Statuses map[int]int
	// Longest is the longest time from acceptance to first ack.
	Longest time.Duration
	// Troubled says that a fault acted on it; FirstFault and LastFault are when
	// it first and last did, Recovered is when the last obligation that was
	// pending at LastFault was acked; zero: never.
	Troubled                         bool
	FirstFault, LastFault, Recovered time.Duration
}
