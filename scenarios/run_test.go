package scenarios_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hookdrill/hookdrill/prober"
	"github.com/hookdrill/hookdrill/prober/event"
	"github.com/hookdrill/hookdrill/prober/history"
	"github.com/hookdrill/hookdrill/scenarios"
	"github.com/hookdrill/hookdrill/scenarios/check"
	"github.com/hookdrill/hookdrill/scenarios/plan"
	"github.com/hookdrill/hookdrill/scenarios/refsender"
	"github.com/hookdrill/hookdrill/scenarios/verdict"
)

// head is what all scenarios here share: ten minutes of two events a second
// to four endpoints.
const head = `version: 1
name: small
title: A small run
source: a test
starts: 2026-03-02T09:00:00Z
seed: 3
endpoints:
  - {name: e-%d, count: 4, labels: {group: all}}
traffic:
  - {rate: 2/s, for: 10m, to: one, keys: 2, body: 256B..1KiB}
drain: {until: settled, at-most: 2h}
guarantees: {no-loss: {}}
`

func compile(t *testing.T, timeline string) *plan.Plan {
	t.Helper()
	p, err := plan.Load("small.yaml", []byte(head+timeline), check.Kinds(), 0)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// play runs a plan in a bubble.
func play(t *testing.T, p *plan.Plan, factory prober.Factory, opts ...scenarios.Option) (r scenarios.Result) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Until(p.Starts))
		var err error
		if r, err = scenarios.Run(t.Context(), p, factory, opts...); err != nil {
			t.Fatal(err)
		}
	})
	return r
}

// steps are what happened to the sender, in words.
func steps(h *history.History) []string {
	names := map[history.SenderWhat]string{
		history.SenderStart: "start", history.SenderReady: "ready", history.SenderKill: "kill", history.SenderTerm: "term",
		history.SenderExit: "exit", history.SenderCrash: "crash", history.SenderPause: "pause", history.SenderResume: "resume",
		history.SenderPending: "pending", history.SenderGone: "gone",
	}
	var all []string
	for _, s := range h.Senders {
		text := fmt.Sprintf("%s %d", names[s.What], s.Incarnation)
		if s.Detail != "" {
			text += " " + s.Detail
		}
		all = append(all, text)
	}
	return all
}

func TestVerbs(t *testing.T) {
	for _, c := range []struct {
		name, reason, timeline string
		want                   []string
	}{
		{"kill", "a kill is modelled, and the next incarnation goes on", "timeline: [{at: 3m, sender: kill, for: 20s}]",
			[]string{"start 1", "ready 1", "kill 1 modelled", "start 2", "ready 2", "pending 2 0"}},
		{"term", "a sender that is asked to stop does", "timeline: [{at: 3m, sender: term, for: 20s}]",
			[]string{"start 1", "ready 1", "term 1", "exit 1", "start 2", "ready 2", "pending 2 0"}},
		{"pause", "a paused sender goes on as the same incarnation", "timeline: [{at: 3m, sender: pause, for: 20s}]",
			[]string{"start 1", "ready 1", "pause 1 modelled", "resume 1 modelled", "pending 1 0"}},
		{"trigger", "a kill hangs on what an endpoint sees",
			"timeline: [{when: {milestone: request-whole, where: {group: all}, nth: 50, by: 5m}, sender: kill, for: 5s}]",
			[]string{"start 1", "ready 1", "kill 1 modelled", "start 2", "ready 2", "pending 2 0"}},
		{"gone", "an endpoint that answers 410 is left alone",
			"timeline: [{at: 3m, for: 2m, where: {group: all}, keys: [0], fault: {kind: status, code: 410}}]",
			[]string{"start 1", "ready 1", "gone 1 e-1", "pending 1 0"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := play(t, compile(t, c.timeline), refsender.New(refsender.Default()))
			if diff := cmp.Diff(c.want, steps(r.History)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", c.reason, diff)
			}
			if r.Judgement.Status != verdict.Pass {
				t.Errorf("the verdict is %v: %+v", r.Judgement.Status, r.Judgement.Reports)
			}
			if r.History.End == nil || r.History.End.Reason != history.EndSettled {
				t.Errorf("the history ends with %+v, want settled", r.History.End)
			}
		})
	}
}

// TestTriggerIsBeforeTheAnswer is the instant that finds lost deliveries.
func TestTriggerIsBeforeTheAnswer(t *testing.T) {
	r := play(t, compile(t,
		"timeline: [{when: {milestone: request-whole, where: {group: all}, nth: 50, by: 5m}, sender: kill, for: 5s}]"),
		refsender.New(refsender.Default()))
	kill := slices.IndexFunc(r.History.Senders, func(s history.SenderEvent) bool { return s.What == history.SenderKill })
	at := r.History.Senders[kill].At
	cut := slices.IndexFunc(r.History.Attempts, func(a history.Attempt) bool {
		return a.Whole > 0 && a.Whole <= at && a.Answered == 0 && a.Disposition == history.Aborted
	})
	if cut < 0 {
		t.Error("no attempt was read and not answered at the kill")
	}
}

