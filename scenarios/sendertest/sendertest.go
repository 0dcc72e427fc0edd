// Package sendertest puts a webhook sender written in Go through every
// scenario of hookdrill's corpus, in virtual time: hours of outage in
// milliseconds, inside `go test`.
//
//	func TestDelivery(t *testing.T) {
//		sendertest.Run(t, func(ctx context.Context, w prober.World) (prober.Sender, error) {
//			return mysender.New(mysender.Config{Transport: w.Transport}), nil
//		})
//	}
//
// Each scenario is a subtest, and runs in a process of its own: the test
// binary, started again for that one subtest.
package sendertest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/hookdrill/hookdrill/prober"
	"github.com/hookdrill/hookdrill/prober/history"
	"github.com/hookdrill/hookdrill/scenarios"
	"github.com/hookdrill/hookdrill/scenarios/check"
	"github.com/hookdrill/hookdrill/scenarios/plan"
	"github.com/hookdrill/hookdrill/scenarios/report"
	"github.com/hookdrill/hookdrill/scenarios/virtual"
)

// Run plays scenarios against the senders that factory makes, each as a
// subtest. A broken guarantee fails its subtest with the shortest story of
// what happened; so does one that could not be judged.
func Run(t *testing.T, factory prober.Factory, opts ...Option) {
	t.Helper()
	set := newSettings(opts)
	chosen, err := set.choose()
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range chosen {
		t.Run(name(s), func(t *testing.T) {
			if job, child := virtual.FromEnv(); child {
				playChild(t, job, factory, set)
				return
			}
			if reason, skipped := set.skipped[s.Name]; skipped {
				t.Skip(reason)
			}
			c := &subtest{T: t, scenario: s, factory: factory, set: set}
			c.run()
		})
	}
}

// name is the subtest's name.
func name(s scenarios.Scenario) string {
	return strings.TrimSuffix(filepath.Base(s.Name), filepath.Ext(s.Name))
}

// choose returns the scenarios to play. An option that names none of them is
// a mistake: it would change nothing.
func (set *settings) choose() ([]scenarios.Scenario, error) {
	all := append(scenarios.Corpus(), set.scenarios...)
	var names []string
	for _, s := range all {
		names = append(names, s.Name)
	}
	mentioned := slices.Clone(set.chosen)
	for n := range set.skipped {
		mentioned = append(mentioned, n)
	}
	for _, k := range set.known {
		mentioned = append(mentioned, k.scenario)
	}
	slices.Sort(mentioned)
	for _, n := range mentioned {
		if !slices.Contains(names, n) {
			return nil, fmt.Errorf("sendertest: no scenario %q; there are %s", n, strings.Join(names, ", "))
		}
	}
	if len(set.chosen) == 0 {
		return all, nil
	}
	return slices.DeleteFunc(all, func(s scenarios.Scenario) bool { return !slices.Contains(set.chosen, s.Name) }), nil
}

// payload tells the child which subtest it is.
type payload struct {
	Test     string
	Scenario scenarios.Scenario
	Log      string
}

// playChild plays the job of this process if it is for this subtest: the same
// name may have been filtered in twice.
func playChild(t *testing.T, job virtual.Job, factory prober.Factory, set *settings) {
	var p payload
	if err := json.Unmarshal(job.Payload, &p); err != nil {
		t.Fatalf("sendertest: payload: %v", err)
	}
	if p.Test != t.Name() {
		return
	}
	virtual.Play(t, job, func(ctx context.Context, history io.Writer, tell func(time.Duration, string)) error {
		compiled, err := p.Scenario.Plan(set.seed)
		if err != nil {
			return err
		}
		log, err := os.Create(p.Log)
		if err != nil {
			return fmt.Errorf("log: %w", err)
		}
		defer func() { _ = log.Close() }() // the process ends right after
		return scenarios.Execute(ctx, compiled, factory, history, set.options(t.Name(), log, tell)...)
	})
}

func (set *settings) options(sender string, log io.Writer, tell func(time.Duration, string)) []scenarios.Option {
	opts := []scenarios.Option{scenarios.WithSender(sender), scenarios.WithProgress(tell),
		scenarios.WithLog(zerolog.New(log).With().Timestamp().Logger())}
	if set.declared != nil {
		opts = append(opts, scenarios.WithPolicy(*set.declared))
	}
	if set.scale > 0 {
		opts = append(opts, scenarios.RealTime(set.scale))
	}
	return opts
}

// subtest is one scenario against the sender, as the parent sees it.
type subtest struct {
	*testing.T
	scenario scenarios.Scenario
	factory  prober.Factory
	set      *settings
}

func (c *subtest) run() {
	p, err := c.scenario.Plan(c.set.seed)
	if err != nil {
		c.Fatal(err)
	}
	dir := c.ArtifactDir()
	if c.set.declared != nil {
		c.skipUnreal(p, *c.set.declared)
	}
	began := time.Now()
	var h *history.History
	if c.set.scale > 0 {
		h, err = c.playReal(p, dir)
	} else {
		c.Parallel()
		began = time.Now()
		h, err = c.playVirtual(p, dir)
	}
	if err != nil {
		c.environment(err, dir)
	}
	if c.set.declared == nil {
		c.skipUnreal(p, declared(h))
	}
	j := check.Judge(p, h, check.Options{Strict: c.set.strict})
	in := report.NewInput(p, h, j)
	in.Elapsed, in.Strict = time.Since(began), c.set.strict
	in.Reproduce = report.Command("go", "test", "-run", "^"+strings.ReplaceAll(c.Name(), "/", "$/^")+"$", ".")
	c.conclude(in, dir)
}

func (c *subtest) playVirtual(p *plan.Plan, dir string) (*history.History, error) {
	command, err := virtual.TestCommand(c.Name())
	if err != nil {
		return nil, err
	}
	raw, err := json.Marshal(payload{Test: c.Name(), Scenario: c.scenario, Log: filepath.Join(dir, report.LogFile)})
	if err != nil {
		return nil, err
	}
	var printed bytes.Buffer
	file := filepath.Join(dir, "history.jsonl")
	_, err = virtual.Run(c.Context(), virtual.Config{
		Command: command, Payload: raw, History: file, Starts: p.Starts, Planned: p.Events(), Limit: c.set.stall, Log: &printed})
	if err != nil {
		if printed.Len() > 0 {
			c.Logf("the child printed:\n%s", printed.Bytes())
		}
		return nil, err
	}
	return history.ReadFile(file)
}

func (c *subtest) playReal(p *plan.Plan, dir string) (_ *history.History, err error) {
	log, err := report.CreateLog(dir)
	if err != nil {
		return nil, err
	}
	defer func() { _ = log.Close() }() // the next run creates it anew
	tell := func(time.Duration, string) {}
	r, err := scenarios.Run(c.Context(), p, c.factory, c.set.options(c.Name(), log, tell)...)
	return r.History, err
}
