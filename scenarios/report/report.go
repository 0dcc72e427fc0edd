// Package report says what was decided about a run: as text for a reader in
// an outage, as JSON and JUnit for machines, and as a run directory that can
// be judged again.
package report

import (
	"time"

	"github.com/hookdrill/hookdrill/prober/history"
	"github.com/hookdrill/hookdrill/scenarios/check"
	"github.com/hookdrill/hookdrill/scenarios/plan"
	"github.com/hookdrill/hookdrill/scenarios/verdict"
)

// Input is one judged run, as far as a report needs it.
type Input struct {
	Judgement check.Judgement
	// Scenario and Title are the plan's; File is where it came from.
	Scenario, Title, File string
	Seed                  uint64
	// Sender is the sender's name as given on the command line.
	Sender string
	// Starts is the scenario's own date: wall-clock times count from there.
	Starts time.Time
	// End is the offset at which the run ended.
	End time.Duration
	// Scale is how many scenario seconds passed in a real one.
	Scale float64
	// Elapsed is real time; zero: not known, as after `check`.
	Elapsed time.Duration
	// Strict says that Standard Webhooks was the yardstick.
	Strict bool
	// Trouble says why the run shows less than it should, although it was
	// played to its end: the sender took nothing, or did not end. The exit code
	// is that of a broken environment, unless a guarantee is broken.
	Trouble string
	// Expected is what was expected of guarantees, by name, where that is not a
	// pass; Reasons say why, where the sender's profile does.
	Expected verdict.Expected
	Reasons  map[string]string
	// Build is the hookdrill that made the history.
	Build string
	// Dir is the run directory; empty: there is none.
	Dir string
	// Reproduce is the command that gives this verdict again; see Command.
	Reproduce string
	// NotPlayed says why the environment did not let the run take place. The
	// judgement is then empty.
	NotPlayed string
}

// Options say how a text is set.
type Options struct {
	// Color allows terminal colours.
	Color bool
	// Width is the number of columns to keep to; 0: 80.
	Width int
}

// NewInput puts together what a plan, its history and the judgement of both
// say about themselves. What only the caller knows (Dir, Elapsed, Strict,
// Reproduce) is left empty.
func NewInput(p *plan.Plan, h *history.History, j check.Judgement) Input {
	return Input{
		Judgement: j,
		Scenario:  p.Name, Title: p.Title, File: h.Header.File, Seed: h.Header.Seed,
		Sender: h.Header.Sender, Starts: h.Header.Starts, Scale: h.Header.Scale, Build: h.Header.Build,
		End: end(h),
	}
}

// end returns the offset at which a history ends; one that was cut off ends
// with the last thing it knows.
func end(h *history.History) time.Duration {
	if h.End != nil {
		return h.End.At
	}
	var last time.Duration
	for _, p := range h.Published {
		last = max(last, p.At)
	}
	for _, a := range h.Attempts {
		last = max(last, a.Ended, a.Answered, a.FirstByte)
	}
	for _, n := range h.Notes {
		last = max(last, n.At)
	}
	return last
}

// with returns the reports with this status, in their order.
func (in Input) with(s verdict.Status) []check.Report {
	var found []check.Report
	for _, r := range in.Judgement.Reports {
		if r.Status == s {
			found = append(found, r)
		}
	}
	return found
}

// wall returns the scenario's wall-clock time at an offset.
func (in Input) wall(at time.Duration) time.Time { return in.Starts.Add(at).UTC() }
