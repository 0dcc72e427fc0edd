package canary

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// heard writes alerts as name begin|end[ muted].
func heard(news []Alert, from time.Time) string {
	var all []string
	for _, a := range news {
		at, verb := a.Since, "begins"
		if !a.Ended.IsZero() {
			at, verb = a.Ended, "ends"
		}
		s := fmt.Sprintf("%s %s %v", a.Name, verb, at.Sub(from).Truncate(time.Minute))
		if a.Muted != "" {
			s += " muted by " + a.Muted
		}
		all = append(all, s)
	}
	return strings.Join(all, "; ")
}

func only(s Settings, names ...string) Settings {
	for _, n := range AlertNames() {
		if !strings.Contains(strings.Join(names, " "), n) {
			s.Muted = append(s.Muted, n)
		}
	}
	return s
}

// TestBurnFast wants the alert when failures are both many and a high share,
// and its end soon after the last of them: the short window is for that.
func TestBurnFast(t *testing.T) {
	s := newStory(t, only(testSettings(), AlertBurnFast), "eu")
	s.play(120)
	from := s.at
	s.publish["eu"] = Unavailable
	s.play(2)
	if len(s.news) != 0 {
		t.Errorf("two failures make an alert: %s", heard(s.news, from))
	}
	s.play(8)
	s.publish["eu"] = OK
	s.play(30)
	if got, want := heard(s.news, from), "burn-fast begins 2m0s; burn-fast ends 14m0s"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// TestBurnTrend loses one canary each half hour for days: far too few for the
// fast alerts, too many for the objective.
func TestBurnTrend(t *testing.T) {
	s := newStory(t, only(testSettings(), AlertBurnFast, AlertBurnSlow, AlertBurnTrend), "eu")
	from := s.at
	for range 3 * 24 * 2 {
		s.publish["eu"] = ServerError
		s.play(1)
		s.publish["eu"] = OK
		s.play(29)
	}
	got := heard(s.news, from)
	if !strings.Contains(got, "burn-trend begins") {
		t.Errorf("no alert of the slow loss: %s", got)
	}
	if strings.Contains(got, "burn-fast begins 2") {
		t.Errorf("the fast alert fires for a slow loss: %s", got)
	}
}

// TestMaintenanceMutesAlertsOnly breaks a region within a window: the alert is
// muted, the incident is there, and the alert is told when the window ends.
func TestMaintenanceMutesAlertsOnly(t *testing.T) {
	settings := only(testSettings(), AlertLate)
	settings.Windows = []Window{{Name: "nightly", Regions: []string{"eu"}, From: 3 * time.Hour, Until: 3*time.Hour + 30*time.Minute, Zone: time.UTC}}
	s := newStory(t, settings, "eu", "us")
	from := s.at
	s.hold["eu"] = true
	s.play(29)
	if got, want := heard(s.news, from), "late begins 2m0s muted by nightly"; got != want {
		t.Errorf("in the window: %s, want %s", got, want)
	}
	if s.m.Snapshot().Open == nil {
		t.Error("the maintenance hid the incident")
	}
	s.play(3)
	if got, want := heard(s.news[1:], from), "late begins 2m0s"; got != want {
		t.Errorf("after the window: %s, want %s", got, want)
	}
}

func TestSilence(t *testing.T) {
	s := newStory(t, only(testSettings(), AlertLate), "eu")
	s.m.Silence(Window{Name: "by hand", Once: true, Starts: s.at, Ends: s.at.Add(10 * time.Minute)})
	s.hold["eu"] = true
	from := s.at
	s.play(12)
	if got, want := heard(s.news, from), "late begins 2m0s muted by by hand; late begins 2m0s"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestWindowCovers(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Skip("no time zones on this machine:", err)
	}
	h := time.Hour
	night := Window{Days: []time.Weekday{time.Saturday}, From: 22 * h, Until: 4 * h, Zone: berlin}
	for _, row := range []struct {
		reason string
		w      Window
		at     string
		want   bool
	}{
		{"before it", night, "2025-11-01T20:59:59Z", false},
		{"its first second", night, "2025-11-01T21:00:00Z", true},
		{"past midnight it is Saturday's still", night, "2025-11-02T02:59:59Z", true},
		{"its end", night, "2025-11-02T03:00:00Z", false},
		{"a Sunday night", night, "2025-11-02T22:00:00Z", false},
		{"in summer time", night, "2025-07-05T20:00:00Z", true},
		{"of other regions", Window{Regions: []string{"us"}, From: 0, Until: 24 * h, Zone: time.UTC}, "2025-07-05T20:00:00Z", false},
		{"every day", Window{From: 0, Until: 24 * h, Zone: time.UTC}, "2025-07-05T20:00:00Z", true},
	} {
		at, err := time.Parse(time.RFC3339, row.at)
		if err != nil {
			t.Fatal(err)
		}
		if got := row.w.covers("eu", at); got != row.want {
			t.Errorf("%s: %v at %s", row.reason, got, row.at)
		}
	}
}

// TestTallyMovesBackNever adds up over a jump of the clock.
func TestTally(t *testing.T) {
	y, at := newTally(), time.Unix(1e9, 0)
	for i := range 400 {
		y.add(at.Add(time.Duration(i)*time.Minute), counts{Good: 1})
	}
	if got := y.over(hour); got != (counts{Good: 60}) {
		t.Errorf("the last hour holds %v", got)
	}
	if got := y.over(3 * day); got != (counts{Good: 400}) {
		t.Errorf("three days hold %v", got)
	}
	y.add(at, counts{Bad: 1}) // the clock went backwards
	if got := y.over(hour); got != (counts{60, 1}) {
		t.Errorf("after the clock went back, the last hour holds %v", got)
	}
	y.advance(at.Add(30 * day))
	if got := y.over(3 * day); got != (counts{}) {
		t.Errorf("a month later, three days hold %v", got)
	}
}
