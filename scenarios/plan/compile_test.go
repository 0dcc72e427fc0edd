package plan

import (
	"slices"
	"testing"
	"time"
)

// The example of DESIGN.md.
const incident = "testdata/kustomer.yaml"

func TestIncident(t *testing.T) {
	p := loadHere(t, incident, 0)
	if len(p.Endpoints) != 60 || p.Endpoints[0].Name != "us-1" || p.Endpoints[59].Name != "in-20" {
		t.Errorf("%d endpoints, from %s to %s", len(p.Endpoints), p.Endpoints[0].Name, p.Endpoints[59].Name)
	}
	perTopic := make([]int, len(p.Topics))
	events := 0
	for e := range p.Publishes() {
		events++
		perTopic[e.Topic]++
	}
	if events != 18_000 {
		t.Errorf("%d events, want 18,000: 2/s for 150m", events)
	}
	if slices.Min(perTopic) != 300 || slices.Max(perTopic) != 300 {
		t.Errorf("events per endpoint from %d to %d, want 300 for each: the control group must be measurable", slices.Min(perTopic), slices.Max(perTopic))
	}
	f := p.Faults[0]
	if len(f.Endpoints) != 40 || f.Endpoints[0] != 20 {
		t.Errorf("the deploy selects %v", f.Endpoints)
	}
	for i, e := range f.Endpoints {
		want := 110 * time.Minute
		if p.Endpoints[e].Labels["region"] == "prod-2" {
			want = 80 * time.Minute
		}
		if got := f.Ends[i].Truncate(grid); got != want {
			t.Errorf("the window closes at %s for %s, want %s", got, p.Endpoints[e].Name, want)
		}
	}
	if len(p.Marks) != 2 || p.Marks[0].Text != "identified" {
		t.Errorf("marks %v", p.Marks)
	}
	if got := p.Guarantees[5].Endpoints; len(got) != 20 || got[0] != 0 {
		t.Errorf("isolation is about %v", got)
	}
}

func compileLines(t *testing.T, lines string) *Plan {
	t.Helper()
	s, err := parseHere("here", []byte("version: 1\nname: here\nendpoints: [{name: hub}]\n"+
		"traffic: [{rate: 1/s, for: 1m, to: all}]\nguarantees: {no-loss: {}}\ntimeline:\n"+lines))
	if err != nil {
		t.Fatal(err)
	}
	p, err := Compile(s, 0)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestWindowsThatTouchDoNotOverlap(t *testing.T) {
	p := compileLines(t, `
  - {at: 2m, for: 1m, fault: {kind: hang}}
  - {at: 1m, until: 2m, fault: {kind: hang}}
`)
	if later, earlier := p.Faults[0], p.Faults[1]; earlier.Until >= later.From {
		t.Errorf("the first window closes at %d, the next opens at %d", earlier.Until, later.From)
	}
}

func TestEnd(t *testing.T) {
	for _, row := range []struct {
		reason, line string
		want         time.Duration
	}{
		{"nothing outlasts the traffic", "  - {at: 10s, for: 10s, fault: {kind: hang}}\n", time.Minute},
		{"a fault does", "  - {at: 10s, for: 10m, fault: {kind: hang}}\n", 10*time.Minute + 10*time.Second},
		{"a healed fault lasts as planned elsewhere", "  - {at: 10s, for: 10m, id: f, fault: {kind: hang}}\n  - {at: 20s, heal: f}\n", 10*time.Minute + 10*time.Second},
		{"a fault whose trigger may fire late", "  - {when: {milestone: request-whole, by: 5m}, for: 2m, fault: {kind: hang}}\n", 7 * time.Minute},
		{"a kill", "  - {at: 50s, for: 30s, sender: kill}\n", 80 * time.Second},
		{"a kill whose trigger may fire late", "  - {when: {milestone: request-whole, by: 5m}, for: 2m, sender: kill}\n", 7 * time.Minute},
		{"a mark", "  - {at: 3m, mark: late}\n", 3 * time.Minute},
	} {
		if got := compileLines(t, row.line).End().Round(time.Millisecond); got != row.want {
			t.Errorf("%s: ends at %s, want %s", row.reason, got, row.want)
		}
	}
}
