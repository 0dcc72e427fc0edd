package canary

import (
	"context"
	"net"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// anywhere dials what a test listens on.
type anywhere struct{ net.Dialer }

func (a *anywhere) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	return a.DialContext(ctx, network, addr)
}

// TestClockGoesBack sets the clock back by an hour under a running prober: it
// goes on probing, and nothing is late, lost or in the future by that.
func TestClockGoesBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, "eu")
		var back atomic.Int64
		r.o.Clock = func() time.Time { return time.Now().Add(-time.Duration(back.Load())) }
		l := r.start()
		time.Sleep(5 * time.Minute)
		before := r.senders["eu"].count()
		back.Store(int64(time.Hour))
		time.Sleep(5 * time.Minute)
		if n := r.senders["eu"].count() - before; n < 25 || n > 32 {
			t.Errorf("%d canaries in five minutes after the clock went back", n)
		}
		if s := l.Snapshot().Regions[0]; s.Late+s.Lost != 0 || s.Bad != 0 || !s.Healthy() {
			t.Errorf("%+v", s)
		}
		l.stop(t)
	})
}
