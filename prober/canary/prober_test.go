package canary

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hookdrill/hookdrill/prober"
	"github.com/hookdrill/hookdrill/scenarios/verdict"
)

// TestProbe goes the whole way over HTTP: publish, sign, deliver, verify,
// join, and clean up.
func TestProbe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, "eu", "us")
		l := r.start()
		time.Sleep(5 * time.Minute)
		s := l.Snapshot()
		for _, g := range s.Regions {
			if !g.Healthy() || g.Good < 28 || g.Bad != 0 || g.InFlight != 0 {
				t.Errorf("after five minutes: %+v", g)
			}
		}
		if a := l.Judge(Question{Name: All}); a.Verdict != verdict.Pass {
			t.Errorf("the gate says %v: %v", a.Verdict, a.Reasons)
		}
		if n := l.metric(t, "webhook_canary_delivered_total", "region=eu", "timeliness=on_time"); n < 28 {
			t.Errorf("%v canaries are counted as on time", n)
		}
		l.stop(t)
		for name, s := range r.senders {
			if now, gone := s.subscribed(); now != 0 || gone != 1 {
				t.Errorf("%s has %d subscriptions still, and %d were removed", name, now, gone)
			}
		}
	})
}

// TestProbeIncident breaks the gateways of two regions one after the other.
func TestProbeIncident(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, "eu", "in", "us")
		l := r.start()
		time.Sleep(5 * time.Minute)
		broke := time.Now()
		r.gates["eu"].set(404)
		r.gates["in"].set(503)
		time.Sleep(20*time.Second + 100*time.Millisecond)
		s := l.Snapshot()
		if s.Open == nil || s.Open.Phase != Identified || len(s.Open.Impacts) != 2 {
			t.Fatalf("not identified within two intervals: %+v", s.Open)
		}
		time.Sleep(10 * time.Minute)
		r.gates["eu"].set(0)
		mended := time.Now()
		time.Sleep(10 * time.Minute)
		if got := l.Snapshot().Regions[1].Diagnosis.Sentence; !strings.Contains(got, "route check 503 from a gateway") || !strings.Contains(got, "eu was the same until") {
			t.Errorf("in: %s", got)
		}
		r.gates["in"].set(0)
		time.Sleep(3 * time.Minute)
		s = l.Snapshot()
		if s.Open != nil || len(s.Closed) != 1 {
			t.Fatalf("the incident goes on: %+v", s.Open)
		}
		eu := s.Closed[0].Impacts[0]
		if eu.Region != "eu" {
			eu = s.Closed[0].Impacts[1]
		}
		if d := eu.Recovered.Sub(mended); d > 20*time.Second || eu.Lost != 0 || eu.Delayed < 45 {
			t.Errorf("eu recovered %v after it was mended; lost %d, delayed %d", d, eu.Lost, eu.Delayed)
		}
		if most := mended.Sub(broke) + 5*time.Second; eu.Longest > most || eu.Longest < most-20*time.Second {
			t.Errorf("the longest delay is %v, the outage was %v", eu.Longest, mended.Sub(broke))
		}
		l.stop(t)
	})
}

// TestRestart kills the prober's task in the middle of an outage: the next
// life publishes nothing twice, knows what is on its way, and goes on with the
// incident.
func TestRestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, "eu", "us")
		l := r.start()
		time.Sleep(2 * time.Minute)
		r.gates["eu"].set(404)
		time.Sleep(5 * time.Minute)
		was := l.Snapshot()
		// A kill leaves the subscription and what is in flight as they are.
		r.crash(l)
		time.Sleep(time.Minute)
		l = r.start()
		time.Sleep(30 * time.Second)
		s := l.Snapshot()
		if s.Open == nil || s.Open.ID != was.Open.ID || s.Open.Phase == Monitoring {
			t.Errorf("the incident was forgotten: %+v", s.Open)
		}
		if s.Regions[0].InFlight < was.Regions[0].InFlight {
			t.Errorf("%d canaries are known to be on their way, %d were before", s.Regions[0].InFlight, was.Regions[0].InFlight)
		}
		r.gates["eu"].set(0)
		time.Sleep(3 * time.Minute)
		s = l.Snapshot()
		if s.Open != nil || len(s.Closed) != 1 || s.Closed[0].Impacts[0].Lost != 0 {
			t.Errorf("the incident goes on: %+v", s.Open)
		}
		seen := map[string]bool{}
		events, _ := r.senders["eu"].seen()
		for _, e := range events {
			if seen[e.ID()] {
				t.Errorf("%s was published twice", e.ID())
			}
			seen[e.ID()] = true
		}
		l.stop(t)
	})
}

