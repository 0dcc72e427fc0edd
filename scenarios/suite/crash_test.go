package suite

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/hookdrill/hookdrill/scenarios"
	"github.com/hookdrill/hookdrill/scenarios/report"
)

// TestASenderThatPanicsFailsTheRun goes the way that the command goes: the
// process that plays the run is taken down by the sender, which is a finding
// and not an environment that failed.
func TestASenderThatPanicsFailsTheRun(t *testing.T) {
	s, _ := corpus(t, "answers-from-hell", 0)
	text, err := report.ParseOutputs([]string{"text"})
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	err = Run(t.Context(), []scenarios.Scenario{s}, Options{
		Judging: Judging{Outputs: text, Stdout: &out, Stderr: io.Discard, Program: "hookdrill"},
		Sender:  "reference:crash-on-bad-answer", Runs: t.TempDir(), Quiet: true, Repeat: 1,
	})
	var e *Error
	if !errors.As(err, &e) || e.Code != Fail {
		t.Errorf("error %v, want exit code %d", err, Fail)
	}
	for _, want := range []string{
		"FAIL  answers-from-hell: stays-up broken",
		"panic: refsender: crash-on-bad-answer: status 521,",
		"reproduce: hookdrill run answers-from-hell --seed 1 --sender reference:crash-on-bad-answer",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the report lacks %q:\n%s", want, out.String())
		}
	}
}
