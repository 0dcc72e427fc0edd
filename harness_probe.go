package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/rs/zerolog"
	"github.com/spf13/cobra"

	"github.com/hookdrill/hookdrill/prober"
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
				return cfg.Describe(a.stdout)
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
	fmt.Fprintf(a.stdout, "%v\n%s\n", answer.Verdict, strings.Join(answer.Reasons, "\n"))
	return verdictExit(canary.ExitCode(answer.Verdict))
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

// verdictExit makes an error of a verdict that was printed.
func verdictExit(code int) error {
	if code == suite.Pass {
		return nil
	}
	return &suite.Error{Code: code}
}

// asking are the flags of commands that ask a prober elsewhere.
type asking struct{ url, tokenFile string }

func (k *asking) flags(c *cobra.Command) {
	c.Flags().StringVar(&k.url, "url", "http://127.0.0.1:8089", "the prober's admin listener")
	c.Flags().StringVar(&k.tokenFile, "token-file", "", "`file` with the admin token (default: $HOOKDRILL_TOKEN, if it is set)")
}

func (k *asking) token() (string, error) {
	if k.tokenFile == "" {
		return os.Getenv("HOOKDRILL_TOKEN"), nil
	}
	b, err := os.ReadFile(k.tokenFile)
	return strings.TrimSpace(string(b)), err
}

func (a *app) gateCommand() *cobra.Command {
	var k asking
	var since string
	var q canary.GateQuery
	c := &cobra.Command{
		Use:     "gate",
		Short:   "ask a prober whether a deploy may go on",
		Long:    "Ask a prober whether a deploy may go on. Exit codes: 0 pass, 1 fail, 3 no\nverdict in time, 4 no answer. No data is never a pass.",
		Example: "  hookdrill gate --name prod-2 --deploy $ID --timeout 10m",
		Args:    args(""),
		RunE: func(c *cobra.Command, _ []string) (err error) {
			if since != "" {
				if q.Since, err = time.Parse(time.RFC3339, since); err != nil {
					return fmt.Errorf("--since %q: want a time such as 2026-01-31T02:30:00Z", since)
				}
			}
			if q.Token, err = k.token(); err != nil {
				return err
			}
			q.URL = k.url
			q.Progress = func(r canary.Reply) { fmt.Fprintln(a.stderr, strings.Join(r.Reasons, "; ")) }
			r, err := canary.AskGate(c.Context(), q)
			if err != nil {
				return &suite.Error{Code: suite.Environment, Err: err}
			}
			fmt.Fprintf(a.stdout, "%s\n%s\n", r.Verdict, strings.Join(r.Reasons, "\n"))
			return verdictExit(canary.ExitCode(r.Result()))
		},
	}
	k.flags(c)
	f := c.Flags()
	f.StringVar(&q.Name, "name", canary.All, "a region, or all")
	f.StringSliceVar(&q.Regions, "regions", nil, "with --name all: only these")
	f.StringVar(&since, "since", "", "`time` of the change; only later canaries count")
	f.StringVar(&q.Deploy, "deploy", "", "`id` of a deploy mark; only canaries after its end count")
	f.DurationVar(&q.Timeout, "timeout", 0, "how long to wait for a verdict")
	f.IntVar(&q.MinSamples, "min-samples", 0, "fewest canaries of a region that a pass needs (default: the prober's)")
	return c
}

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
