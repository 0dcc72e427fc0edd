package canary

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hookdrill/hookdrill/prober/event"
	"github.com/hookdrill/hookdrill/scenarios/verdict"
)

// story drives a model through time without a network: each region is probed
// every interval, and delivers after its delay.
type story struct {
	t     *testing.T
	m     *Model
	at    time.Time
	seqs  map[string]uint32
	facts []Fact
	news  []Alert
	// how each region behaves now.
	publish, route map[string]Class
	hold           map[string]bool
	held           map[string][]event.Token
}

func testSettings() Settings {
	return Settings{
		Interval: time.Minute, LateAfter: 2 * time.Minute, LostAfter: 4 * time.Hour,
		FailAfter: 2, DivergeAfter: 2, ResolveAfter: 2, SLO: 0.999, CircuitFailures: 5,
		DivergentFor: 5 * time.Minute, MinFailures: 3, Gate: GateRule{MinSamples: 3, Window: 10 * time.Minute},
	}
}

func newStory(t *testing.T, s Settings, regions ...string) *story {
	st := &story{t: t, m: NewModel(s, regions), at: time.Date(2025, 12, 10, 3, 0, 0, 0, time.UTC), seqs: map[string]uint32{},
		publish: map[string]Class{}, route: map[string]Class{}, hold: map[string]bool{}, held: map[string][]event.Token{}}
	st.m.sink = func(f Fact) { st.facts = append(st.facts, f) }
	st.m.news = func(a Alert) { st.news = append(st.news, a) }
	return st
}

// play probes for so many intervals.
func (s *story) play(n int) {
	for range n {
		for k, r := range s.m.regions {
			s.probe(r.name, uint32(k))
		}
		s.m.Tick(s.at)
		s.at = s.at.Add(s.m.settings.Interval)
	}
}

func (s *story) probe(region string, key uint32) {
	s.seqs[region]++
	t := event.Token{Run: "t", Key: key, Seq: s.seqs[region]}
	s.m.Called(region, t, s.at)
	class := s.publish[region]
	s.m.Answered(region, t, s.at.Add(10*time.Millisecond), class, class != OK, "")
	s.m.Routed(region, s.at.Add(20*time.Millisecond), s.route[region], "", OK)
	switch {
	case class != OK:
	case s.hold[region]:
		s.held[region] = append(s.held[region], t)
	default:
		s.m.Received(region, t, s.at.Add(500*time.Millisecond))
	}
}

// release delivers what a region held back.
func (s *story) release(region string) {
	for _, t := range s.held[region] {
		s.m.Received(region, t, s.at)
	}
	s.held[region], s.hold[region] = nil, false
}

func (s *story) count(kind FactKind, region string) int {
	n := 0
	for _, f := range s.facts {
		if f.Kind == kind && f.Region == region {
			n++
		}
	}
	return n
}

func (s *story) sentence(region string) string {
	for _, r := range s.m.Snapshot().Regions {
		if r.Region == region {
			return r.Diagnosis.Sentence
		}
	}
	return ""
}

