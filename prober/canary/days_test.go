package canary

import (
	"context"
	"net"
	"runtime"
	"strings"
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

// TestSoak probes ten regions each minute for thirty days, with an outage
// every third day: memory stays flat, and so does what is kept.
func TestSoak(t *testing.T) {
	names := strings.Fields("r0 r1 r2 r3 r4 r5 r6 r7 r8 r9")
	s := newStory(t, testSettings(), names...)
	s.m.sink = func(Fact) {}
	s.m.news = func(Alert) {}
	heap := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	var early uint64
	for d := range 30 {
		if d%3 == 2 {
			s.hold["r3"], s.route["r3"] = true, Unavailable
			s.play(90)
			s.route["r3"] = OK
			s.release("r3")
			s.play(24*60 - 90)
		} else {
			s.play(24 * 60)
		}
		s.m.changes() // as if they were on disk
		if d == 9 {
			early = heap()
		}
	}
	if late := heap(); late > early+early/4+1<<20 {
		t.Errorf("memory grew from %d to %d bytes in twenty days", early, late)
	}
	snap := s.m.Snapshot()
	if len(snap.Closed) != 10 || snap.Open != nil {
		t.Errorf("%d incidents, want 10; open %v", len(snap.Closed), snap.Open)
	}
	for _, i := range snap.Closed {
		if len(i.Impacts) != 1 || i.Impacts[0].Region != "r3" || i.Impacts[0].Lost != 0 {
			t.Errorf("%s: %+v", i.ID, i.Impacts)
		}
	}
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

// BenchmarkScrape reads the metrics of ten regions with a thousand canaries on
// their way each.
func BenchmarkScrape(b *testing.B) {
	t := &testing.T{}
	s := newStory(t, testSettings(), strings.Fields("r0 r1 r2 r3 r4 r5 r6 r7 r8 r9")...)
	for _, r := range s.m.regions {
		s.hold[r.name] = true
	}
	s.m.settings.Interval = time.Second
	s.play(1000)
	c := Defaults()
	for _, r := range s.m.regions {
		c.Regions = append(c.Regions, Region{Name: r.name})
	}
	p := New(&c, Options{Clock: func() time.Time { return s.at }})
	p.model = s.m
	h := p.Handler("")
	for b.Loop() {
		if w := call(h, "GET", "/metrics", ""); w.Code != 200 {
			b.Fatal(w.Code)
		}
	}
}
