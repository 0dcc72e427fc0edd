package command

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/hookdrill/hookdrill/prober"
	"github.com/hookdrill/hookdrill/prober/canary"
	"github.com/hookdrill/hookdrill/scenarios/suite"
)

func (a *app) demoCommand() *cobra.Command {
	var scale float64
	var listen string
	var stay bool
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
		RunE:    func(c *cobra.Command, _ []string) error { return a.playIncident(c.Context(), scale, listen, stay) },
	}
	incident.Flags().Float64Var(&scale, "scale", 60, "how many of the incident's seconds pass in one, at most 60")
	incident.Flags().StringVar(&listen, "listen", "127.0.0.1:0", "loopback `address` of the status page, the gate and the metrics")
	incident.Flags().BoolVar(&stay, "stay", false, "leave the prober up at the end, until interrupted")
	demo.AddCommand(incident)
	return demo
}

// playIncident plays the incident, tells what happens as it does, and prints
// the outcome.
func (a *app) playIncident(ctx context.Context, scale float64, listen string, stay bool) error {
	dir, err := os.MkdirTemp("", "hookdrill-demo-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }() // what is left is in the temporary directory
	d, err := incidentDemo(dir, prober.Loopback(), scale)
	if err != nil {
		return err
	}
	d.Listen = listen
	d.Tell = func(at time.Duration, text string) {
		fmt.Fprintln(a.stderr, canary.Wrap(d.Starts.Add(at).Format("15:04:05")+"  "+text, 10))
	}
	if stay {
		d.Over = func(r canary.DemoResult) {
			if err := r.Write(a.stdout); err == nil {
				fmt.Fprintln(a.stderr, "\nThe prober stays until you interrupt it.")
			}
		}
	}
	r, err := d.Play(ctx)
	if err == nil && !stay {
		return r.Write(a.stdout)
	}
	return demoError(ctx, err)
}

// demoError is how a demo exits that has no outcome.
func demoError(ctx context.Context, err error) error {
	switch code, interrupted := suite.Cut(ctx); {
	case err == nil:
		return nil
	case interrupted:
		return &suite.Error{Code: code, Err: err}
	default:
		return &suite.Error{Code: suite.Environment, Err: err}
	}
}
