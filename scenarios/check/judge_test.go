package check

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hookdrill/hookdrill/prober/history"
	"github.com/hookdrill/hookdrill/prober/policy"
	"github.com/hookdrill/hookdrill/scenarios/verdict"
)

func names(j Judgement) []string {
	var all []string
	for _, r := range j.Reports {
		all = append(all, r.Guarantee)
	}
	return all
}

func TestWhatIsJudged(t *testing.T) {
	for _, c := range []struct {
		situation string
		make      func(w *world)
		want      []string
		reason    string
	}{
		{"nothing listed, nothing happened", func(*world) {}, []string{"assumptions", "stays-up"},
			"an always-judged guarantee without a premise is left out"},
		{"nothing listed", func(w *world) { w.attempt(owe(w), 1, 2, 11*sec, 200) },
			[]string{"assumptions", "no-loss", "no-phantom", "id-stability", "signature", "stays-up"}, "these are always judged"},
		{"nothing listed, and the sender says what became", func(w *world) {
			k := owe(w)
			w.attempt(k, 1, 2, 11*sec, 200)
			w.h.Accounts = []history.Account{{At: 50 * mins, Endpoint: 2, Key: k, Number: 1, State: history.AccountDelivered}}
		}, []string{"assumptions", "no-loss", "no-phantom", "id-stability", "signature", "stays-up", "accounting"}, "whoever is asked is held to the answer"},
		{"listed", func(w *world) {
			w.ask("stays-up", nil)
			w.ask("order", nil)
			w.ask("assumptions", nil)
			w.attempt(owe(w), 1, 2, 11*sec, 200)
		}, []string{"assumptions", "stays-up", "order", "no-loss", "no-phantom", "id-stability", "signature"},
			"in the order of the file, assumptions first, none twice"},
		{"listed without a premise", func(w *world) { w.ask("no-loss", nil) },
			[]string{"assumptions", "no-loss", "stays-up"}, "who asks gets an answer"},
		{"listed twice", func(w *world) { w.ask("no-loss", nil, 0); w.ask("no-loss", nil, 1) },
			[]string{"assumptions", "no-loss", "no-loss", "stays-up"}, "each for its own endpoints"},
	} {
		t.Run(c.situation, func(t *testing.T) {
			w := newWorld("calm-1", "calm-2", "shaky")
			w.end(time.Hour, history.EndSettled, -1)
			c.make(w)
			if diff := cmp.Diff(c.want, names(w.judge(t))); diff != "" {
				t.Errorf("reports (-want +got), since %s:\n%s", c.reason, diff)
			}
		})
	}
}

func TestWhere(t *testing.T) {
	w := newWorld("calm-1", "calm-2", "shaky")
	w.end(time.Hour, history.EndSettled, 0)
	w.traffic(6, 0, sec)
	w.attempt(owe(w), 1, 2, 11*sec, 404)
	w.ask("no-loss", nil, 0, 1)
	w.ask("no-loss", nil, 2)
	j := w.judge(t)
	if got := []verdict.Status{j.Reports[1].Status, j.Reports[2].Status}; !slices.Equal(got, []verdict.Status{verdict.Pass, verdict.Fail}) {
		t.Errorf("got %v, want a pass for the calm endpoints and a failure for the shaky one", got)
	}
	if j.Reports[2].Line != 41 {
		t.Errorf("line %d, want 41", j.Reports[2].Line)
	}
}

// TestPanic lets one checker of two panic, at each of its steps.
func TestPanic(t *testing.T) {
	boom := func(l *ledger, _ ask) eyes { _ = l.plan.Topics[99]; return eyes{} }
	for name, look := range map[string]func(*ledger, ask) eyes{
		"in the beginning": boom,
		"at an obligation": func(*ledger, ask) eyes {
			return eyes{owed: func(o *owed) { _ = o.attempts[99] }, report: func() Report { return Report{Status: verdict.Pass, Premise: "x"} }}
		},
		"in the end": func(*ledger, ask) eyes { return eyes{report: func() Report { panic("boom") }} },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld("calm-1", "calm-2", "shaky")
			w.attempt(owe(w), 1, 2, 11*sec, 404)
			w.end(time.Hour, history.EndSettled, 0)
			w.judge(t) // puts the history in order
			bad := checker{name: "bad", always: true, look: look}
			j := judge(w.p, w.p.Publishes(), w.h, Options{}, []checker{assumptionsChecker(), bad, noLossChecker()})
			if r := find(t, j, "bad"); r.Status != verdict.Unknown || !contains(r.Reason, "checker panicked: ") {
				t.Errorf("got %v %q, want unknown", r.Status, r.Reason)
			}
			if r := find(t, j, "no-loss"); r.Status != verdict.Fail || j.Status != verdict.Fail {
				t.Errorf("no-loss %v, all %v: the other checker's failure is gone", r.Status, j.Status)
			}
		})
	}
}

