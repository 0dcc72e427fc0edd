package check

import (
	"slices"
	"time"
)

// rushSpan is the time in which arrivals are counted.
const rushSpan = 10 * time.Second

// leastUsual is the least number of arrivals in rushSpan that counts as usual:
// a handful of events is no flood for an endpoint that hears next to nothing.
const leastUsual = float64(rushSpan / time.Second)

// rush keeps when attempts began at endpoints after their heal, and how many
// there were before anything went wrong.
type rush struct {
	// after holds milliseconds since the heal; before counts.
	after  [][]uint32
	before []int
	calm   time.Duration
	first  time.Duration
}

func newRush(l *ledger, endpoints int) rush {
	r := rush{after: make([][]uint32, endpoints), before: make([]int, endpoints), first: l.time.first}
	if len(l.h.Published) > 0 {
		r.calm = l.time.first - l.h.Published[0].Called
	}
	return r
}

func (r *rush) add(endpoint int, at, heal time.Duration) {
	switch {
	case at >= heal:
		r.after[endpoint] = append(r.after[endpoint], uint32((at-heal)/time.Millisecond))
	case at < r.first:
		r.before[endpoint]++
	}
}

// usual returns how many attempts begin in rushSpan when nothing is wrong.
func (r *rush) usual(endpoint int) float64 {
	if r.calm < rushSpan {
		return leastUsual
	}
	return max(float64(r.before[endpoint])*float64(rushSpan)/float64(r.calm), leastUsual)
}

// peak returns the most attempts that began in any rushSpan after the heal,
// and when that was, since the heal.
func (r *rush) peak(endpoint int) (most int, at time.Duration) {
	times := r.after[endpoint]
	slices.Sort(times)
	from := 0
	for i, t := range times {
		for t-times[from] >= uint32(rushSpan/time.Millisecond) {
			from++
		}
		if i-from+1 > most {
			most, at = i-from+1, time.Duration(times[from])*time.Millisecond
		}
	}
	return most, at
}
