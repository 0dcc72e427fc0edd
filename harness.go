package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"

	"github.com/rs/zerolog"
	"github.com/spf13/cobra"

	"github.com/hookdrill/hookdrill/scenarios"
	"github.com/hookdrill/hookdrill/scenarios/check"
	"github.com/hookdrill/hookdrill/scenarios/plan"
	"github.com/hookdrill/hookdrill/scenarios/refsender"
	"github.com/hookdrill/hookdrill/scenarios/report"
	"github.com/hookdrill/hookdrill/scenarios/suite"
	"github.com/hookdrill/hookdrill/scenarios/verdict"
)

// app is the command line.
type app struct{ stdout, stderr io.Writer }

func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "hookdrill",
		Short: "rehearse webhook outages, and prove what your sender does in them",
		Long: `hookdrill stands up fake customer endpoints, breaks them and the sender as
production does, and proves from recorded evidence whether every accepted event
was delivered, in the order promised, without flooding anyone.

Exit codes: 0 pass, 1 a guarantee failed, 2 usage or an invalid file,
3 could not judge, 4 the environment failed, 130/143 interrupted.`,
		SilenceUsage: true, SilenceErrors: true,
		Version: scenarios.Build(),
		Args:    unknownCommand,
		RunE:    func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	root.SetUsageTemplate(usage)
	root.SetFlagErrorFunc(mistaken)
	root.SetVersionTemplate("{{.Version}}\n")
	root.AddCommand(a.runCommand(), a.checkCommand(), a.planCommand(), a.validateCommand(), a.listCommand(),
		a.showCommand(), a.senderCommand(), a.profileCommand(), a.referenceCommand(),
		a.probeCommand(), a.gateCommand(), a.incidentCommand(), a.demoCommand())
	return root
}

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
	s = suite.Judging{Strict: j.strict, Stdout: a.stdout, Stderr: a.stderr, Program: self()}
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
with is played: a platform update of 10 December 2025.`,
		Example: `  hookdrill run
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
	f.Float64Var(&o.Scale, "scale", 0, "with --real: scenario seconds per second (0: the file's time.scale, or 1)")
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
	case o.Scale != 0 && !o.Real:
		return nil, errors.New("--scale needs --real: virtual time has no scale")
	case o.Scale < 0:
		return nil, fmt.Errorf("--scale %g: want more than 0", o.Scale)
	case len(o.Want) > 0 && (all || len(names) > 1):
		return nil, errors.New("--expect needs a single scenario: others have other guarantees")
	case all && len(names) > 0:
		return nil, errors.New("--all takes no names")
	case all:
		return scenarios.Corpus(), nil
	case len(names) == 0:
		names = []string{scenarios.Default}
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

func (a *app) planCommand() *cobra.Command {
	var seed uint64
	c := &cobra.Command{
		Use:     "plan SCENARIO",
		Short:   "print what a scenario would do, without doing it",
		Example: "  hookdrill plan kustomer-2025-12-10\n  hookdrill plan ./outage.yaml --seed 7",
		Args:    args("SCENARIO"),
		RunE: func(_ *cobra.Command, args []string) error {
			s, err := scenarios.Find(args[0])
			if err != nil {
				return err
			}
			p, err := s.Plan(seed)
			if err != nil {
				return err
			}
			return plan.Describe(a.stdout, p)
		},
	}
	c.Flags().Uint64Var(&seed, "seed", 0, "seed of the plan (0: the file's)")
	return c
}

func (a *app) validateCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "validate FILE...",
		Short:   "check scenario files, and say by line and column what is wrong",
		Example: "  hookdrill validate scenarios/*.yaml",
		Args:    args("FILE..."),
		RunE: func(_ *cobra.Command, files []string) error {
			var wrong []error
			for _, f := range files {
				s, err := scenarios.Find(f)
				if err == nil {
					_, err = s.Plan(0)
				}
				if err != nil {
					wrong = append(wrong, err)
					continue
				}
				fmt.Fprintf(a.stdout, "%s: ok\n", f)
			}
			return suite.UsageError(errors.Join(wrong...))
		},
	}
}

