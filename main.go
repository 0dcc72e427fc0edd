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

	"github.com/spf13/cobra"

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
