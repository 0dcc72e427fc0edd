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
