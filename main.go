// Hookdrill rehearses webhook outages: it stands up fake customer endpoints,
// breaks them and the sender as production does, and proves from recorded
// evidence whether every accepted event was delivered.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/hookdrill/hookdrill/prober/profile"
	"github.com/hookdrill/hookdrill/scenarios/plan"
	"github.com/hookdrill/hookdrill/scenarios/suite"
	"github.com/hookdrill/hookdrill/scenarios/virtual"
)

func main() {
	// A child that plays a virtual run is no command line.
	if job, ok := virtual.FromEnv(); ok {
		virtual.Main(job, suite.Player(job.Payload))
	}
	ctx, stop := interruptible()
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// run is the whole program but for the process around it.
func run(ctx context.Context, line []string, stdout, stderr io.Writer) int {
	a := &app{stdout: stdout, stderr: stderr}
	root := a.root()
	root.SetArgs(append([]string{}, line...)) // nil would be os.Args
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return suite.Pass
	}
	coded, ok := errors.AsType[*suite.Error](err)
	if !ok {
		coded = &suite.Error{Code: suite.Usage, Err: err}
	}
	if coded.Err != nil {
		for line := range strings.SplitSeq(coded.Error(), "\n") {
			fmt.Fprintln(stderr, "hookdrill: "+line)
		}
	}
	return coded.Code
}

// interruptible returns a context that the first SIGINT or SIGTERM ends. The
// second has its usual effect: whoever presses Ctrl-C twice means it.
func interruptible() (ctx context.Context, stop func()) {
	ctx, cancel := context.WithCancelCause(context.Background())
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	quit, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		select {
		case s := <-signals:
			signal.Stop(signals)
			if number, ok := s.(syscall.Signal); ok {
				cancel(suite.Interrupted{Signal: number})
			}
		case <-quit:
		}
	}()
	return ctx, func() {
		signal.Stop(signals)
		close(quit)
		<-ended
		cancel(nil)
	}
}

// usage is the end of every help text. Cobra's own does not wrap flags, and
// this is read in terminals of 80 columns.
const usage = `Usage:
  {{if .HasAvailableSubCommands}}{{.CommandPath}} COMMAND{{else}}{{.UseLine}}{{end}}{{if .HasExample}}

Examples:
{{.Example}}{{end}}{{if .HasAvailableSubCommands}}

Commands:{{range .Commands}}{{if .IsAvailableCommand}}
  {{rpad .Name .NamePadding}} {{.Short}}{{end}}{{end}}{{end}}{{if .HasAvailableLocalFlags}}

Flags:
{{.LocalFlags.FlagUsagesWrapped 80 | trimTrailingWhitespaces}}{{end}}{{if .HasAvailableSubCommands}}

{{.CommandPath}} COMMAND --help says more about a command.{{end}}
`

// mistaken points to the help of the command that was mistyped.
func mistaken(c *cobra.Command, err error) error {
	return fmt.Errorf("%w; see %s --help", err, c.CommandPath())
}

// args wants the one argument that want names, in the notation of usage
// lines: NAME..., [NAME], or none at all.
func args(want string) cobra.PositionalArgs {
	least, most := 1, 1
	switch {
	case want == "":
		least, most = 0, 0
	case strings.HasPrefix(want, "["):
		least = 0
	case strings.HasSuffix(want, "..."):
		most = math.MaxInt
	}
	return func(c *cobra.Command, got []string) error {
		switch {
		case len(got) >= least && len(got) <= most:
			return nil
		case len(got) == 0:
			return mistaken(c, fmt.Errorf("%s wants %s", c.Name(), want))
		case most == 0:
			return mistaken(c, fmt.Errorf("%s takes no arguments, got %q", c.Name(), got))
		default:
			return mistaken(c, fmt.Errorf("%s wants %s, got %q", c.Name(), want, got))
		}
	}
}

// unknownCommand says of what is no command which one may be meant.
func unknownCommand(c *cobra.Command, got []string) error {
	if len(got) == 0 {
		return nil
	}
	var names []string
	for _, sub := range c.Commands() {
		names = append(names, sub.Name())
	}
	if near := plan.Nearest(got[0], names); near != "" {
		return fmt.Errorf("unknown command %q; did you mean %q?", got[0], near)
	}
	return mistaken(c, fmt.Errorf("unknown command %q", got[0]))
}

// profileCommand is in this file because harness.go is full.
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
	for _, q := range profile.Questions() {
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

// self is how the user called this program, for commands to paste.
func self() string {
	binary, err := os.Executable()
	if err == nil && strings.Contains(binary, string(filepath.Separator)+"go-build") {
		return "go run ."
	}
	name := filepath.Base(os.Args[0])
	if _, err := exec.LookPath(name); err == nil {
		return name
	}
	return os.Args[0]
}
