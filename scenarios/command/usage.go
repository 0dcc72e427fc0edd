package command

import (
	"fmt"
	"math"
	"strings"

	"github.com/spf13/cobra"

	"github.com/hookdrill/hookdrill/prober/strict"
)

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
	if near := strict.Nearest(got[0], names); near != "" {
		return fmt.Errorf("unknown command %q; did you mean %q?", got[0], near)
	}
	return mistaken(c, fmt.Errorf("unknown command %q", got[0]))
}
