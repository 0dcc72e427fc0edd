package chaos

import "time"

// The purposes of draws. Two draws for one attempt must not be the same
// number: a selector that takes the low half would leave a delay only the
// high half.
const (
	drawSelect uint64 = iota + 1
	drawDelay
	drawGateway
	drawReplica
)

// draw makes 64 even bits from what identifies an attempt. It is a hash and
// not a generator, because goroutines that share a generator get its numbers
// in the order of the scheduler's luck. A request without a token is told
// apart by its offset, the only thing that differs then.
func draw(r Request, purpose, salt uint64) uint64 {
	const offset, prime = 14695981039346656037, 1099511628211
	h := uint64(offset)
	for i := range len(r.Endpoint) {
		h = (h ^ uint64(r.Endpoint[i])) * prime
	}
	h = mix(h ^ mix(r.Seed))
	h = mix(h ^ purpose<<56 ^ salt)
	h = mix(h ^ uint64(r.Key)<<32 ^ uint64(r.Number))
	if r.Number == 0 {
		h = mix(h ^ uint64(r.Offset))
	}
	return mix(h ^ uint64(r.Attempt)*0x9e3779b97f4a7c15)
}

// mix is the finalizer of splitmix64.
func mix(h uint64) uint64 {
	h = (h ^ h>>30) * 0xbf58476d1ce4e5b9
	h = (h ^ h>>27) * 0x94d049bb133111eb
	return h ^ h>>31
}

// unit turns a draw into a number in [0, 1).
func unit(h uint64) float64 { return float64(h>>11) / (1 << 53) }

// pick turns a draw into an index below n.
func pick(h uint64, n int) int { return int(h % uint64(n)) }

// scaled turns scenario time into time of the clock.
func scaled(d time.Duration, r Request) time.Duration {
	if r.Scale <= 0 {
		return d
	}
	return time.Duration(float64(d) / r.Scale)
}
