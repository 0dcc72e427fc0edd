package report

import (
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/hookdrill/hookdrill/scenarios/check"
	"github.com/hookdrill/hookdrill/scenarios/verdict"
)

// SchemaVersion is the version of the JSON report. A field that is added
// leaves it alone; one that goes, or changes its meaning, raises it.
const SchemaVersion = 1

// Document is the JSON report. Keys come in the order of the fields here,
// and lists are never null. Durations are seconds as floating-point numbers,
// in keys that end in `_seconds`; offsets count from the scenario's start.
//
//	{
//	  "schema_version": 1,
//	  "verdict": "pass|fail|unknown",
//	  "cut": "",                     why the history is not a whole run
//	  "not_played": "",              why the environment let no run take place
//	  "trouble": "",                 why it shows less than it should
//	  "as_expected": true,           a pass, or what somebody expected instead
//	  "scenario": {"name", "title", "file", "seed", "starts"},
//	  "run": {"sender", "deviations", "world", "scale", "strict", "build",
//	          "directory", "reproduce", "duration_seconds", "elapsed_seconds"},
//	  "stats": {"events", "accepted", "obligations", "attempts", "acked",
//	            "lost", "undelivered", "given_up", "duplicates", "justified",
//	            "longest_seconds", "longest_subject", "publish_late_seconds",
//	            "groups": [Group]},
//	  "guarantees": [Guarantee]
//	}
type Document struct {
	SchemaVersion int            `json:"schema_version"`
	Verdict       verdict.Status `json:"verdict"`
	Cut           string         `json:"cut"`
	NotPlayed     string         `json:"not_played"`
	// Trouble says that the sender took nothing, or did not end.
	Trouble string `json:"trouble"`
	// AsExpected says that the run passed, or ended as a profile's `expected`
	// or --expect says that it should: it decides the exit code.
	AsExpected bool `json:"as_expected"`

	Scenario   Scenario    `json:"scenario"`
	Run        Run         `json:"run"`
	Stats      Stats       `json:"stats"`
	Guarantees []Guarantee `json:"guarantees"`
}

// Scenario says what was run.
type Scenario struct {
	Name   string    `json:"name"`
	Title  string    `json:"title"`
	File   string    `json:"file"`
	Seed   uint64    `json:"seed"`
	Starts time.Time `json:"starts"`
}

// Run says how it was run.
type Run struct {
	Sender string `json:"sender"`
	// Deviations say in what the sender declares less than Standard Webhooks.
	Deviations []string `json:"deviations"`
	World      string   `json:"world"`
	Scale      float64  `json:"scale"`
	Strict     bool     `json:"strict"`
	Build      string   `json:"build"`
	Directory  string   `json:"directory"`
	Reproduce  string   `json:"reproduce"`
	// Duration is scenario time, Elapsed real time; Elapsed is 0 where a
	// stored history was judged again.
	Duration seconds `json:"duration_seconds"`
	Elapsed  seconds `json:"elapsed_seconds"`
}

// Stats are the numbers of a run.
type Stats struct {
	Events         int     `json:"events"`
	Accepted       int     `json:"accepted"`
	Obligations    int     `json:"obligations"`
	Attempts       int     `json:"attempts"`
	Acked          int     `json:"acked"`
	Lost           int     `json:"lost"`
	Undelivered    int     `json:"undelivered"`
	GivenUp        int     `json:"given_up"`
	Duplicates     int     `json:"duplicates"`
	Justified      int     `json:"justified"`
	Longest        seconds `json:"longest_seconds"`
	LongestSubject string  `json:"longest_subject"`
	PublishLate    seconds `json:"publish_late_seconds"`
	Groups         []Group `json:"groups"`
}

// Group are the numbers of the endpoints of one region.
type Group struct {
	Name      string `json:"name"`
	Endpoints int    `json:"endpoints"`
	Attempts  int    `json:"attempts"`
	// Statuses counts answers by status; "none" counts attempts without one.
	Statuses map[string]int `json:"statuses"`
	Longest  seconds        `json:"longest_seconds"`
	Troubled bool           `json:"troubled"`
	// FirstFault and LastFault are null without trouble, Recovered is null
	// without trouble and where the group never recovered.
	FirstFault *seconds `json:"first_fault_seconds"`
	LastFault  *seconds `json:"last_fault_seconds"`
	Recovered  *seconds `json:"recovered_seconds"`
}

// Guarantee is the outcome of one guarantee.
type Guarantee struct {
	Name     string         `json:"name"`
	Status   verdict.Status `json:"status"`
	Sentence string         `json:"sentence"`
	Premise  string         `json:"premise"`
	Reason   string         `json:"reason"`
	// Expected is the status that was expected; "": a pass. ExpectedReason says
	// why, where that is known.
	Expected       string `json:"expected"`
	ExpectedReason string `json:"expected_reason"`
	// Line is the scenario file's; 0: the guarantee is always judged.
	Line    int      `json:"line"`
	Numbers []Number `json:"numbers"`
	// Count is the number of findings, of which Findings holds the worst.
	Count    int       `json:"count"`
	Findings []Finding `json:"findings"`
}

