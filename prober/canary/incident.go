package canary

import (
	"fmt"
	"slices"
	"time"
)

// Phase is where an incident is, in the words of status pages.
type Phase string

// The phases, derived from evidence: a region fails; a look showed how;
// canaries arrive again while older ones are on their way; all is over.
const (
	Investigating Phase = "investigating"
	Identified    Phase = "identified"
	Monitoring    Phase = "monitoring"
	Resolved      Phase = "resolved"
)

// Incident is a time in which at least one region was in trouble.
type Incident struct {
	ID    string `json:"id"`
	Phase Phase  `json:"phase"`
	// Began is the first evidence; the trouble began after LastGood.
	LastGood time.Time `json:"last_good,omitzero"`
	Began    time.Time `json:"began"`
	// Investigated, Identified, Monitored and Resolved are when each phase
	// began; Monitored is the newest time.
	Investigated time.Time `json:"investigated"`
	Identified   time.Time `json:"identified,omitzero"`
	Monitored    time.Time `json:"monitored,omitzero"`
	Resolved     time.Time `json:"resolved,omitzero"`
	Impacts      []*Impact `json:"regions"`
	Entries      []Entry   `json:"timeline"`
	// Unlisted counts entries beyond the most that are kept.
	Unlisted int `json:"unlisted,omitempty"`
}

// Entry is one line of a timeline.
type Entry struct {
	At     time.Time `json:"at"`
	Region string    `json:"region,omitempty"`
	Phase  Phase     `json:"phase,omitempty"`
	Text   string    `json:"text"`
}

// Impact is what an incident did to one region.
type Impact struct {
	Region string `json:"region"`
	// LastGood, Began, Detected, Recovered and Resolved are the last look
	// without trouble, the first with, when it was certain, when looks were
	// good again, and when nothing was late any more.
	LastGood  time.Time `json:"last_good,omitzero"`
	Began     time.Time `json:"began"`
	Detected  time.Time `json:"detected"`
	Recovered time.Time `json:"recovered,omitzero"`
	Resolved  time.Time `json:"resolved,omitzero"`
	// Relapses counts the times it broke again.
	Relapses int     `json:"relapses,omitempty"`
	Causes   []Cause `json:"causes"`
	// Diagnosis is the newest sentence that named a cause; where Sure is not
	// set, none did, and it tells the effect.
	Diagnosis string `json:"diagnosis"`
	Sure      bool   `json:"sure"`
	// PublishFailed, Delayed, Lost and Duplicated count canaries; Lost goes
	// down when one arrives after all.
	PublishFailed int           `json:"publish_failed"`
	Delayed       int           `json:"delayed"`
	Longest       time.Duration `json:"longest_delay_ns"`
	Lost          int           `json:"lost"`
	Duplicated    int           `json:"duplicated"`
}

// Cause is one way in which a region failed.
type Cause struct {
	Trouble
	First time.Time `json:"first"`
	Last  time.Time `json:"last"`
	Count int       `json:"count"`
}

// maxEntries bounds the timeline of a region that flaps for days.
const maxEntries = 500

func (i *Incident) note(e Entry) {
	if len(i.Entries) >= maxEntries {
		i.Unlisted++
		return
	}
	i.Entries = append(i.Entries, e)
}

// enter begins a phase.
func (i *Incident) enter(at time.Time, p Phase, text string) {
	i.Phase = p
	switch p {
	case Investigating:
		if i.Investigated.IsZero() {
			i.Investigated = at
		}
		i.Monitored = time.Time{}
	case Identified:
		if i.Identified.IsZero() {
			i.Identified = at
		}
		i.Monitored = time.Time{}
	case Monitoring:
		i.Monitored = at
	case Resolved:
		i.Resolved = at
	}
	i.note(Entry{At: at, Phase: p, Text: text})
}

// impact returns what it did to a region, or nil.
func (i *Incident) impact(region string) *Impact {
	n := slices.IndexFunc(i.Impacts, func(m *Impact) bool { return m.Region == region })
	if n < 0 {
		return nil
	}
	return i.Impacts[n]
}

// saw counts a failed look. first says that there was none like it before.
func (m *Impact) saw(at time.Time, t Trouble) (first bool) {
	for n := range m.Causes {
		if c := &m.Causes[n]; c.Trouble == t {
			c.Last, c.Count = at, c.Count+1
			return false
		}
	}
	m.Causes = append(m.Causes, Cause{Trouble: t, First: at, Last: at, Count: 1})
	return true
}

// ToDetect is how long it took from the first evidence until the trouble was
// certain, and at most how long from the trouble itself; zero: not known.
func (m *Impact) ToDetect() (evidence, most time.Duration) {
	evidence = m.Detected.Sub(m.Began)
	if !m.LastGood.IsZero() {
		most = m.Detected.Sub(m.LastGood)
	}
	return evidence, most
}

// ToRecover is how long it was in trouble; false while it is.
func (m *Impact) ToRecover() (time.Duration, bool) {
	return m.Recovered.Sub(m.Began), !m.Recovered.IsZero()
}

// String names an incident in a log.
func (i *Incident) String() string {
	return fmt.Sprintf("%s (%s, since %s)", i.ID, i.Phase, i.Began.UTC().Format(time.RFC3339))
}
