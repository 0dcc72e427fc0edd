// Package suite plays scenarios one after the other, each into a run directory
// of its own, and judges and reports them: what `hookdrill run` does, without
// its flags.
package suite

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/hookdrill/hookdrill/prober/history"
	"github.com/hookdrill/hookdrill/scenarios"
	"github.com/hookdrill/hookdrill/scenarios/plan"
	"github.com/hookdrill/hookdrill/scenarios/report"
	"github.com/hookdrill/hookdrill/scenarios/verdict"
)

// Options say what is played, and how.
type Options struct {
	Judging
	// Sender is the spec of the sender under test.
	Sender string
	// Seed is the plans' seed; 0: each file's own.
	Seed uint64
	// Real plays in real time, at Scale (0: the file's, or 1).
	Real  bool
	Scale float64
	// Runs is the directory that takes the run directories.
	Runs string
	// Quiet says nothing while a run goes on.
	Quiet bool
	// Repeat is how often each scenario is played.
	Repeat int

	subject subject
}

// brief begins the names of the scenarios that are small enough for real time.
const brief = "brief-"

// Default returns what is played against a sender where nobody says what: the
// incident, and against one that runs in real time alone the scenarios that are
// made for it. want is what is expected to come out of it.
func Default(sender string, want verdict.Expected) ([]scenarios.Scenario, error) {
	s, err := newSubject(sender)
	if err != nil {
		return nil, UsageError(err)
	}
	if !s.real() {
		incident, err := scenarios.Find(scenarios.Default)
		return []scenarios.Scenario{incident}, err
	}
	if len(want) > 0 {
		return nil, UsageError(errors.New("--expect needs a single scenario: say which"))
	}
	return slices.DeleteFunc(scenarios.Corpus(), func(s scenarios.Scenario) bool { return !strings.HasPrefix(s.Name, brief) }), nil
}

// Run plays all scenarios and returns nil where all passed, and otherwise an
// *Error. One that could not be played does not keep the others from it; a
// signal does.
func Run(ctx context.Context, all []scenarios.Scenario, o Options) error {
	var err error
	if o.subject, err = newSubject(o.Sender); err != nil {
		return UsageError(err)
	}
	o.Real = o.Real || o.subject.real()
	if o.Scale != 0 && !o.Real {
		return UsageError(errors.New("--scale needs --real: virtual time has no scale"))
	}
	plans := make([]*plan.Plan, len(all))
	for i, s := range all {
		p, err := s.Plan(o.Seed)
		if err != nil {
			return UsageError(err)
		}
		plans[i] = p
	}
	reports, err := report.Open(o.Stdout, o.Outputs, o.Options)
	if err != nil {
		return UsageError(err)
	}
	s := series{Options: o, reports: reports}
	code, err := s.play(ctx, all, plans)
	if err := errors.Join(err, reports.Close()); err != nil {
		return environment(err)
	}
	return exit(code)
}

// series is a number of runs under way.
type series struct {
	Options
	reports *report.Reports
	// reported is how many reports there were; each but the first begins with
	// an empty line.
	reported int
}

// play returns the worst exit code. Its error is that of an output.
func (s *series) play(ctx context.Context, all []scenarios.Scenario, plans []*plan.Plan) (int, error) {
	worst := Pass
	for i, scenario := range all {
		if len(all) > 1 && !s.Quiet {
			fmt.Fprintf(s.progress(), "%s[%d/%d] %s\n", gap(i), i+1, len(all), plans[i].Name)
		}
		code, err := s.several(ctx, scenario, plans[i])
		if err != nil {
			return worst, err
		}
		worst = worse(worst, code)
		if code, interrupted := Cut(ctx); interrupted {
			return code, s.leave(all[i+1:], plans[i+1:])
		}
	}
	return worst, nil
}

// leave reports the scenarios that an interruption kept from being played: a
// series without them would look like a shorter one that passed.
func (s *series) leave(all []scenarios.Scenario, plans []*plan.Plan) error {
	var errs []error
	for i := range all {
		errs = append(errs, s.reports.Add(s.unplayed(plans[i], "interrupted before its turn")))
	}
	return errors.Join(errs...)
}

func (s *series) unplayed(p *plan.Plan, why string) report.Input {
	return report.Input{Scenario: p.Name, Title: p.Title, File: p.File, Seed: p.Seed, Sender: s.Sender,
		Starts: p.Starts, NotPlayed: why}
}

