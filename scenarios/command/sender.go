package command

import (
	"context"
	"errors"
	"flag"
	"fmt"

	"github.com/rs/zerolog"
	"github.com/spf13/cobra"

	"github.com/hookdrill/hookdrill/scenarios/refsender"
	"github.com/hookdrill/hookdrill/scenarios/suite"
)

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
