package command

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/hookdrill/hookdrill/prober/canary"
	"github.com/hookdrill/hookdrill/scenarios/suite"
)

func (a *app) incidentCommand() *cobra.Command {
	var k asking
	var state, format string
	c := &cobra.Command{
		Use:   "incident [ID]",
		Short: "print an incident as a postmortem's impact section",
		Long: `Print an incident as a postmortem's impact section: the newest one, or that of
the ID. It comes from a prober that runs, or with --state from a state file.`,
		Example: "  hookdrill incident\n  hookdrill incident --state probe.db --format json incident-20251210-031400",
		Args:    args("[ID]"),
		RunE: func(c *cobra.Command, ids []string) error {
			if format != "markdown" && format != "json" {
				return fmt.Errorf("--format %q: want markdown or json", format)
			}
			all, err := incidents(c.Context(), k, state)
			if err != nil {
				return &suite.Error{Code: suite.Environment, Err: err}
			}
			for _, i := range all {
				if len(ids) > 0 && i.ID != ids[0] {
					continue
				}
				if format == "json" {
					return i.WriteJSON(a.stdout)
				}
				return i.WriteMarkdown(a.stdout)
			}
			return &suite.Error{Code: suite.Unknown, Err: errors.New("no such incident is known")}
		},
	}
	k.flags(c)
	c.Flags().StringVar(&state, "state", "", "state `file` of a prober that does not run")
	c.Flags().StringVar(&format, "format", "markdown", "markdown or json")
	return c
}

func incidents(ctx context.Context, k asking, state string) ([]*canary.Incident, error) {
	if state != "" {
		return canary.ReadIncidents(state)
	}
	token, err := k.token()
	if err != nil {
		return nil, err
	}
	return canary.FetchIncidents(ctx, k.url, token)
}
