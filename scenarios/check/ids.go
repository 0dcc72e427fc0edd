package check

import "github.com/hookdrill/hookdrill/prober/history"

// ids finds an id that two events share at an endpoint. It sorts hashes when
// all are known: a hash table of millions of ids misses the cache at each.
type ids struct {
	l *ledger
	// all holds half of each hash above the attempt's row.
	all []uint64
}

func newIDs(l *ledger) *ids { return &ids{l: l, all: make([]uint64, 0, l.obligations())} }

// add enters the id that the attempts at an obligation carry; a is the first
// that does.
func (s *ids) add(o *owed, a *history.Attempt) {
	rows := s.l.rows[s.l.firstRow[o.number]:s.l.firstRow[o.number+1]]
	row := rows[0]
	for _, r := range rows {
		if s.l.h.Attempts[r].ID == a.ID {
			row = r
			break
		}
	}
	hash := mix(a.ID ^ uint64(a.Endpoint)<<40)
	s.all = append(s.all, hash&^uint64(none)|uint64(row))
}

// shared calls f with the attempts that carry the id of another event. Events
// that came in one request share its id with good reason.
func (s *ids) shared(f func(a, other *history.Attempt)) {
	s.all = radix(s.all)
	for i := 1; i < len(s.all); i++ {
		if s.all[i-1]>>32 != s.all[i]>>32 {
			continue
		}
		other, a := &s.l.h.Attempts[uint32(s.all[i-1])], &s.l.h.Attempts[uint32(s.all[i])]
		if a.ID == other.ID && a.Endpoint == other.Endpoint && a.Request != other.Request {
			f(a, other)
		}
	}
}

// radix sorts by the upper half, in three passes of eleven bits.
func radix(from []uint64) []uint64 {
	const bits, buckets = 11, 1 << 11
	to := make([]uint64, len(from))
	for shift := 31; shift < 64; shift += bits {
		var place [buckets]int
		for _, v := range from {
			place[v>>shift&(buckets-1)]++
		}
		sum := 0
		for b, n := range place {
			place[b], sum = sum, sum+n
		}
		for _, v := range from {
			b := v >> shift & (buckets - 1)
			to[place[b]] = v
			place[b]++
		}
		from, to = to, from
	}
	return from
}

// mix is the finalizer of splitmix64.
func mix(h uint64) uint64 {
	h = (h ^ h>>30) * 0xbf58476d1ce4e5b9
	h = (h ^ h>>27) * 0x94d049bb133111eb
	return h ^ h>>31
}
