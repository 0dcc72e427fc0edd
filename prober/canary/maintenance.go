package canary

import (
	"slices"
	"time"
)

// Window is a time in which alerts are muted. Measuring goes on in it: an
// outage that begins in a maintenance is known when the maintenance ends.
type Window struct {
	Name string
	// Regions are those it is for; empty: all.
	Regions []string
	// Days and From, Until of the day in Zone make a window that comes back
	// each week; empty Days: each day. A window may pass midnight; it belongs
	// to the day on which it begins.
	Days        []time.Weekday
	From, Until time.Duration
	Zone        *time.Location
	// Once makes it a single window instead.
	Once           bool
	Starts, Ends   time.Time
	Reason, Author string
}

// covers reports whether w mutes a region at an instant.
func (w Window) covers(region string, at time.Time) bool {
	if len(w.Regions) > 0 && !slices.Contains(w.Regions, region) {
		return false
	}
	if w.Once {
		return !at.Before(w.Starts) && at.Before(w.Ends)
	}
	local := at.In(w.Zone)
	// The clock on the wall decides, so that a window is not an hour off on
	// the days on which clocks change.
	clock := time.Duration(local.Hour())*time.Hour + time.Duration(local.Minute())*time.Minute +
		time.Duration(local.Second())*time.Second
	if w.From <= w.Until {
		return w.on(local.Weekday()) && clock >= w.From && clock < w.Until
	}
	return w.on(local.Weekday()) && clock >= w.From || w.on((local.Weekday()+6)%7) && clock < w.Until
}

func (w Window) on(d time.Weekday) bool { return len(w.Days) == 0 || slices.Contains(w.Days, d) }

// muted returns the name of a window that mutes a region now.
func muted(all []Window, region string, at time.Time) (string, bool) {
	for _, w := range all {
		if w.covers(region, at) {
			return w.Name, true
		}
	}
	return "", false
}
