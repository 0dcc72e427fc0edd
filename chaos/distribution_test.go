package chaos

import (
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestDistributionQuantiles(t *testing.T) {
	const s = time.Second
	for _, c := range []struct {
		name   string
		d      Distribution
		want   []time.Duration // at 0, 0.16, 0.5, 0.84, 0.999
		reason string
	}{
		{"constant", Distribution{Kind: "constant", Mean: 3 * s}, []time.Duration{3 * s, 3 * s, 3 * s, 3 * s, 3 * s}, "always the same"},
		{"uniform", Distribution{Kind: "uniform", Min: 2 * s, Max: 12 * s}, []time.Duration{2 * s, 3600 * ms, 7 * s, 10400 * ms, 11990 * ms}, "even"},
		{"normal", Distribution{Kind: "normal", Mean: 10 * s, Deviation: 2 * s}, []time.Duration{0, 8011 * ms, 10 * s, 11989 * ms, 16180 * ms},
			"one deviation below and above; nothing before the request"},
		{"lognormal", Distribution{Kind: "lognormal", Mean: 2 * s, Sigma: 1}, []time.Duration{ms, 740 * ms, 2 * s, 5407 * ms, 43964 * ms},
			"the mean is the median, one sigma is a factor of e"},
		{"exponential", Distribution{Kind: "exponential", Mean: 2 * s}, []time.Duration{0, 349 * ms, 1386 * ms, 3665 * ms, 13816 * ms}, "memoryless"},
		{"bounded", Distribution{Kind: "exponential", Mean: 2 * s, Min: s, Max: 3 * s}, []time.Duration{s, s, 1386 * ms, 3 * s, 3 * s}, "both bounds hold"},
	} {
		var got []time.Duration
		for _, u := range []float64{0, 0.16, 0.5, 0.84, 0.999} {
			got = append(got, c.d.at(u).Round(ms))
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: %s (-want +got):\n%s", c.name, c.reason, diff)
		}
	}
}

const ms = time.Millisecond

func FuzzDistribution(f *testing.F) {
	f.Add(uint8(3), int64(time.Second), int64(time.Minute), int64(time.Hour), int64(1), 9.5, uint64(math.MaxUint64))
	f.Add(uint8(2), int64(0), int64(0), int64(math.MaxInt64), int64(math.MaxInt64), 1.0, uint64(1<<62))
	f.Add(uint8(4), int64(0), int64(0), int64(math.MaxInt64), int64(1), 1.0, uint64(math.MaxUint64))
	kinds := []string{"constant", "uniform", "normal", "lognormal", "exponential"}
	f.Fuzz(func(t *testing.T, kind uint8, least, most, mean, deviation int64, sigma float64, h uint64) {
		d := Distribution{
			Kind: kinds[int(kind)%len(kinds)], Min: time.Duration(least), Max: time.Duration(most),
			Mean: time.Duration(mean), Deviation: time.Duration(deviation), Sigma: sigma,
		}
		if d.check() != nil {
			return
		}
		u := unit(h)
		if !(u >= 0 && u < 1) {
			t.Fatalf("unit(%d) is %v", h, u)
		}
		got := d.at(u)
		if got < d.Min || d.Max > 0 && got > d.Max || got < 0 {
			t.Errorf("%+v at %v is %v", d, u, got)
		}
	})
}

func FuzzSelector(f *testing.F) {
	f.Add(1, 3, 2, 0.5, 2, uint64(7), 3)
	f.Add(0, 0, 0, 0.0, 0, uint64(0), 0)
	f.Fuzz(func(t *testing.T, from, to, every int, p float64, limit int, seed uint64, attempts int) {
		s := Selector{From: from, To: to, Every: every, P: p, Limit: limit}
		n, last := 0, min(max(attempts, 1), 64)
		for i := 1; i <= last; i++ {
			r := Request{Seed: seed, Endpoint: "one", Key: 1, Number: 1, Attempt: i}
			selected, again := s.Selects(r), s.Selects(r)
			if selected != again {
				t.Fatalf("%+v: selects attempt %d: %t, then %t", s, i, selected, again)
			}
			if selected {
				n++
				if i < from || to > 0 && i > to || every > 0 && i%every != 0 {
					t.Errorf("%+v selects attempt %d", s, i)
				}
			}
		}
		if limit > 0 && n > limit {
			t.Errorf("%+v selects %d of %d attempts", s, n, last)
		}
	})
}
