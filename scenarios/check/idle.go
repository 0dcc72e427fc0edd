package check

import (
	"cmp"
	"slices"
	"time"
)

// idle calls f for those overdue attempts for which the endpoint had room: as
// many attempts in flight as the sender declares (one, where it declares
// nothing) explain why another had to wait. It returns how often it called f.
func (l *ledger) idle(late []overdue, f func(overdue)) int {
	if len(late) == 0 {
		return 0
	}
	meant := make([]bool, len(l.plan.Endpoints))
	for _, x := range late {
		meant[x.endpoint] = true
	}
	busy := l.saturated(meant, max(l.pol.Concurrency, 1))
	n := 0
	for _, x := range late {
		if !meets(busy[x.endpoint], x.due, x.at) {
			n++
			f(x)
		}
	}
	return n
}

// step is an attempt that begins or ends.
type step struct {
	at time.Duration
	by int
}

// saturated returns for each endpoint that is meant the times in which at
// least limit attempts were in flight there.
func (l *ledger) saturated(meant []bool, limit int) [][]window {
	steps := make([][]step, len(meant))
	for i := range l.h.Attempts {
		a := &l.h.Attempts[i]
		if e := int(a.Endpoint); !a.Trap && e < len(meant) && meant[e] {
			steps[e] = append(steps[e], step{began(a), 1}, step{over(a), -1})
		}
	}
	busy := make([][]window, len(meant))
	for e := range steps {
		// Ends before begins: a slot that is freed can be taken at once.
		slices.SortFunc(steps[e], func(a, b step) int { return cmp.Or(cmp.Compare(a.at, b.at), a.by-b.by) })
		open := 0
		for _, s := range steps[e] {
			open += s.by
			switch {
			case s.by > 0 && open == limit:
				busy[e] = append(busy[e], window{from: s.at, until: never})
			case s.by < 0 && open == limit-1 && len(busy[e]) > 0:
				busy[e][len(busy[e])-1].until = s.at
			}
		}
		steps[e] = nil
	}
	return busy
}

// meets reports whether one of some windows, which are in order and do not
// overlap, meets a time.
func meets(windows []window, from, until time.Duration) bool {
	i, _ := slices.BinarySearchFunc(windows, from, func(w window, at time.Duration) int { return cmp.Compare(w.until, at) })
	return i < len(windows) && windows[i].from < until
}
