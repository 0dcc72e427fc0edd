package refsender

import (
	"net/http"
	"testing"

	"github.com/hookdrill/hookdrill/prober"
)

func TestIdleConnections(t *testing.T) {
	for _, c := range []struct {
		reason string
		world  prober.World
		want   int
	}{
		{"each endpoint is a host of its own in memory", prober.World{Transport: &http.Transport{}}, 8},
		{"all are one host on real sockets", prober.World{}, 256},
	} {
		if got := newTransport(c.world, 8).MaxIdleConnsPerHost; got != c.want {
			t.Errorf("%s: %d idle connections a host are kept, want %d", c.reason, got, c.want)
		}
	}
}
