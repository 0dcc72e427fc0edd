package canary

import "time"

const (
	hour = time.Hour
	day  = 24 * hour
	// longest is the longest window of a burn-rate alert, in minutes.
	longest = 3 * 24 * 60
)

// windows are those over which a tally keeps sums: the pairs of the burn-rate
// alerts (SRE workbook, chapter 5).
func windows() []time.Duration {
	return []time.Duration{5 * time.Minute, 30 * time.Minute, hour, 6 * hour, 3 * day}
}

// counts are good and bad canaries.
type counts struct{ Good, Bad int }

// tally counts decided canaries by the minute, for three days. Its sums move
// with the minutes: an alert that is looked at each second must not add up
// three days each time.
type tally struct {
	ring   [longest + 1]counts
	minute int64 // the newest minute; 0: none yet
	sums   []counts
	// changed says that the newest minute is not on disk as it is.
	changed bool
}

func newTally() *tally { return &tally{sums: make([]counts, len(windows()))} }

// advance moves the newest minute on to at. Time that goes backwards, or that
// jumps by more than the ring holds, cannot take good minutes back.
func (t *tally) advance(at time.Time) {
	minute := at.Unix() / 60
	if t.minute == 0 || minute-t.minute > longest {
		*t = tally{minute: minute, sums: make([]counts, len(windows()))}
		return
	}
	for t.minute < minute {
		t.minute++
		for i, w := range windows() {
			out := t.at(t.minute - int64(w/time.Minute))
			t.sums[i].Good -= out.Good
			t.sums[i].Bad -= out.Bad
		}
		*t.at(t.minute) = counts{}
	}
}

func (t *tally) at(minute int64) *counts {
	return &t.ring[((minute%(longest+1))+longest+1)%(longest+1)]
}

func (t *tally) add(at time.Time, c counts) {
	t.advance(at)
	now := t.at(t.minute)
	now.Good += c.Good
	now.Bad += c.Bad
	t.changed = true
	for i := range t.sums {
		t.sums[i].Good += c.Good
		t.sums[i].Bad += c.Bad
	}
}

// over returns the sums of one of windows.
func (t *tally) over(w time.Duration) counts {
	for i, known := range windows() {
		if known == w {
			return t.sums[i]
		}
	}
	return counts{}
}

// ratio returns the share of good canaries in a window; false without any.
func (t *tally) ratio(w time.Duration) (float64, bool) {
	c := t.over(w)
	if c.Good+c.Bad == 0 {
		return 0, false
	}
	return float64(c.Good) / float64(c.Good+c.Bad), true
}

// burn returns how many times faster than allowed the error budget of an
// objective is used up in a window.
func (t *tally) burn(w time.Duration, slo float64) float64 {
	c := t.over(w)
	if c.Bad == 0 {
		return 0
	}
	return float64(c.Bad) / float64(c.Good+c.Bad) / (1 - slo)
}