// TestDamagedHistory is about what no checker can be blamed for.
func TestDamagedHistory(t *testing.T) {
	for _, c := range []struct {
		damage string
		do     func(h *history.History)
		says   string
	}{
		{"run", func(h *history.History) { h.Header.Run = "r2" }, `the history is of run "r2", the plan makes run "r1"`},
		{"endpoints", func(h *history.History) { h.Header.Endpoints = []string{"x"} }, "the history and the plan have different endpoints"},
		{"faults", func(h *history.History) { h.Header.Faults = []string{"x"} }, "the history and the plan have different faults"},
		{"policy", func(h *history.History) { h.Header.Policy = []byte(`{"name":1}`) },
			"the header's policy: json: cannot unmarshal number into Go struct field Policy.name of type string"},
	} {
		t.Run(c.damage, func(t *testing.T) {
			w := newWorld("calm-1", "calm-2", "shaky")
			w.attempt(owe(w), 1, 2, 11*sec, 404)
			w.end(time.Hour, history.EndSettled, 0)
			w.judge(t)
			c.do(w.h)
			j := Judge(w.p, w.h, Options{})
			if j.Status != verdict.Unknown || len(j.Reports) != 1 || j.Reports[0].Reason != c.says {
				t.Errorf("got %v %+v, want unknown since %q", j.Status, j.Reports, c.says)
			}
		})
	}
}

func TestStrict(t *testing.T) {
	w := newWorld("calm-1", "calm-2", "shaky")
	w.pol = policy.Policy{Name: "promises nothing"}
	w.ask("retry-schedule", nil)
	w.ask("order", nil)
	k := owe(w)
	w.attempt(k, 1, 2, 11*sec, 503)
	w.attempt(k, 1, 2, 12*sec, 200)
	w.end(time.Hour, history.EndSettled, 0)
	own := w.judge(t)
	if r := find(t, own, "retry-schedule"); r.Status != verdict.NotApplicable {
		t.Errorf("by its own policy: %v, want not-applicable", r.Status)
	}
	if diff := cmp.Diff(w.pol.Deviations(), own.Deviations); diff != "" || len(own.Deviations) == 0 {
		t.Errorf("what it declares less than Standard Webhooks (-want +got):\n%s", diff)
	}
	j := Judge(w.p, w.h, Options{Strict: true})
	if diff := cmp.Diff(own.Deviations, j.Deviations); diff != "" {
		t.Errorf("by Standard Webhooks it declares something else (-own +strict):\n%s", diff)
	}
	if r := find(t, j, "retry-schedule"); r.Status != verdict.Fail {
		t.Errorf("by Standard Webhooks: %v, want fail, since a second is not five", r.Status)
	}
	if r := find(t, j, "order"); r.Status != verdict.NotApplicable {
		t.Errorf("order by Standard Webhooks: %v, want not-applicable", r.Status)
	}
}

// TestAssumptionsCap: a broken assumption makes the whole unknown, and hides no failure.
func TestAssumptionsCap(t *testing.T) {
	w := newWorld("calm-1", "calm-2", "shaky")
	w.fault("never-hit", mins, 2*mins, 2)
	w.attempt(owe(w), 1, 2, 11*sec, 200)
	w.end(time.Hour, history.EndSettled, 0)
	if j := w.judge(t); j.Status != verdict.Unknown || find(t, j, "no-loss").Status != verdict.Pass {
		t.Errorf("got %v, want unknown above a no-loss that keeps its pass", j.Status)
	}
	w.h.Attempts[0].Status, w.h.Attempts[0].Disposition = 404, history.AnsweredNo
	if j := w.judge(t); j.Status != verdict.Fail {
		t.Errorf("got %v, want fail", j.Status)
	}
}

func TestKinds(t *testing.T) {
	seen := map[string]bool{}
	for _, k := range Kinds() {
		if seen[k.Name] || k.Doc == "" {
			t.Errorf("kind %q: occurs twice, or has no sentence", k.Name)
		}
		seen[k.Name] = true
		for _, p := range k.Params {
			if p.Name == "" || p.Type == 0 || p.Doc == "" {
				t.Errorf("kind %q: parameter %+v is not described", k.Name, p)
			}
		}
	}
	if len(seen) != 16 {
		t.Errorf("%d kinds, want 16", len(seen))
	}
}

