package suite

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"time"

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
}

// HistoryFile is the history in a run directory.
const HistoryFile = "history.jsonl"

// Check judges a run again: target is a run directory, or a history file.
func Check(target string, j Judging) error {
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
	code, err := j.judge(p, h, dir, 0)
	if err != nil {
		return err
	}
	return exit(code)
}

// judge decides, reports, and returns the exit code.
func (j Judging) judge(p *plan.Plan, h *history.History, dir string, elapsed time.Duration) (int, error) {
	in := report.NewInput(p, h, check.Judge(p, h, check.Options{Strict: j.Strict}))
	in.Dir, in.Elapsed, in.Strict, in.Reproduce = dir, elapsed, j.Strict, j.reproduce(p, h)
	if err := report.WriteVerdict(dir, in); err != nil {
		return 0, environment(err)
	}
	if err := report.WriteOutputs(j.Stdout, in, j.Outputs, j.Options); err != nil {
		return 0, environment(err)
	}
	if len(j.Want) == 0 {
		return codeOf(in.Judgement.Status), nil
	}
	outcomes := make([]verdict.Outcome, 0, len(in.Judgement.Reports))
	for _, r := range in.Judgement.Reports {
		outcomes = append(outcomes, verdict.Outcome{Guarantee: r.Guarantee, Status: r.Status})
	}
	status, wrong := j.Want.Compare(outcomes)
	for _, w := range wrong {
		fmt.Fprintln(j.Stderr, "hookdrill: "+w)
	}
	return codeOf(status), nil
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