// TestPublishFailures tells a publish that fails from a delivery that is late.
func TestPublishFailures(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, "eu", "us")
		l := r.start()
		time.Sleep(2 * time.Minute)
		r.senders["eu"].with(func() { r.senders["eu"].refuse = &prober.StatusError{Code: 503, Gateway: true} })
		time.Sleep(3 * time.Minute)
		want := "eu: publish 503 from a gateway, route check ok: an incomplete infrastructure change in eu, the backend behind its route is gone; in no other region"
		if got := l.Snapshot().Regions[0].Diagnosis.Sentence; got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
		if !l.Snapshot().Regions[0].Circuit {
			t.Error("the circuit is closed")
		}
		if code, body := l.ask("GET", "/v1/gate/eu", ""); code != 403 || !strings.HasPrefix(body, "fail\n") {
			t.Errorf("the gate says %d %s", code, body)
		}
		r.senders["eu"].with(func() { r.senders["eu"].refuse = nil })
		time.Sleep(3 * time.Minute)
		if s := l.Snapshot(); s.Open != nil || s.Regions[0].Circuit {
			t.Errorf("it goes on: %+v", s.Open)
		}
		l.stop(t)
	})
}

// TestOnceAndFor end by themselves, with the verdict a gate would give.
func TestOnceAndFor(t *testing.T) {
	for _, row := range []struct {
		reason string
		o      func(*Options)
		status int
		want   verdict.Status
		within time.Duration
	}{
		{"once, all well", func(o *Options) { o.Once = true }, 0, verdict.Pass, 10 * time.Second},
		{"once, broken", func(o *Options) { o.Once = true }, 404, verdict.Fail, 4 * time.Minute},
		{"for a while", func(o *Options) { o.For = 3 * time.Minute }, 0, verdict.Pass, 4 * time.Minute},
		{"for too short a while", func(o *Options) { o.For = 15 * time.Second }, 0, verdict.Unknown, time.Minute},
	} {
		synctest.Test(t, func(t *testing.T) {
			r := newRig(t, "eu", "us")
			row.o(&r.o)
			r.gates["eu"].set(row.status)
			began := time.Now()
			l := r.start()
			<-l.done
			if l.err != nil || l.answer.Verdict != row.want || time.Since(began) > row.within {
				t.Errorf("%s: %v after %v, %v %v", row.reason, l.answer.Verdict, time.Since(began), l.answer.Reasons, l.err)
			}
		})
	}
}

// TestGateWaits asks a gate that has no verdict yet to wait for one, and one
// that will have none.
func TestGateWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, "eu", "us")
		l := r.start()
		synctest.Wait()
		began := time.Now()
		code, body := l.ask("GET", "/v1/gate/all?wait=5m&min_samples=3", "")
		if took := time.Since(began); code != 200 || took < 20*time.Second || took > time.Minute {
			t.Errorf("after %v the gate says %d %s", took, code, body)
		}
		l.ask("POST", "/v1/pause", "")
		began = time.Now()
		code, body = l.ask("POST", "/v1/gate/all", fmt.Sprintf(`{"metadata":{"wait":"5m","since":%q}}`, time.Now().Format(time.RFC3339)))
		if took := time.Since(began); code != 409 || took < 5*time.Minute || took > 5*time.Minute+2*time.Second {
			t.Errorf("paused: after %v the gate says %d %s", took, code, body)
		}
		began = time.Now()
		if l.ask("GET", "/v1/verdict/all", ""); time.Since(began) > 0 {
			t.Errorf("a gate that was not asked to wait took %v", time.Since(began))
		}
		l.stop(t)
	})
}

// TestSetUpFails wants a sender that is down at the start to be an outage like
// any other, not the end of the prober.
func TestSetUpFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, "eu", "us")
		r.senders["eu"].broken = &prober.StatusError{Code: 404}
		l := r.start()
		time.Sleep(3 * time.Minute)
		if s := l.Snapshot().Regions[0]; s.Trouble != (Trouble{StagePublish, RouteMissing}) {
			t.Errorf("eu: %+v", s)
		}
		r.senders["eu"].with(func() { r.senders["eu"].broken = nil })
		time.Sleep(3 * time.Minute)
		if s := l.Snapshot().Regions[0]; !s.Healthy() {
			t.Errorf("eu: %+v", s)
		}
		l.stop(t)
	})
}
