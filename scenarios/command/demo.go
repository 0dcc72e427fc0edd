package command

import (
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/hookdrill/hookdrill/prober"
	"github.com/hookdrill/hookdrill/scenarios/suite"
)

func (a *app) demoCommand() *cobra.Command {
	var scale float64
	demo := &cobra.Command{Use: "demo", Short: "see a part of hookdrill at work on this machine", Example: "  hookdrill demo incident",
		Args: unknownCommand, RunE: func(c *cobra.Command, _ []string) error { return c.Help() }}
	incident := &cobra.Command{
		Use:   "incident",
		Short: "play the incident of 10 December 2025 to a prober",
		Long: `Play the incident of 10 December 2025 to a prober: three regions on loopback,
each a reference sender that delivers through a gateway, a platform update that
takes two of them down, and the prober watching. At 1:60 it takes some minutes.`,
		Example: "  hookdrill demo incident",
		Args:    args(""),
		RunE: func(c *cobra.Command, _ []string) error {
			dir, err := os.MkdirTemp("", "hookdrill-demo-")
			if err != nil {
				return err
			}
			defer func() { _ = os.RemoveAll(dir) }() // what is left is in the temporary directory
			d, err := incidentDemo(dir, prober.Loopback(), scale)
			if err != nil {
				return err
			}
			d.Tell = func(at time.Duration, text string) {
				fmt.Fprintf(a.stderr, "%s  %s\n", d.Starts.Add(at).Format("15:04:05"), text)
			}
			r, err := d.Play(c.Context())
			if err != nil {
				return &suite.Error{Code: suite.Environment, Err: err}
			}
			return r.Write(a.stdout)
		},
	}
	incident.Flags().Float64Var(&scale, "scale", 60, "how many of the incident's seconds pass in one, at most 60")
	demo.AddCommand(incident)
	return demo
}