// TestIncident plays the founding incident against the model: two of three
// regions lose their routes; one is mended before the other; what was queued
// arrives late, and nothing is lost.
func TestIncident(t *testing.T) {
	s := newStory(t, testSettings(), "prod-1", "prod-2", "prod-4")
	s.play(10)
	began := s.at
	s.route["prod-2"], s.route["prod-4"] = RouteMissing, Unavailable
	s.hold["prod-2"], s.hold["prod-4"] = true, true
	s.play(2)
	snap := s.m.Snapshot()
	if snap.Open == nil || snap.Open.Phase != Identified {
		t.Fatalf("no incident was identified within two intervals: %v", snap.Open)
	}
	s.play(68)
	s.route["prod-2"] = OK
	s.release("prod-2")
	s.play(2)
	if got, want := s.sentence("prod-4"), "prod-4: publish accepted, route check 503, no arrival since 03:10:00: "+
		"our backend is unavailable behind its route in prod-4; prod-2 was the same until 04:21:00"; got != want {
		t.Errorf("sentence:\n%s\nwant:\n%s", got, want)
	}
	if a := s.m.Judge(Question{Name: All}, s.at, false); a.Verdict != verdict.Fail {
		t.Errorf("the gate says %v during the incident", a.Verdict)
	}
	s.play(28)
	s.route["prod-4"] = OK
	s.release("prod-4")
	s.play(15)
	snap = s.m.Snapshot()
	if snap.Open != nil || len(snap.Closed) != 1 {
		t.Fatalf("the incident is not over: %v", snap.Open)
	}
	if a := s.m.Judge(Question{Name: All}, s.at, false); a.Verdict != verdict.Pass {
		t.Errorf("the gate says %v after the incident: %v", a.Verdict, a.Reasons)
	}
	i := snap.Closed[0]
	type row struct {
		Region          string
		Began, Detected time.Duration
		Recovered       time.Duration
		Delayed, Lost   int
		Longest         time.Duration
		Classes         string
	}
	var got []row
	for _, m := range i.Impacts {
		var classes []string
		for _, c := range m.Causes {
			classes = append(classes, c.Trouble.String())
		}
		got = append(got, row{m.Region, m.Began.Sub(began).Truncate(time.Minute), m.Detected.Sub(began).Truncate(time.Minute),
			m.Recovered.Sub(began).Truncate(time.Minute), m.Delayed, m.Lost, m.Longest.Round(time.Minute), strings.Join(classes, ", ")})
	}
	m := time.Minute
	want := []row{
		{"prod-2", 0, m, 71 * m, 68, 0, 70 * m, "route check 404"},
		{"prod-4", 0, m, 101 * m, 98, 0, 100 * m, "route check 503"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("impacts (-want +got):\n%s", diff)
	}
	if s.count(FactLost, "prod-2")+s.count(FactLost, "prod-4")+s.count(FactLate, "prod-1") != 0 {
		t.Error("something was lost, or the control region was late")
	}
	var phases []string
	for _, e := range i.Entries {
		if e.Phase != "" {
			phases = append(phases, fmt.Sprintf("%s %s", e.At.Format("15:04"), e.Phase))
		}
	}
	if diff := cmp.Diff([]string{"03:11 investigating", "03:11 identified", "04:51 monitoring", "04:51 resolved"}, phases); diff != "" {
		t.Errorf("phases (-want +got):\n%s", diff)
	}
}

// While a rollout is half done the route is there for one look and not for the
// next, and canaries arrive all the while.
func TestHalfARolloutIsOneIncident(t *testing.T) {
	settings := testSettings()
	settings.ResolveAfter = 3
	s := newStory(t, settings, "prod-1", "prod-2")
	s.play(10)
	look := func(n int, class Class) {
		s.route["prod-2"] = class
		s.play(n)
	}
	for _, c := range []struct {
		reason    string
		bad, good int
		phase     Phase
		relapses  int
	}{
		{"one good look ends no trouble", 2, 1, Identified, 0},
		{"nor does one behind a single bad look", 1, 1, Identified, 0},
		{"two do, and leave the incident open", 2, 2, Monitoring, 0},
		{"what comes back is the same incident", 2, 2, Monitoring, 1},
	} {
		look(c.bad, RouteMissing)
		look(c.good, OK)
		snap := s.m.Snapshot()
		if snap.Open == nil || len(snap.Closed) != 0 {
			t.Fatalf("%s: open %v, closed %v", c.reason, snap.Open, snap.Closed)
		}
		m := snap.Open.impact("prod-2")
		if snap.Open.Phase != c.phase || m.Relapses != c.relapses || m.Recovered.IsZero() != (c.phase == Identified) {
			t.Errorf("%s: %s, %+v", c.reason, snap.Open.Phase, m)
		}
		if a := s.m.Judge(Question{Name: "prod-2"}, s.at, false); c.phase == Identified && (a.Verdict != verdict.Fail ||
			a.Reasons[0] != "prod-2: the newest look is good, after route check 404: it takes 2 in a row") {
			t.Errorf("%s: the gate says %v: %v", c.reason, a.Verdict, a.Reasons)
		}
	}
	s.play(1)
	if snap := s.m.Snapshot(); snap.Open != nil || len(snap.Closed) != 1 {
		t.Errorf("after three canaries on time: open %v, closed %v", snap.Open, snap.Closed)
	}
}

// The first that a rollout breaks may be a single canary, minutes before a
// look at the region fails twice.
func TestIncidentCountsWhatWasLateBefore(t *testing.T) {
	for _, c := range []struct {
		reason string
		well   int // intervals between the late arrival and the trouble
		want   int
	}{
		{"it belongs to what follows", 1, 1},
		{"canaries on time lie between: it was something else", 5, 0},
	} {
		s := newStory(t, testSettings(), "prod-1", "prod-2")
		s.play(5)
		s.hold["prod-2"] = true
		s.play(1)
		s.hold["prod-2"] = false
		s.play(3)
		s.release("prod-2")
		s.play(c.well)
		s.route["prod-2"] = RouteMissing
		s.play(3)
		open := s.m.Snapshot().Open
		if open == nil || open.impact("prod-2") == nil {
			t.Fatalf("%s: no incident: %v", c.reason, open)
		}
		if got := open.impact("prod-2").Delayed; got != c.want {
			t.Errorf("%s: %d delayed, want %d", c.reason, got, c.want)
		}
	}
}