// gap is what stands between one run's lines and the next one's.
func gap(runs int) string {
	if runs == 0 {
		return ""
	}
	return "\n"
}

// several plays one scenario as often as it is to be, and returns the worst
// exit code.
func (s *series) several(ctx context.Context, scenario scenarios.Scenario, p *plan.Plan) (int, error) {
	worst, same := Pass, 0
	var first []byte
	for i := range s.Repeat {
		h, code, err := s.once(ctx, scenario, p)
		if err != nil {
			return 0, err
		}
		worst = worse(worst, code)
		if _, interrupted := Cut(ctx); interrupted || s.Repeat == 1 {
			return worst, nil
		}
		var canonical bytes.Buffer
		if h != nil {
			if err := h.WriteCanonical(&canonical); err != nil {
				return 0, err
			}
		}
		if i == 0 {
			first = canonical.Bytes()
		}
		if h != nil && bytes.Equal(first, canonical.Bytes()) {
			same++
		}
	}
	_, err := fmt.Fprintf(s.progress(), "\n%s: same history in %d of %d\n", p.Name, same, s.Repeat)
	return worst, err
}

// once plays a plan, writes its run directory and reports. Without a history
// the run could not take place, and that has been said.
func (s *series) once(ctx context.Context, scenario scenarios.Scenario, p *plan.Plan) (*history.History, int, error) {
	dir, err := prepare(s.Runs, p)
	if err != nil {
		return nil, 0, err
	}
	began := time.Now()
	h, err := s.perform(ctx, scenario, p, dir)
	elapsed := time.Since(began)
	if err != nil {
		in := s.unplayed(p, err.Error())
		in.Dir, in.Elapsed = dir, elapsed
		s.complain(p.Name + ": " + err.Error() + advice(err, dir))
		return nil, Environment, s.reports.Add(in)
	}
	if !s.Quiet && s.reported == 0 && report.TextOnStdout(s.Outputs) {
		fmt.Fprintln(s.Stdout)
	}
	s.reported++
	judging := s.subject.expect(s.Judging, p)
	in, code := judging.judge(p, h)
	in.Dir, in.Elapsed = dir, elapsed
	if err := errors.Join(report.WriteVerdict(dir, in), s.reports.Add(in)); err != nil {
		return nil, 0, err
	}
	judging.compared(in)
	return h, code, nil
}

// perform plays a plan and reads what was written down.
func (s *series) perform(ctx context.Context, scenario scenarios.Scenario, p *plan.Plan, dir string) (*history.History, error) {
	tell := func(time.Duration, string) {}
	if !s.Quiet {
		tell = report.Live(s.progress(), p.Starts, s.Judging.Options)
	}
	j := job{Scenario: scenario, Seed: p.Seed, Sender: s.Sender, Log: filepath.Join(dir, report.LogFile)}
	file := filepath.Join(dir, HistoryFile)
	var err error
	if s.Real {
		tell(0, howLong(p, s.scaleOf(p)))
		err = j.playReal(ctx, s.subject, s.scaleOf(p), file, tell)
	} else {
		err = j.playVirtual(ctx, p, file, tell)
	}
	if err != nil {
		return nil, err
	}
	return history.ReadFile(file)
}

// howLong tells a reader how long to wait, who may not have thought of it.
func howLong(p *plan.Plan, scale float64) string {
	took := report.Short(time.Duration(float64(p.TrafficEnd) / scale).Round(time.Second))
	if scale == 1 {
		return fmt.Sprintf("real time: %s of traffic; --scale 60 makes it %s", took, report.Short(p.TrafficEnd/60))
	}
	return fmt.Sprintf("real time: %s of traffic at %gx take %s, then the drain", report.Short(p.TrafficEnd), scale, took)
}

func (o *Options) scaleOf(p *plan.Plan) float64 {
	switch {
	case o.Scale > 0:
		return o.Scale
	case p.Scale > 0:
		return p.Scale
	default:
		return 1
	}
}

// prepare makes the run directory.
func prepare(runs string, p *plan.Plan) (string, error) {
	dir, err := report.NewDir(runs, p.Name, time.Now())
	if err != nil {
		return "", err
	}
	text, err := report.PlanJSON(p)
	if err != nil {
		return "", err
	}
	return dir, errors.Join(
		report.WriteFile(dir, report.ScenarioFile, p.Text),
		report.WriteFile(dir, report.PlanFile, text))
}
