package suite

import (
	"bytes"
	"testing"

	"github.com/hookdrill/hookdrill/scenarios"
)

// repeats is how often the incident is played; `hookdrill run --repeat 20`
// plays it more often.
const repeats = 3

// TestTheIncidentRepeats compares canonical histories: everything in them is
// the same each time, to the nanosecond.
func TestTheIncidentRepeats(t *testing.T) {
	t.Parallel()
	var first []byte
	n := repeats
	if raced {
		n = 2
	}
	for i := range n {
		_, h := play(t, scenarios.Default, "reference", 0)
		var canonical bytes.Buffer
		if err := h.WriteCanonical(&canonical); err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			first = canonical.Bytes()
		}
		if at := differ(first, canonical.Bytes()); at >= 0 {
			t.Errorf("run %d differs from the first at line %d of the canonical history", i+1, at+1)
		}
	}
}

// differ returns the first line in which two texts differ; -1: none.
func differ(a, b []byte) int {
	as, bs := bytes.Split(a, []byte("\n")), bytes.Split(b, []byte("\n"))
	for i := range min(len(as), len(bs)) {
		if !bytes.Equal(as[i], bs[i]) {
			return i
		}
	}
	if len(as) != len(bs) {
		return min(len(as), len(bs))
	}
	return -1
}