func (a *app) listCommand() *cobra.Command {
	var long bool
	c := &cobra.Command{
		Use:     "list",
		Short:   "list the scenarios of the corpus",
		Example: "  hookdrill list --long",
		Args:    args(""),
		RunE: func(*cobra.Command, []string) error {
			w := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
			for _, s := range scenarios.Corpus() {
				p, err := s.Plan(0)
				if err != nil {
					return err
				}
				if !long {
					fmt.Fprintf(w, "%s\t%s\n", p.Name, p.Title)
					continue
				}
				catches := strings.Join(p.Catches, ", ")
				if catches == "" {
					catches = "no bug switch: a correct sender must stand it"
				}
				fmt.Fprintf(a.stdout, "%s\n  %s\n  stands for  %s\n  catches     %s\n", p.Name, p.Title, p.Source, catches)
			}
			return w.Flush()
		},
	}
	c.Flags().BoolVar(&long, "long", false, "also what each stands for, and which bugs of the reference sender it catches")
	return c
}

func (a *app) showCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "show NAME",
		Short:   "print a scenario file of the corpus",
		Example: "  hookdrill show kustomer-2025-12-10 >mine.yaml",
		Args:    args("NAME"),
		RunE: func(_ *cobra.Command, args []string) error {
			s, err := scenarios.Find(args[0])
			if err != nil {
				return err
			}
			_, err = a.stdout.Write(s.Text)
			return err
		},
	}
}

func (a *app) senderCommand() *cobra.Command {
	var cfg refsender.ServeConfig
	var bugs bool
	c := &cobra.Command{
		Use:   "sender [SPEC]",
		Short: "run the reference sender as a server, until it is stopped",
		Example: `  hookdrill sender --dir /tmp/sender --listen 127.0.0.1:8080
  hookdrill sender --dir /tmp/sender reference:drop-on-404
  hookdrill sender --bugs`,
		Args: args("[SPEC]"),
		RunE: func(c *cobra.Command, args []string) error {
			if bugs {
				return a.bugs()
			}
			if cfg.Dir == "" {
				return mistaken(c, errors.New("sender needs --dir, for its records"))
			}
			return a.serve(c.Context(), cfg, append(args, "reference")[0])
		},
	}
	var f flag.FlagSet
	cfg.Flags(&f)
	c.Flags().AddGoFlagSet(&f)
	c.Flags().BoolVar(&bugs, "bugs", false, "list the bugs that a SPEC can switch on, and end")
	return c
}

func (a *app) serve(ctx context.Context, cfg refsender.ServeConfig, spec string) error {
	sender, err := refsender.Parse(spec)
	if err != nil {
		return err
	}
	sender.Seed, sender.Speed = cfg.Sender.Seed, cfg.Sender.Speed
	cfg.Sender, cfg.Stdout, cfg.Log = sender, a.stdout, zerolog.New(a.stderr).With().Timestamp().Logger()
	if err := refsender.Serve(ctx, cfg); err != nil {
		return &suite.Error{Code: suite.Environment, Err: err}
	}
	return nil
}

func (a *app) bugs() error {
	for _, b := range refsender.Bugs() {
		fmt.Fprintf(a.stdout, "%s\n  %s\n  %s\n", b.Name, b.Doc, b.Real)
	}
	return nil
}

func (a *app) referenceCommand() *cobra.Command {
	return &cobra.Command{
		Use:       "reference faults|guarantees",
		Short:     "print what scenario files can ask for, as Markdown",
		Example:   "  hookdrill reference faults >docs/faults.md",
		Args:      args("faults|guarantees"),
		ValidArgs: []string{"faults", "guarantees"},
		RunE: func(c *cobra.Command, args []string) error {
			switch args[0] {
			case "faults":
				return plan.WriteFaults(a.stdout)
			case "guarantees":
				return plan.WriteGuarantees(a.stdout, check.Kinds())
			}
			return mistaken(c, fmt.Errorf("reference %q: want faults or guarantees", args[0]))
		},
	}
}
