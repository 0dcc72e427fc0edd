package canary

import (
	"testing"
	"time"
)

// TestDivergence says which region differs, since when and in what, after so
// many looks; when all fail alike, none does.
func TestDivergence(t *testing.T) {
	for _, row := range []struct {
		reason string
		setup  func(s *story)
		play   int
		want   map[string]Trouble
	}{
		{"all are well", func(*story) {}, 5, nil},
		{"one look is not enough", func(s *story) { s.route["eu"] = RouteMissing }, 1, nil},
		{"one differs", func(s *story) { s.route["eu"] = RouteMissing }, 2, map[string]Trouble{"eu": {StageRoute, RouteMissing}}},
		{"two differ, each in its own way", func(s *story) { s.route["eu"], s.publish["in"] = RouteMissing, Unavailable }, 3,
			map[string]Trouble{"eu": {StageRoute, RouteMissing}, "in": {StagePublish, Unavailable}}},
		{"all fail alike", func(s *story) {
			s.publish["us"], s.publish["eu"], s.publish["in"] = ServerError, ServerError, ServerError
		}, 3, nil},
		{"all fail, one in another way", func(s *story) {
			s.publish["us"], s.publish["eu"], s.publish["in"] = ServerError, RouteMissing, ServerError
		}, 3,
			map[string]Trouble{"eu": {StagePublish, RouteMissing}}},
	} {
		s := newStory(t, testSettings(), "us", "eu", "in")
		s.play(3)
		began := s.at
		row.setup(s)
		s.play(row.play)
		for _, r := range s.m.regions {
			want, differs := row.want[r.name]
			got := r.divergence.differs(s.m.settings.DivergeAfter)
			if got != differs || differs && (r.divergence.in != want || r.divergence.since.Sub(began) > time.Second) {
				t.Errorf("%s: %s differs %v, in %v since %v; want %v in %v", row.reason, r.name, got, r.divergence.in, r.divergence.since.Sub(began), differs, want)
			}
		}
	}
}

// TestDivergenceEnds takes it back with the first look that is as the others'.
func TestDivergenceEnds(t *testing.T) {
	s := newStory(t, testSettings(), "us", "eu")
	s.route["eu"] = Unavailable
	s.play(4)
	s.route["eu"] = OK
	s.play(1)
	if r := s.m.Snapshot().Regions[1]; r.Divergent {
		t.Errorf("it differs still: %+v", r)
	}
	alone := newStory(t, testSettings(), "eu")
	alone.route["eu"] = Unavailable
	alone.play(4)
	if r := alone.m.Snapshot().Regions[0]; r.Divergent {
		t.Error("a region alone differs from itself")
	}
}
