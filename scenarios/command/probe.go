package command

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"sync"
	"syscall"

	"github.com/rs/zerolog"
	"github.com/spf13/cobra"

	"github.com/hookdrill/hookdrill/prober/canary"
	"github.com/hookdrill/hookdrill/scenarios/suite"
)

func (a *app) probeCommand() *cobra.Command {
	var config string
	var dryRun bool
	var regions []string
	var o canary.Options
	c := &cobra.Command{
		Use:   "probe",
		Short: "send canaries through a live sender, and say which region broke",
		Long: `Send canaries through a live sender, region by region, receive them on endpoints
of its own, and say which region broke, at which stage and how. It needs an
allow-list, and keeps to budgets and hard caps; see --dry-run.

SIGHUP reads the configuration again, SIGUSR1 pauses or resumes. With --once or
--for it ends by itself, and its exit code is the verdict.`,
		Example: "  hookdrill probe --config probe.yaml --dry-run\n  hookdrill probe --config probe.yaml --once --region prod-2",
		Args:    args(""),
		RunE: func(c *cobra.Command, _ []string) error {
			cfg, err := canary.Load(config)
			if err == nil && len(regions) > 0 {
				cfg, err = cfg.Only(regions)
			}
			switch {
			case err != nil:
				return suite.UsageError(err)
			case dryRun:
				if err := cfg.Describe(a.stdout); err != nil {
					return &suite.Error{Code: suite.Environment, Err: err}
				}
				return nil
			case o.For < 0:
				return fmt.Errorf("--for %v: want more than 0s", o.For)
			case o.Once && o.For > 0:
				return errors.New("--once and --for: want one of them")
			}
			if len(regions) == 0 {
				o.Watch = config
			}
			o.Log = zerolog.New(a.stderr).With().Timestamp().Logger()
			return a.probe(c.Context(), cfg, o)
		},
	}
	f := c.Flags()
	f.StringVar(&config, "config", "probe.yaml", "configuration `file`")
	f.BoolVar(&dryRun, "dry-run", false, "print what would be sent where and how often, and send nothing")
	f.BoolVar(&o.Once, "once", false, "one canary a region, then end with the verdict")
	f.DurationVar(&o.For, "for", 0, "probe for so long, then end with the verdict")
	f.StringSliceVar(&regions, "region", nil, "only this `region`; repeatable")
	return c
}

func (a *app) probe(ctx context.Context, cfg *canary.Config, o canary.Options) error {
	p := canary.New(cfg, o)
	listening, stop := context.WithCancel(ctx)
	var wg sync.WaitGroup
	wg.Go(func() { heed(listening, p, o.Log) })
	answer, err := p.Run(ctx)
	stop()
	wg.Wait()
	switch {
	case err != nil:
		return &suite.Error{Code: suite.Environment, Err: err}
	case !o.Once && o.For == 0:
		return nil // it was asked to end
	}
	if code, interrupted := suite.Cut(ctx); interrupted {
		// What was seen by then may be good, and is not what was asked for.
		return &suite.Error{Code: code, Err: fmt.Errorf("interrupted, with this known so far: %s", strings.Join(answer.Reasons, "; "))}
	}
	return a.verdict(verdictOf{"probe", canary.Word(answer.Verdict), canary.ExitCode(answer.Verdict), answer.Reasons})
}

// heed does what signals ask a prober for, until ctx ends.
func heed(ctx context.Context, p *canary.Prober, log zerolog.Logger) {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGHUP, syscall.SIGUSR1)
	defer signal.Stop(signals)
	for {
		select {
		case s := <-signals:
			if s == syscall.SIGUSR1 {
				p.Toggle("SIGUSR1")
				continue
			}
			if err := p.Reread(ctx); err != nil {
				log.Error().Err(err).Msg("reload")
			}
		case <-ctx.Done():
			return
		}
	}
}

// verdict prints a verdict, and makes an error of its exit code.
func (a *app) verdict(v verdictOf) error {
	fmt.Fprintf(a.stdout, "%s\n%s\n", v.word, strings.Join(v.reasons, "\n"))
	if err := a.github(v); err != nil {
		fmt.Fprintf(a.stderr, "hookdrill: what GitHub is told: %v\n", err) // the verdict stands
	}
	if v.code == suite.Pass {
		return nil
	}
	return &suite.Error{Code: v.code}
}
