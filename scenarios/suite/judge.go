package suite

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/hookdrill/hookdrill/prober/history"
	"github.com/hookdrill/hookdrill/scenarios"
	"github.com/hookdrill/hookdrill/scenarios/check"
	"github.com/hookdrill/hookdrill/scenarios/plan"
	"github.com/hookdrill/hookdrill/scenarios/report"
	"github.com/hookdrill/hookdrill/scenarios/verdict"
)

// Judging says how a history is judged, and where the reports go.
type Judging struct {
	// Strict judges by Standard Webhooks instead of by what the sender declares.
	Strict bool
	// Want is what is expected to come out; empty: that everything passes.
	Want    verdict.Expected
	Outputs []report.Output
	Options report.Options
	// Stdout and Stderr are the reader's.
	Stdout, Stderr io.Writer
	// Program is how the reader called hookdrill, for commands to paste.
	Program string

	// why says for guarantees in Want why, where a profile does.
	why map[string]string
}

// HistoryFile is the history in a run directory.
const HistoryFile = "history.jsonl"

// Check judges a run again: target is a run directory, or a history file.
func Check(target string, j Judging) (err error) {
	file, dir := target, filepath.Dir(target)
	if info, err := os.Stat(target); err == nil && info.IsDir() {
		file, dir = filepath.Join(target, HistoryFile), target
	}
	h, err := history.ReadFile(file)
	if err != nil {
		return UsageError(err)
	}
	p, err := plan.Load(h.Header.File, []byte(h.Header.Text), check.Kinds(), h.Header.Seed)
	if err != nil {
		return UsageError(fmt.Errorf("the scenario in %s: %w", file, err))
	}
	reports, err := report.Open(j.Stdout, j.Outputs, j.Options)
	if err != nil {
		return UsageError(err)
	}
	// Of a sender that is not known here nothing is expected.
	if s, err := newSubject(h.Header.Sender); err == nil {
		j = s.expect(j, p)
	}
	in, code := j.judge(p, h)
	in.Dir = dir
	err = errors.Join(report.WriteVerdict(dir, in), reports.Add(in), reports.Close())
	if err != nil {
		return environment(err)
	}
	j.compared(in)
	return exit(code)
}

// judge decides, and returns what is to be reported and the exit code.
func (j Judging) judge(p *plan.Plan, h *history.History) (report.Input, int) {
	in := report.NewInput(p, h, check.Judge(p, h, check.Options{Strict: j.Strict}))
	in.Strict, in.Reproduce = j.Strict, j.reproduce(p, h)
	in.Expected, in.Reasons = j.Want, j.why
	in.Trouble = trouble(h, in.Judgement.Stats)
	status, _ := in.Outcome()
	code := codeOf(status)
	if in.Trouble != "" {
		code = worse(code, Environment)
	}
	return in, code
}

// compared tells the reader how the expectations came out: a report that says
// FAIL and an exit code of 0 need a word between them.
func (j Judging) compared(in report.Input) {
	if in.Trouble != "" {
		j.complain(in.Scenario + ": " + in.Trouble)
		if lines := lastLines(in.Dir, 10); len(lines) > 0 {
			j.complain("its last lines:\n  " + strings.Join(lines, "\n  "))
		}
		return
	}
	if len(j.Want) == 0 {
		return
	}
	status, wrong := in.Outcome()
	for _, w := range wrong {
		j.complain(w)
	}
	if status == verdict.Pass {
		j.complain(in.Scenario + ": all came out as expected")
	}
}

// complain tells the reader what is not part of a report.
func (j Judging) complain(text string) {
	for line := range strings.SplitSeq(text, "\n") {
		fmt.Fprintln(j.Stderr, "hookdrill: "+line)
	}
}

// reproduce is the command that gives this verdict again.
func (j Judging) reproduce(p *plan.Plan, h *history.History) string {
	args := []string{"run", scenarioArg(p), "--seed", strconv.FormatUint(p.Seed, 10), "--sender", h.Header.Sender}
	if h.Header.World == history.Real {
		args = append(args, "--real", "--scale", strconv.FormatFloat(h.Header.Scale, 'g', -1, 64))
	}
	if j.Strict {
		args = append(args, "--strict")
	}
	return j.Program + " " + report.Command(args...)
}

// scenarioArg names the scenario as run takes it.
func scenarioArg(p *plan.Plan) string {
	if s, err := scenarios.Find(p.Name); err == nil && bytes.Equal(s.Text, p.Text) {
		return p.Name
	}
	return p.File
}

// progress is where a reader who waits is looking.
func (j Judging) progress() io.Writer {
	if report.TextOnStdout(j.Outputs) {
		return j.Stdout
	}
	return j.Stderr
}
