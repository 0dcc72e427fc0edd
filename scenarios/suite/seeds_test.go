package suite

import (
	"fmt"
	"os"
	"strconv"
	"testing"

	"github.com/hookdrill/hookdrill/scenarios"
	"github.com/hookdrill/hookdrill/scenarios/verdict"
)

// seedsVariable names the environment variable that says how many seeds
// TestSeeds plays; `make seeds` sets it.
const seedsVariable = "HOOKDRILL_SEEDS"

// TestSeeds plays the corpus with seeds that are not the files' own: what
// holds for one draw of keys, sizes, latencies and jitter only, is luck. The
// large scenarios are left to those who ask for seeds.
func TestSeeds(t *testing.T) {
	seeds, asked := uint64(1), false
	if text := os.Getenv(seedsVariable); text != "" {
		n, err := strconv.ParseUint(text, 10, 16)
		if err != nil || n == 0 {
			t.Fatalf("%s=%s: want a number of seeds, 1 to 65535", seedsVariable, text)
		}
		seeds, asked = n, true
	}
	if raced && !asked {
		t.Skip("played without the race detector")
	}
	for _, s := range scenarios.Corpus() {
		if _, large := large()[s.Name]; large && !asked {
			continue
		}
		for i := range seeds {
			seed := 1000 + i
			t.Run(fmt.Sprintf("%s/%d", s.Name, seed), func(t *testing.T) {
				t.Parallel()
				p, h := play(t, s.Name, "reference", seed)
				expect(t, p, h, verdict.Expected{})
			})
		}
	}
}
