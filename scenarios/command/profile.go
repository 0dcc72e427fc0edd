package command

import (
	"errors"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/hookdrill/hookdrill/scenarios/suite"
)

func (a *app) profileCommand() *cobra.Command {
	c := &cobra.Command{Use: "profile", Short: "bring your own sender: list, show, write and try profiles",
		Example: "  hookdrill profile init mine.yaml\n  hookdrill profile check mine.yaml\n  hookdrill run brief-deploy --sender mine.yaml",
		Args:    unknownCommand, RunE: func(c *cobra.Command, _ []string) error { return c.Help() }}
	c.AddCommand(
		&cobra.Command{Use: "list", Short: "list the built-in profiles", Args: args(""),
			Example: "  hookdrill profile list",
			RunE:    func(*cobra.Command, []string) error { return suite.ListProfiles(a.stdout) }},
		&cobra.Command{Use: "show NAME", Short: "print a profile", Args: args("NAME"),
			Example: "  hookdrill profile show http >mine.yaml",
			RunE:    func(_ *cobra.Command, names []string) error { return suite.ShowProfile(a.stdout, names[0]) }},
		a.profileInitCommand(), a.profileCheckCommand())
	return c
}

func (a *app) profileInitCommand() *cobra.Command {
	init := suite.InitProfile{Answers: map[string]string{}, Prompt: a.stderr, Out: a.stdout}
	c := &cobra.Command{Use: "init [FILE]", Short: "write a starting profile, from questions or from flags", Args: args("[FILE]"),
		Long: `Write a starting profile to FILE, or to the standard output. Without flags the
questions are asked; with any, the others have their defaults.`,
		Example: `  hookdrill profile init mine.yaml
  hookdrill profile init mine.yaml --name mine --publish /v1/events \
      --command "./mine --port {{.Port.api}}"`,
		RunE: func(c *cobra.Command, names []string) error {
			c.Flags().Visit(func(f *pflag.Flag) { init.Answers[f.Name] = f.Value.String() })
			init.In = c.InOrStdin()
			init.File = append(names, "")[0]
			return init.Write()
		}}
	for _, q := range suite.Questions() {
		c.Flags().String(q.Flag, q.Default, q.Ask)
	}
	return c
}

func (a *app) profileCheckCommand() *cobra.Command {
	check := suite.CheckProfile{Out: a.stdout}
	var log string
	c := &cobra.Command{Use: "check FILE", Short: "try a profile with one event, and tell step by step what happens", Args: args("FILE"),
		Long: `Start the sender that a profile drives, subscribe one endpoint, publish one
event, and tell step by step what was sent, what came back and what arrived.
FILE is a profile, or the name of a built-in one.

Exit codes: 0 it works, 1 the sender took the event and does not deliver it as
the profile says, 2 the profile is invalid, 4 it does not come that far.`,
		Example: "  hookdrill profile check mine.yaml\n  hookdrill profile check alertmanager",
		RunE: func(c *cobra.Command, names []string) (err error) {
			check.Name, check.Log = names[0], io.Discard
			if log != "" {
				f, err := os.Create(log)
				if err != nil {
					return err
				}
				defer func() { err = errors.Join(err, f.Close()) }()
				check.Log = f
			}
			return check.Run(c.Context())
		}}
	c.Flags().Float64Var(&check.Scale, "scale", 60, "that of the runs it is for: settings under speed are shortened by it")
	c.Flags().DurationVar(&check.Wait, "wait", 30*time.Second, "how long to wait for the event")
	c.Flags().StringVar(&log, "log", "", "`FILE` for all that the sender prints")
	return c
}
