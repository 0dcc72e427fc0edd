package command

import (
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/hookdrill/hookdrill/prober/canary"
	"github.com/hookdrill/hookdrill/scenarios/suite"
)

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
			return a.verdict(verdictOf{"gate", r.Verdict, canary.ExitCode(r.Result()), r.Reasons})
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
