package check

import (
	"cmp"
	"slices"
	"time"

	"github.com/hookdrill/hookdrill/prober/history"
)

// stalls are the times in which the machine stood still, as far as its own
// driver shows: it publishes at planned offsets whatever the sender does, so
// that its lateness is nobody's but the machine's. At a scale of 150 a tenth
// of a second without a processor is as long as a timeout. What an endpoint saw
// then says nothing about when the sender did it. There are none in virtual
// time, where nothing takes time but waiting.
func stalls(h *history.History) []window {
	if h.Header.World != history.Real {
		return nil
	}
	least := time.Duration(h.Header.Scale * float64(pause))
	around := time.Duration(h.Header.Scale * float64(reaction))
	var all []window
	for i := range h.Published {
		p := &h.Published[i]
		if p.Try <= 1 && !p.Late && p.Called-p.Planned > least {
			all = append(all, window{from: p.Planned - around, until: p.Called + around})
		}
	}
	slices.SortFunc(all, func(a, b window) int { return cmp.Compare(a.from, b.from) })
	merged := all[:0]
	for _, w := range all {
		if n := len(merged); n > 0 && w.from <= merged[n-1].until {
			merged[n-1].until = max(merged[n-1].until, w.until)
		} else {
			merged = append(merged, w)
		}
	}
	return merged
}

// pause is how late a driver may be in real time on a machine that is not
// short of processors.
const pause = 20 * time.Millisecond

// stalled reports whether the machine stood still at any time in between.
func (l *ledger) stalled(from, until time.Duration) bool {
	return meets(l.stalls, from, until+1)
}

// stoodStill returns for how long it did within a time.
func (l *ledger) stoodStill(from, until time.Duration) time.Duration {
	var sum time.Duration
	for _, w := range l.stalls {
		if w.meets(from, until) {
			sum += min(w.until, until) - max(w.from, from)
		}
	}
	return sum
}

// worstStall returns the longest of them.
func (l *ledger) worstStall() time.Duration {
	var worst time.Duration
	for _, w := range l.stalls {
		worst = max(worst, w.until-w.from)
	}
	return worst
}
