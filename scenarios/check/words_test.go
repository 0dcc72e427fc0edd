package check

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

func TestSpan(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0s", 198 * ms: "198ms", 12340 * ms: "12.3s", 90 * sec: "1m30s", 10 * mins: "10m", 4 * time.Hour: "4h",
		2*time.Hour + 12*mins: "2h12m", time.Hour + 14*mins + 2*sec: "1h14m2s", time.Hour + 20*sec: "1h0m20s", -sec: "-1s",
		mins + 10*sec: "1m10s",
	} {
		if got := span(d); got != want {
			t.Errorf("span(%v) = %q, want %q", d, got, want)
		}
	}
}

func TestCount(t *testing.T) {
	for n, want := range map[int]string{0: "0", 999: "999", 1000: "1,000", 18000: "18,000", 1234567: "1,234,567", -1000: "-1,000"} {
		if got := count(n); got != want {
			t.Errorf("count(%d) = %q, want %q", n, got, want)
		}
	}
}

func TestHistogram(t *testing.T) {
	var h histogram
	for i := range 1000 {
		h.add(time.Duration(i+1) * ms)
	}
	if got := h.quantile(0.99); got < 970*ms || got > 1000*ms {
		t.Errorf("p99 of 1 to 1000 ms is %v", got)
	}
	if got := h.above(500 * ms); got < 480 || got > 500 {
		t.Errorf("%d above 500 ms, want about 500", got)
	}
	for _, d := range []time.Duration{0, 1, 63, 64, 65, 127, 128, sec, time.Hour, never} {
		if low := value(bucket(d)); low > d || float64(d-low) > float64(d)/steps {
			t.Errorf("%d falls into the bucket of %d", d, low)
		}
	}
}

func TestRadix(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	all := make([]uint64, 5000)
	for i := range all {
		all[i] = r.Uint64()
	}
	want := slices.Clone(all)
	slices.Sort(want)
	for i, v := range radix(slices.Clone(all)) {
		if v>>32 != want[i]>>32 {
			t.Fatalf("place %d: %x, want %x", i, v>>32, want[i]>>32)
		}
	}
}

// TestEvidenceKeepsTheWorst compares with sorting them all.
func TestEvidenceKeepsTheWorst(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	var e evidence
	var all []int64
	for i := range 500 {
		w := int64(r.IntN(1000))
		all = append(all, -w)
		e.add(clue{weight: w, owed: uint32(i)})
	}
	slices.Sort(all)
	if e.count != 500 || len(e.worst) != MaxEvidence {
		t.Fatalf("count %d, kept %d", e.count, len(e.worst))
	}
	for i, c := range e.worst {
		if c.weight != -all[i] {
			t.Errorf("place %d: weight %d, want %d", i, c.weight, -all[i])
		}
	}
}
