//go:build !race

package signature

import (
	"testing"
	"time"
)

// The race detector makes a sync.Pool forget at random, so that this says
// nothing under it.
func TestVerifyingDoesNotAllocate(t *testing.T) {
	for _, a := range answers() {
		v := verifier(t, a.scheme, a.secret)
		h, body, at := a.headers(""), []byte(a.body), time.Unix(a.at, 0)
		if n := testing.AllocsPerRun(100, func() { v.Verify(h, body, at) }); n >= 1 {
			t.Errorf("%s: %v allocations a request, want none", a.scheme, n)
		}
	}
}