func TestTriggeredFault(t *testing.T) {
	r := play(t, compile(t, `timeline:
  - {when: {milestone: after-answer, where: {group: all}, nth: 100, by: 5m}, for: 30s, id: late, where: {group: all}, fault: {kind: status, code: 503}}`),
		refsender.New(refsender.Default()))
	var on, off time.Duration
	for _, f := range r.History.Faults {
		switch f.What {
		case history.FaultOn:
			on = f.At
		case history.FaultOff:
			off = f.At
		}
	}
	if on == 0 || off-on != 30*time.Second {
		t.Errorf("the window was open from %v to %v, want 30s from when the trigger fired", on, off)
	}
	for _, a := range r.History.Attempts {
		if a.Status == 503 && (a.Whole < on || a.Whole >= off) {
			t.Errorf("a 503 at %v, outside of the window", a.Whole)
		}
	}
}

func TestInterrupted(t *testing.T) {
	p := compile(t, "")
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Until(p.Starts))
		ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
		defer cancel()
		r, err := scenarios.Run(ctx, p, refsender.New(refsender.Default()))
		if err != nil {
			t.Fatal(err)
		}
		if r.History.End.Reason != history.EndInterrupted {
			t.Errorf("the history ends with %q", r.History.End.Reason)
		}
		if r.Judgement.Status != verdict.Unknown || r.Judgement.Cut == "" {
			t.Errorf("the verdict of an interrupted run is %v, cut %q", r.Judgement.Status, r.Judgement.Cut)
		}
	})
}

func TestUnknownSignatureScheme(t *testing.T) {
	p := compile(t, "")
	synctest.Test(t, func(t *testing.T) {
		cfg := refsender.Default().Policy()
		cfg.Signature = "morse"
		err := scenarios.Execute(t.Context(), p, refsender.New(refsender.Default()), io.Discard, scenarios.WithPolicy(cfg))
		if err == nil || !strings.Contains(err.Error(), "morse") {
			t.Errorf("got %v, want an error that names the scheme", err)
		}
	})
}

func TestSenderThatDoesNotStart(t *testing.T) {
	cause := errors.New("no space left on device")
	var out bytes.Buffer
	synctest.Test(t, func(t *testing.T) {
		err := scenarios.Execute(t.Context(), compile(t, ""),
			func(context.Context, prober.World) (prober.Sender, error) { return nil, cause }, &out)
		if !errors.Is(err, cause) || err.Error() != "start the sender: no space left on device" {
			t.Errorf("got %v", err)
		}
	})
	if out.Len() > 0 {
		t.Errorf("a run that did not take place has a history: %s", out.Bytes())
	}
}

func TestSenderThatDoesNotComeBack(t *testing.T) {
	make1 := refsender.New(refsender.Default())
	factory := func(ctx context.Context, w prober.World) (prober.Sender, error) {
		if w.Incarnation > 1 {
			return nil, errors.New("the store is damaged")
		}
		return make1(ctx, w)
	}
	r := play(t, compile(t, "timeline: [{at: 3m, sender: kill, for: 20s}]"), factory)
	if r.Judgement.Status != verdict.Fail || r.History.End.Reason != history.EndCrashed {
		t.Errorf("verdict %v, end %q; want a failure: it crashed", r.Judgement.Status, r.History.End.Reason)
	}
	if got := steps(r.History); !slices.Contains(got, "crash 2 it did not start again: the store is damaged") {
		t.Errorf("steps are %q", got)
	}
}

// forgetful accepts everything and sends nothing.
type forgetful struct{}

func (forgetful) Subscribe(context.Context, prober.Subscription) error { return nil }
func (forgetful) Publish(context.Context, event.Event) error           { return nil }

// TestSenderThatSendsNothing is the least that a harness must not pass.
func TestSenderThatSendsNothing(t *testing.T) {
	r := play(t, compile(t, ""), func(context.Context, prober.World) (prober.Sender, error) { return forgetful{}, nil })
	if r.Judgement.Status == verdict.Pass {
		t.Errorf("a sender that sends nothing passes: %+v", r.Judgement.Reports)
	}
	if r.History.End.Reason != history.EndCap {
		t.Errorf("the run ends with %q, want the drain's cap", r.History.End.Reason)
	}
}

func TestSameHistoryEveryTime(t *testing.T) {
	p := compile(t, `timeline:
  - {at: 2m, for: 3m, where: {group: all}, attempts: p=0.5, fault: {kind: status, code: 503}}
  - {at: 6m, sender: kill, for: 10s}`)
	var first string
	for i := range 5 {
		r := play(t, p, refsender.New(refsender.Default()))
		var b strings.Builder
		if err := r.History.WriteCanonical(&b); err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			first = b.String()
		}
		if diff := cmp.Diff(first, b.String()); diff != "" {
			t.Fatalf("run %d differs:\n%s", i+1, diff[:min(len(diff), 2000)])
		}
	}
}

func TestRealTime(t *testing.T) {
	p := compile(t, "timeline: [{at: 2m, for: 2m, where: {group: all}, attempts: 1-2, fault: {kind: status, code: 503}}]")
	r, err := scenarios.Run(t.Context(), p, refsender.New(refsender.Default()), scenarios.RealTime(300))
	if err != nil {
		t.Fatal(err)
	}
	for _, report := range r.Judgement.Reports {
		if report.Guarantee == "no-loss" && report.Status != verdict.Pass {
			t.Errorf("no-loss in real time is %v: %s", report.Status, report.Reason)
		}
	}
	if r.History.Header.World != history.Real || r.History.Header.Scale != 300 {
		t.Errorf("the header says %s at %g", r.History.Header.World, r.History.Header.Scale)
	}
}
