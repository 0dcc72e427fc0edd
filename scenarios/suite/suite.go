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
	"time"

	"github.com/hookdrill/hookdrill/prober/history"
	"github.com/hookdrill/hookdrill/scenarios"
	"github.com/hookdrill/hookdrill/scenarios/plan"
	"github.com/hookdrill/hookdrill/scenarios/refsender"
	"github.com/hookdrill/hookdrill/scenarios/report"
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
}

// Run plays all scenarios and returns nil where all passed, and otherwise an
// *Error. It stops at the first scenario that could not be played at all.
func Run(ctx context.Context, all []scenarios.Scenario, o Options) error {
	if _, err := refsender.Parse(o.Sender); err != nil {
		return UsageError(err)
	}
	plans := make([]*plan.Plan, len(all))
	for i, s := range all {
		p, err := s.Plan(o.Seed)
		if err != nil {
			return UsageError(err)
		}
		plans[i] = p
	}
	worst := Pass
	for i, s := range all {
		code, err := o.several(ctx, s, plans[i])
		if err != nil {
			return err
		}
		worst = worse(worst, code)
		if code, interrupted := cut(ctx); interrupted {
			return exit(code)
		}
	}
	return exit(worst)
}

// several plays one scenario as often as it is to be, and returns the worst
// exit code.
func (o *Options) several(ctx context.Context, s scenarios.Scenario, p *plan.Plan) (int, error) {
	worst, same := Pass, 0
	var first []byte
	for i := range o.Repeat {
		h, code, err := o.once(ctx, s, p)
		if err != nil {
			return 0, err
		}
		worst = worse(worst, code)
		if o.Repeat == 1 || ctx.Err() != nil {
			return worst, nil
		}
		var canonical bytes.Buffer
		if err := h.WriteCanonical(&canonical); err != nil {
			return 0, environment(err)
		}
		if i == 0 {
			first = canonical.Bytes()
		}
		if bytes.Equal(first, canonical.Bytes()) {
			same++
		}
	}
	_, err := fmt.Fprintf(o.progress(), "\n%s: same history in %d of %d\n", s.Name, same, o.Repeat)
	return worst, environment(err)
}

// once plays a plan, writes its run directory and reports.
func (o *Options) once(ctx context.Context, s scenarios.Scenario, p *plan.Plan) (*history.History, int, error) {
	dir, err := prepare(o.Runs, p)
	if err != nil {
		return nil, 0, environment(err)
	}
	tell := func(time.Duration, string) {}
	if !o.Quiet {
		tell = report.Live(o.progress(), p.Starts, o.Options)
	}
	j := job{Scenario: s, Seed: p.Seed, Sender: o.Sender, Log: filepath.Join(dir, report.LogFile)}
	began, file := time.Now(), filepath.Join(dir, HistoryFile)
	if o.Real {
		err = j.playReal(ctx, o.scaleOf(p), file, tell)
	} else {
		err = j.playVirtual(ctx, p, file, tell)
	}
	if err != nil {
		return nil, 0, environment(fmt.Errorf("%s: %w\nevidence: %s", p.Name, err, dir))
	}
	elapsed := time.Since(began)
	h, err := history.ReadFile(file)
	if err != nil {
		return nil, 0, environment(err)
	}
	if !o.Quiet {
		fmt.Fprintln(o.progress())
	}
	code, err := o.judge(p, h, dir, elapsed)
	return h, code, err
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
