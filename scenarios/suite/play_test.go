package suite

import (
	"bytes"
	"path/filepath"
	"testing"
	"time"

	"github.com/hookdrill/hookdrill/prober/history"
	"github.com/hookdrill/hookdrill/scenarios"
	"github.com/hookdrill/hookdrill/scenarios/check"
	"github.com/hookdrill/hookdrill/scenarios/plan"
	"github.com/hookdrill/hookdrill/scenarios/report"
	"github.com/hookdrill/hookdrill/scenarios/verdict"
)

// corpus returns a scenario of the corpus and its plan; seed 0: its own.
func corpus(t *testing.T, name string, seed uint64) (scenarios.Scenario, *plan.Plan) {
	t.Helper()
	for _, s := range scenarios.Corpus() {
		if s.Name != name {
			continue
		}
		p, err := s.Plan(seed)
		if err != nil {
			t.Fatal(err)
		}
		return s, p
	}
	t.Fatalf("no scenario %q in the corpus", name)
	return scenarios.Scenario{}, nil
}

// play plays a scenario of the corpus in a child of this test binary.
func play(t *testing.T, name, sender string, seed uint64) (*plan.Plan, *history.History) {
	t.Helper()
	s, p := corpus(t, name, seed)
	dir := t.TempDir()
	file := filepath.Join(dir, HistoryFile)
	j := job{Scenario: s, Seed: p.Seed, Sender: sender, Log: filepath.Join(dir, report.LogFile)}
	if err := j.playVirtual(t.Context(), p, file, func(time.Duration, string) {}); err != nil {
		t.Fatal(err)
	}
	h, err := history.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return p, h
}

// expect judges a history and compares what came out, guarantee by guarantee.
func expect(t *testing.T, p *plan.Plan, h *history.History, want verdict.Expected) {
	t.Helper()
	j := check.Judge(p, h, check.Options{})
	var outcomes []verdict.Outcome
	for _, r := range j.Reports {
		outcomes = append(outcomes, verdict.Outcome{Guarantee: r.Guarantee, Status: r.Status})
	}
	status, wrong := want.Compare(outcomes)
	if status == verdict.Pass {
		return
	}
	for _, w := range wrong {
		t.Error(w)
	}
	var text bytes.Buffer
	if err := report.Text(&text, report.NewInput(p, h, j), report.Options{}); err != nil {
		t.Fatal(err)
	}
	t.Logf("hookdrill run %s --seed %d --sender %s\n%s", p.Name, p.Seed, h.Header.Sender, text.String())
}
