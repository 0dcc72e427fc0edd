package canary

import (
	"slices"
	"strings"
	"time"
)

// signal is what one observer says of a region: how the newest of its looks
// ended, and for how long it has been so.
type signal struct {
	// class is that of the newest look.
	class Class
	// row counts the looks with a failure since the last one without, and good
	// those without since the last one with.
	row, good int
	// looked is when the newest look was; zero: nobody has looked.
	looked time.Time
	// since is when row began, and lastGood the last look without a failure.
	since, lastGood time.Time
	// by says who answered, as far as it shows.
	by Place
	// recent are the classes of the newest looks of row, at most recentLooks.
	recent []Class
}

// recentLooks is how far back answers that change in turn are told together.
const recentLooks = 8

// Place is who answered a probe.
type Place string

// The places that can answer. The zero value: nobody did, or it does not show.
const (
	ByAPI      Place = "the sender's API"
	ByGateway  Place = "a gateway"
	ByEndpoint Place = "our endpoint"
)

func (s *signal) look(at time.Time, class Class, by Place) {
	s.looked, s.class, s.by = at, class, by
	if class == OK {
		s.good++
		s.row, s.since, s.lastGood, s.recent = 0, time.Time{}, at, nil
		return
	}
	if s.recent = append(s.recent, class); len(s.recent) > recentLooks {
		s.recent = s.recent[1:]
	}
	if s.row == 0 {
		s.since = at
	}
	s.row++
	s.good = 0
}

// kinds returns the classes of the newest looks, each once, in an order that
// does not change with each look: a gateway that is half gone answers 404 and
// 503 in turn, and whoever reads either alone looks in the wrong place.
func (s *signal) kinds() []Class {
	var all []Class
	for _, c := range Classes() {
		if slices.Contains(s.recent, c) {
			all = append(all, c)
		}
	}
	return all
}

// says names them.
func (s *signal) says() string {
	if s.row == 0 {
		return s.class.short()
	}
	var all []string
	for _, c := range s.kinds() {
		all = append(all, c.short())
	}
	if len(all) > 1 {
		return strings.Join(all, " and ") + " in turn"
	}
	return s.class.short()
}

// bad reports whether the failure has lasted n looks.
func (s *signal) bad(n int) bool { return s.row >= n && s.row > 0 }

// Trouble is what is wrong with a region: nothing, where Stage is empty.
type Trouble struct {
	Stage Stage `json:"stage,omitempty"`
	// Class is OK where canaries do not arrive and nobody knows why.
	Class Class `json:"class,omitempty"`
}

// IsZero reports whether nothing is wrong.
func (t Trouble) IsZero() bool { return t.Stage == "" }

// String says it in short: "route check 404".
func (t Trouble) String() string {
	switch t.Stage {
	case "":
		return "none"
	case StagePublish:
		return "publish " + t.Class.short()
	case StageAttempt:
		return "sender's attempts " + t.Class.short()
	case StageRoute:
		return "route check " + t.Class.short()
	default:
		return "no arrival"
	}
}