func TestStats(t *testing.T) {
	s := newSim()
	a := s.h.Attempts[s.pick(func(a *history.Attempt) bool { return a.Endpoint == 0 && a.FirstByte > 500*sec })]
	move(&a, sec)
	s.h.Attempts = append(s.h.Attempts, a)
	got := s.judge(t).Stats
	statuses := map[string]map[int]int{}
	for _, g := range got.Groups {
		statuses[g.Name] = g.Statuses
	}
	attempts := 0
	for _, g := range got.Groups {
		attempts += g.Attempts
	}
	if attempts != got.Attempts || got.Attempts != len(s.h.Attempts) {
		t.Errorf("attempts %d, by group %d, want %d", got.Attempts, attempts, len(s.h.Attempts))
	}
	if statuses["shaky"][503] == 0 || statuses["shaky"][429] == 0 || statuses["shaky"][302] == 0 || statuses["calm"][503] != 0 {
		t.Errorf("statuses: %v", statuses)
	}
	calm, shaky := got.Groups[0], got.Groups[1]
	if calm.Troubled || !shaky.Troubled || shaky.FirstFault < 200*sec || shaky.FirstFault > 206*sec ||
		shaky.LastFault < 700*sec || shaky.Recovered < shaky.LastFault || shaky.Longest < calm.Longest {
		t.Errorf("groups: %+v", got.Groups)
	}
	got.Groups, got.LongestSubject = nil, ""
	got.Longest = got.Longest.Round(mins)
	want := Stats{Events: 1600, Accepted: 1600, Obligations: 1600, Attempts: len(s.h.Attempts), Acked: 1600,
		Duplicates: 1, Longest: 8 * mins}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("stats (-want +got):\n%s", diff)
	}
}

// TestRecovered is about the ends that a group's trouble can have.
func TestRecovered(t *testing.T) {
	for _, c := range []struct {
		situation string
		make      func(w *world, f int)
		want      time.Duration
	}{
		{"nothing pending", func(w *world, f int) {
			w.hit(w.traffic(1, 2, 10*sec), 1, 2, 110*sec, 503, f)
			w.traffic(1, 2, 300*sec)
		}, 110 * sec},
		{"acked later", func(w *world, f int) {
			k := owe(w)
			w.hit(k, 1, 2, 110*sec, 503, f)
			w.attempt(k, 1, 2, 250*sec, 200)
		}, 250*sec + 100*ms},
		{"never acked", func(w *world, f int) { w.hit(owe(w), 1, 2, 110*sec, 503, f) }, 0},
	} {
		t.Run(c.situation, func(t *testing.T) {
			w := newWorld("calm-1", "calm-2", "shaky")
			w.end(time.Hour, history.EndSettled, -1)
			c.make(w, w.fault("down", 100*sec, 200*sec, 2))
			g := w.judge(t).Stats.Groups
			if len(g) != 1 || g[0].Name != "all" || g[0].Recovered != c.want {
				t.Errorf("got %+v, want one group that recovered at %v", g, c.want)
			}
		})
	}
}

func TestTimelineHeal(t *testing.T) {
	w := newWorld("a", "b")
	w.fault("update", 10*sec, 110*sec, 0, 1)
	// A heal shortens it at one of the two; the final off is about both.
	w.h.Faults = slices.Insert(w.h.Faults, 1, history.FaultEvent{At: 80 * sec, What: history.FaultOff, Endpoints: []uint32{1}})
	w.p.Faults[0].Value.Tail = 5 * sec
	tl := newTimeline(w.p, w.h)
	for e, want := range []time.Duration{115 * sec, 85 * sec} {
		if got, healed := tl.heal(e); !healed || got != want {
			t.Errorf("endpoint %d healed at %v (%v), want %v", e, got, healed, want)
		}
	}
}

func TestHeaderWithoutPolicy(t *testing.T) {
	w := newWorld("a")
	w.traffic(3, 0, sec)
	w.end(time.Hour, history.EndSettled, -1)
	w.judge(t)
	w.h.Header.Policy = json.RawMessage(nil)
	if r := find(t, Judge(w.p, w.h, Options{}), "signature"); r.Status != verdict.NotApplicable {
		t.Errorf("signature %v, want not-applicable: nothing is promised", r.Status)
	}
}
