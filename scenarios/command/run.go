package command

import (
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/hookdrill/hookdrill/scenarios"
	"github.com/hookdrill/hookdrill/scenarios/report"
	"github.com/hookdrill/hookdrill/scenarios/suite"
	"github.com/hookdrill/hookdrill/scenarios/verdict"
)

// judging are the flags of commands that judge.
type judging struct {
	strict bool
	expect []string
	output []string
	color  string
}

func (j *judging) flags(c *cobra.Command) {
	f := c.Flags()
	f.BoolVar(&j.strict, "strict", false, "judge by Standard Webhooks instead of by what the sender declares")
	f.StringArrayVar(&j.expect, "expect", nil, "`GUARANTEE=STATUS` that must come out, such as no-loss=fail; repeatable")
	f.StringArrayVarP(&j.output, "output", "o", nil, "`FORMAT[=FILE]`: text, json or junit; repeatable")
	f.StringVar(&j.color, "color", "auto", "`WHEN`: auto, always or never")
}

func (a *app) judging(j judging) (s suite.Judging, err error) {
	s = suite.Judging{Strict: j.strict, Stdout: a.stdout, Stderr: a.stderr, Program: a.program}
	if s.Outputs, err = report.ParseOutputs(j.output); err != nil {
		return s, err
	}
	if s.Want, err = verdict.ParseExpected(j.expect); err != nil {
		return s, err
	}
	s.Options.Color, err = report.Color(j.color, a.stdout, os.Getenv)
	return s, err
}

func (a *app) runCommand() *cobra.Command {
	var o suite.Options
	var j judging
	var all bool
	c := &cobra.Command{
		Use:   "run [SCENARIO...]",
		Short: "play scenarios against a sender and judge what happened",
		Long: `Play scenarios against a sender and judge what happened. A SCENARIO is a name of
the corpus (see list) or a file. Without one, the incident that hookdrill began
with is played, a platform update of 10 December 2025; against a sender that a
profile drives, in real time, it is the scenarios that are made for that,
brief-deploy and its like, one after the other in some minutes.`,
		Example: `  hookdrill run
  hookdrill run --sender mine.yaml
  hookdrill run --sender reference:drop-on-404
  hookdrill run --real kustomer-and-a-crash
  hookdrill run --all -o junit=report.xml
  hookdrill run ./outage.yaml --seed 7 --expect no-loss=fail`,
		RunE: func(c *cobra.Command, names []string) (err error) {
			if o.Judging, err = a.judging(j); err != nil {
				return err
			}
			chosen, err := choose(o, all, names)
			if err != nil {
				return err
			}
			return suite.Run(c.Context(), chosen, o)
		},
	}
	f := c.Flags()
	f.StringVar(&o.Sender, "sender", "reference", "`SPEC` of the sender under test: reference[:BUG,...], a built-in profile, or a profile's file")
	f.Uint64Var(&o.Seed, "seed", 0, "seed of the plan (0: the file's)")
	f.BoolVar(&o.Real, "real", false, "real time and real sockets, with the sender as a child process")
	f.Float64Var(&o.Scale, "scale", 0, "in real time: scenario seconds per second (0: the file's time.scale, or 1)")
	f.StringVar(&o.Runs, "runs", "hookdrill-runs", "`DIRECTORY` that takes a directory for each run")
	f.BoolVarP(&o.Quiet, "quiet", "q", false, "no progress, only the reports")
	f.IntVar(&o.Repeat, "repeat", 1, "play each `N` times, and say how often the history was the same")
	f.BoolVar(&all, "all", false, "play the whole corpus")
	j.flags(c)
	return c
}

// choose returns the scenarios to play.
func choose(o suite.Options, all bool, names []string) ([]scenarios.Scenario, error) {
	switch {
	case o.Repeat < 1:
		return nil, fmt.Errorf("--repeat %d: want at least 1", o.Repeat)
	case o.Scale < 0:
		return nil, fmt.Errorf("--scale %g: want more than 0", o.Scale)
	case len(o.Want) > 0 && (all || len(names) > 1):
		return nil, errors.New("--expect needs a single scenario: others have other guarantees")
	case all && len(names) > 0:
		return nil, errors.New("--all takes no names")
	case all:
		return scenarios.Corpus(), nil
	case len(names) == 0:
		return suite.Default(o.Sender, o.Want)
	}
	chosen := make([]scenarios.Scenario, len(names))
	for i, n := range names {
		s, err := scenarios.Find(n)
		if err != nil {
			return nil, err
		}
		chosen[i] = s
	}
	return chosen, nil
}

func (a *app) checkCommand() *cobra.Command {
	var j judging
	c := &cobra.Command{
		Use:   "check RUN_DIR",
		Short: "judge a run again from its history",
		Long: `Judge a run again from its history: after a checker was mended, or when the run
itself was killed. RUN_DIR is a run directory, or a history file.`,
		Example: "  hookdrill check hookdrill-runs/latest",
		Args:    args("RUN_DIR"),
		RunE: func(_ *cobra.Command, args []string) error {
			s, err := a.judging(j)
			if err != nil {
				return err
			}
			return suite.Check(args[0], s)
		},
	}
	j.flags(c)
	return c
}
