package report

import (
	"fmt"
	"slices"

	"github.com/hookdrill/hookdrill/scenarios/check"
	"github.com/hookdrill/hookdrill/scenarios/verdict"
)

// Outcome returns what decides a run's exit code: the verdict, or where
// something else than a pass was expected of a guarantee, whether that came
// out, and in a sentence each what did not.
func (in Input) Outcome() (verdict.Status, []string) {
	if len(in.Expected) == 0 || in.NotPlayed != "" {
		return in.Judgement.Status, nil
	}
	outcomes := make([]verdict.Outcome, 0, len(in.Judgement.Reports))
	for _, r := range in.Judgement.Reports {
		outcomes = append(outcomes, verdict.Outcome{Guarantee: r.Guarantee, Status: r.Status})
	}
	status, wrong := in.Expected.Compare(outcomes)
	if in.Judgement.Cut != "" || in.Trouble != "" {
		// A run that was cut off does not show what it was to show.
		status = verdict.Merge(status, verdict.Unknown)
	}
	return status, wrong
}

// expected reports whether something was expected of the run, and came out.
func (in Input) expected() bool {
	status, _ := in.Outcome()
	return len(in.Expected) > 0 && status == verdict.Pass
}

// expectation says in a few words what was expected of a guarantee, and why;
// "": nothing beside a pass was.
func (in Input) expectation(r check.Report) string {
	want, named := in.Expected[r.Guarantee]
	if !named {
		return ""
	}
	text := "expected"
	if want != r.Status {
		text = fmt.Sprintf("expected %v, got %v", want, r.Status)
	}
	if why := in.Reasons[r.Guarantee]; why != "" {
		text += ": " + why
	}
	return text
}

// unjudged are the guarantees of which something was expected, and which the
// scenario does not ask for.
func (in Input) unjudged() []string {
	var names []string
	for name := range in.Expected {
		if !slices.ContainsFunc(in.Judgement.Reports, func(r check.Report) bool { return r.Guarantee == name }) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}
