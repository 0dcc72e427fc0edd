package refsender

import (
	"net/http"
	"strconv"
	"time"
)

// draw makes 64 even bits from what it is given. Jitter is drawn from it
// instead of from a generator: goroutines that share a generator get its
// numbers in the order of the scheduler's luck.
func draw(seed uint64, endpoint, id string, n int) uint64 {
	const offset, prime = 14695981039346656037, 1099511628211
	h := uint64(offset) ^ seed
	for i := range len(endpoint) {
		h = (h ^ uint64(endpoint[i])) * prime
	}
	h = (h ^ 0xff) * prime
	for i := range len(id) {
		h = (h ^ uint64(id[i])) * prime
	}
	return mix(h ^ uint64(n)*0x9e3779b97f4a7c15)
}

// mix is the finalizer of splitmix64.
func mix(h uint64) uint64 {
	h = (h ^ h>>30) * 0xbf58476d1ce4e5b9
	h = (h ^ h>>27) * 0x94d049bb133111eb
	return h ^ h>>31
}

// salt is up to a millisecond, which tells apart what would otherwise be due
// in one instant: after a Retry-After date, or after a restart.
func salt(h uint64) time.Duration { return time.Duration(mix(h) % uint64(time.Millisecond)) }

// backoff returns how long to wait after the attempts of d so far, of which
// the last was answered by a, and false if there are to be no more.
func (s *sender) backoff(endpoint string, d *delivery, a answer) (time.Duration, bool) {
	if d.attempts > len(s.schedule) {
		return 0, false
	}
	h := draw(s.seed, endpoint, d.msg.ID, d.attempts)
	delay := s.scaled(s.schedule[d.attempts-1])
	share := float64(h>>11)/(1<<52) - 1 // in [-1, 1)
	delay += time.Duration(float64(delay) * s.cfg.Jitter * share)
	asked := s.bugs.heed(a.retryAfter)
	if limit := s.scaled(s.cfg.RetryAfterCap); limit > 0 {
		asked = min(asked, limit)
	}
	return max(delay, asked) + salt(h), true
}

// scaled turns scenario time into time of the sender's clock.
func (s *sender) scaled(d time.Duration) time.Duration {
	return time.Duration(float64(d) / s.speed)
}

// retryAfter reads a Retry-After header: seconds or a date. ok is false where
// it is neither. It is in time of the sender's clock, as dates are.
func retryAfter(header string, now time.Time) (wait time.Duration, ok bool) {
	if seconds, err := strconv.ParseUint(header, 10, 31); err == nil {
		return time.Duration(seconds) * time.Second, true
	}
	at, err := http.ParseTime(header)
	if err != nil {
		return 0, false
	}
	return max(at.Sub(now), 0), true
}
