package check

import (
	"testing"
	"time"

	"github.com/hookdrill/hookdrill/prober/history"
	"github.com/hookdrill/hookdrill/scenarios/plan"
	"github.com/hookdrill/hookdrill/scenarios/verdict"
)

// traffic accepts and delivers n events at an endpoint, one a second.
func (w *world) traffic(n, endpoint int, from time.Duration) uint32 {
	k := w.key(n, endpoint)
	for i := range n {
		at := from + time.Duration(i)*sec
		w.accept(k, uint32(i+1), at)
		w.attempt(k, uint32(i+1), endpoint, at+10*ms, 200)
	}
	return k
}

func TestAssumptions(t *testing.T) {
	sound := func(w *world) int {
		k := w.traffic(6, 2, 10*sec)
		f := w.fault("down", mins, 2*mins, 2)
		w.hit(k, 6, 2, 70*sec, 503, f)
		return f
	}
	table(t, "assumptions", nil, []row{
		{"sound run", func(w *world) { sound(w) }, verdict.Pass, "a baseline, a fault, a hit", "6 events, 1 fault"},
		{"nothing accepted", func(*world) {}, verdict.Unknown, "there is nothing to judge", "nothing to look at"},
		{"no fault, no verb", func(w *world) { w.traffic(1, 0, sec) }, verdict.Pass, "without a fault there is no baseline to want", ""},
		{"fault never hit", func(w *world) {
			w.traffic(6, 2, 10*sec)
			w.fault("down", mins, 2*mins, 2)
		}, verdict.Unknown, "what did not act shows nothing",
			"fault down (line 10) never acted on any attempt: what it was to show was not shown"},
		{"hits counted where no attempt shows them", func(w *world) {
			w.traffic(6, 2, 10*sec)
			w.fault("door", mins, 2*mins, 2)
			w.h.Faults = append(w.h.Faults, history.FaultEvent{At: 3 * mins, What: history.FaultHits, Hits: 3})
		}, verdict.Pass, "the entry's word is taken", ""},
		{"hits inferred", func(w *world) {
			w.traffic(6, 2, 10*sec)
			w.fault("door", mins, 2*mins, 2)
			w.h.Faults = append(w.h.Faults, history.FaultEvent{At: 3 * mins, What: history.FaultHits, Inferred: true})
		}, verdict.Pass, "nobody sees what a kernel turns away", ""},
		{"trigger never fired", func(w *world) {
			f := sound(w)
			w.p.Faults[f].Trigger = &plan.Trigger{}
			w.h.Faults, w.h.Attempts = nil, w.h.Attempts[:6]
		}, verdict.Unknown, "its fault was never on", "fault down (line 10) was never switched on: its trigger did not fire"},
		{"short baseline", func(w *world) {
			k := w.traffic(4, 2, 10*sec)
			w.hit(k, 4, 2, 70*sec, 503, w.fault("down", mins, 2*mins, 2))
		}, verdict.Unknown, "four events are no baseline",
			"4 events acknowledged before anything went wrong: that shows no baseline (want 5)"},
		{"baseline elsewhere", func(w *world) {
			k := w.traffic(6, 0, 10*sec)
			w.hit(k, 6, 2, 70*sec, 503, w.fault("down", mins, 2*mins, 2))
		}, verdict.Unknown, "the endpoints that the fault selects heard nothing", "0 events acknowledged"},
		{"kill carried out", func(w *world) {
			w.traffic(6, 0, 10*sec)
			w.kill(mins, 2*mins)
		}, verdict.Pass, "the kill is in the history", "1 step of the sender's life"},
		{"kill not carried out", func(w *world) {
			w.traffic(6, 0, 10*sec)
			w.p.Verbs = []plan.Verb{{Action: plan.ActionKill, Line: 31, Trigger: &plan.Trigger{}}}
		}, verdict.Unknown, "its trigger never fired", "sender: kill (line 31) was not carried out: its trigger did not fire"},
		{"dropped records", func(w *world) { sound(w); w.h.End.Dropped = 2 },
			verdict.Unknown, "what was dropped may have been a failure", "2 records could not be kept"},
		{"events never accepted", func(w *world) { sound(w); w.h.End.Unpublished = 1 },
			verdict.Unknown, "the sender was not shown all of the plan", "never accepted: 1 planned event"},
		{"foreign events", func(w *world) { sound(w); w.accept(99, 1, 3*mins) },
			verdict.Unknown, "the history knows what the plan does not", "1 publish call about events that the plan does not have"},
		{"late driver", func(w *world) {
			sound(w)
			for i := range w.h.Published {
				w.h.Published[i].Planned -= 5 * sec
			}
		}, verdict.Unknown, "the traffic was not the plan's", "6 of 6 events were published later than planned, by up to 5s"},
		{"one late publish of many", func(w *world) {
			sound(w)
			w.traffic(20, 0, 3*mins)
			w.h.Published[3].Planned -= 5 * sec
		}, verdict.Pass, "one hiccup changes nothing", "publishing late by at most: 5s"},
		{"harness in trouble", func(w *world) {
			sound(w)
			w.h.Notes = append(w.h.Notes, history.Note{Kind: history.NoteHarness, Text: "fault down was not undone at shaky"})
		}, verdict.Unknown, "it says so itself", "the harness says: fault down was not undone at shaky"},
	})
}

// TestClock is apart from the table, which puts histories in order.
func TestClock(t *testing.T) {
	w := newWorld("a")
	w.traffic(3, 0, sec)
	w.end(time.Hour, history.EndSettled, 0)
	w.judge(t)
	w.h.Published[0].At, w.h.Published[2].At = w.h.Published[2].At, w.h.Published[0].At
	r := find(t, Judge(w.p, w.h, Options{}), "assumptions")
	if want := "the clock went back between two entries"; r.Reason != want || r.Status != verdict.Unknown {
		t.Errorf("got %v %q, want unknown %q", r.Status, r.Reason, want)
	}
}
