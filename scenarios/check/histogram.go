package check

import (
	"math/bits"
	"time"
)

// histogram keeps durations to within 2 %, in memory that does not grow with
// their number.
type histogram struct {
	buckets [64 * steps]int
	n       int
}

// steps is how many buckets lie between two powers of two.
const steps = 64

func bucket(d time.Duration) int {
	v := uint64(max(d, 0))
	if v < steps {
		return int(v)
	}
	power := bits.Len64(v) - 1
	return (power-5)*steps + int(v>>(power-6)&(steps-1))
}

// value is the least duration of a bucket.
func value(b int) time.Duration {
	if b < steps {
		return time.Duration(b)
	}
	power := b/steps + 5
	return time.Duration((steps + uint64(b%steps)) << (power - 6))
}

func (h *histogram) add(d time.Duration) {
	h.buckets[bucket(d)]++
	h.n++
}

// quantile returns a duration that a share of those added does not exceed by
// more than a bucket.
func (h *histogram) quantile(share float64) time.Duration {
	rank, seen := int(share*float64(h.n)), 0
	for b, n := range h.buckets {
		if seen += n; seen > rank || seen == h.n && n > 0 {
			return value(b)
		}
	}
	return 0
}

// above returns how many of those added exceed d by more than a bucket.
func (h *histogram) above(d time.Duration) int {
	n := 0
	for _, in := range h.buckets[bucket(d)+1:] {
		n += in
	}
	return n
}