// Number is one measured value with its unit, as text.
type Number struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Finding is one broken guarantee with its evidence.
type Finding struct {
	Subject string  `json:"subject"`
	Story   []Entry `json:"story"`
}

// Entry is one line of a story. At is null for what did not happen.
type Entry struct {
	At   *seconds `json:"at_seconds"`
	Text string   `json:"text"`
}

// seconds is a duration as JSON writes it here: never in an exponent's form,
// and with the nanoseconds that there are.
type seconds time.Duration

// MarshalJSON implements json.Marshaler.
func (s seconds) MarshalJSON() ([]byte, error) {
	return strconv.AppendFloat(nil, time.Duration(s).Seconds(), 'f', -1, 64), nil
}

// Series is what `-o json` writes of any number of runs, one too: whoever
// reads it need not know how many there were.
type Series struct {
	SchemaVersion int `json:"schema_version"`
	// Verdict is the worst of all.
	Verdict verdict.Status `json:"verdict"`
	// AsExpected says that all runs are.
	AsExpected bool `json:"as_expected"`

	Runs []Document `json:"runs"`
}

// JSON writes the report of one run for machines; Document describes it.
func JSON(w io.Writer, in Input) error { return encode(w, NewDocument(in)) }

// JSONSeries writes the reports of several runs as one Series.
func JSONSeries(w io.Writer, all []Input) error {
	s := Series{SchemaVersion: SchemaVersion, Verdict: worst(all), AsExpected: allExpected(all), Runs: make([]Document, 0, len(all))}
	for _, in := range all {
		s.Runs = append(s.Runs, NewDocument(in))
	}
	return encode(w, s)
}

func encode(w io.Writer, document any) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	if err := e.Encode(document); err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	return nil
}

// NewDocument puts a judged run into the shape of the JSON report.
func NewDocument(in Input) Document {
	j := in.Judgement
	d := Document{
		SchemaVersion: SchemaVersion, Verdict: j.Status, Cut: j.Cut, NotPlayed: in.NotPlayed, Trouble: in.Trouble,
		AsExpected: allExpected([]Input{in}),
		Scenario:   Scenario{Name: in.Scenario, Title: in.Title, File: in.File, Seed: in.Seed, Starts: in.Starts.UTC()},
		Run: Run{
			Sender: in.Sender, Deviations: append([]string{}, j.Deviations...), World: j.World, Scale: in.Scale, Strict: in.Strict, Build: in.Build,
			Directory: in.Dir, Reproduce: in.Reproduce, Duration: seconds(in.End), Elapsed: seconds(in.Elapsed),
		},
		Stats:      newStats(j.Stats),
		Guarantees: make([]Guarantee, 0, len(j.Reports)),
	}
	for _, r := range j.Reports {
		g := newGuarantee(r)
		if want, named := in.Expected[r.Guarantee]; named {
			g.Expected, g.ExpectedReason = want.String(), in.Reasons[r.Guarantee]
		}
		d.Guarantees = append(d.Guarantees, g)
	}
	return d
}

func newStats(s check.Stats) Stats {
	out := Stats{
		Events: s.Events, Accepted: s.Accepted, Obligations: s.Obligations, Attempts: s.Attempts,
		Acked: s.Acked, Lost: s.Lost, Undelivered: s.Undelivered, GivenUp: s.GivenUp,
		Duplicates: s.Duplicates, Justified: s.Justified, Longest: seconds(s.Longest),
		LongestSubject: s.LongestSubject, PublishLate: seconds(s.PublishLate),
		Groups: make([]Group, 0, len(s.Groups)),
	}
	for _, g := range s.Groups {
		out.Groups = append(out.Groups, newGroup(g))
	}
	return out
}

func newGroup(g check.Group) Group {
	out := Group{
		Name: g.Name, Endpoints: g.Endpoints, Attempts: g.Attempts,
		Statuses: make(map[string]int, len(g.Statuses)), Longest: seconds(g.Longest), Troubled: g.Troubled,
	}
	for status, n := range g.Statuses {
		out.Statuses[statusName(status)] = n
	}
	if g.Troubled {
		first, last := seconds(g.FirstFault), seconds(g.LastFault)
		out.FirstFault, out.LastFault = &first, &last
	}
	if g.Troubled && g.Recovered > 0 {
		recovered := seconds(g.Recovered)
		out.Recovered = &recovered
	}
	return out
}

func newGuarantee(r check.Report) Guarantee {
	g := Guarantee{
		Name: r.Guarantee, Status: r.Status, Sentence: r.Sentence, Premise: r.Premise, Reason: r.Reason,
		Line: r.Line, Count: r.Count,
		Numbers:  make([]Number, 0, len(r.Numbers)),
		Findings: make([]Finding, 0, len(r.Findings)),
	}
	for _, n := range r.Numbers {
		g.Numbers = append(g.Numbers, Number(n))
	}
	for _, f := range r.Findings {
		out := Finding{Subject: f.Subject, Story: make([]Entry, 0, len(f.Story))}
		for _, l := range f.Story {
			entry := Entry{Text: l.Text}
			if !l.Aside {
				at := seconds(l.At)
				entry.At = &at
			}
			out.Story = append(out.Story, entry)
		}
		g.Findings = append(g.Findings, out)
	}
	return g
}
