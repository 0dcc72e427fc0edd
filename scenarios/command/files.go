package command

import (
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/hookdrill/hookdrill/scenarios"
	"github.com/hookdrill/hookdrill/scenarios/check"
	"github.com/hookdrill/hookdrill/scenarios/plan"
	"github.com/hookdrill/hookdrill/scenarios/suite"
)

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
