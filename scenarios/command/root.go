// Package command is hookdrill's command tree: it turns flags into the options
// of the rooms that do the work.
package command

import (
	"io"

	"github.com/spf13/cobra"

	"github.com/hookdrill/hookdrill/scenarios"
)

// app is the command line.
type app struct {
	stdout, stderr io.Writer
	// program is how the user called hookdrill, for commands to paste.
	program string
}

// New returns the command tree. program is how the user called hookdrill.
// Executing a command returns nil, an error of usage, or a *suite.Error that
// knows the exit code.
func New(stdout, stderr io.Writer, program string) *cobra.Command {
	a := &app{stdout: stdout, stderr: stderr, program: program}
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
		a.showCommand(), a.senderCommand(), a.profileCommand(), a.referenceCommand(), a.schemaCommand(),
		a.probeCommand(), a.gateCommand(), a.incidentCommand(), a.demoCommand())
	return root
}
