package refsender

import (
	"context"
	"errors"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hookdrill/hookdrill/prober"
	"github.com/hookdrill/hookdrill/prober/event"
	"github.com/hookdrill/hookdrill/prober/history"
)

// TestKilledAnywhere kills the sender at many instants in a short story with
// failures. Whatever the instant: nothing accepted is lost, nothing comes
// twice but what was in flight, and attempts go on where they were.
func TestKilledAnywhere(t *testing.T) {
	for i := range 120 {
		run, store := bubble(inBubble), "memory"
		if i%8 == 0 {
			run, store = inBoltBubble, "bolt"
		}
		at := time.Duration(draw(3, "kill", "", i) % uint64(40*time.Second))
		t.Run(store+"/"+at.String(), func(t *testing.T) {
			run(t, Default(), failing(2, 503), []string{"a", "b"}, func(t *testing.T, r *rig) {
				r.live()
				var flying atomic.Int64
				killed := time.AfterFunc(at, func() {
					flying.Store(r.flying())
					r.kill()
				})
				defer killed.Stop()
				accepted := publishUntilDead(r, 30)
				time.Sleep(max(at-time.Since(r.start), 0) + time.Second)
				r.die()
				time.Sleep(10 * time.Second)
				r.live()
				time.Sleep(time.Hour)
				for _, e := range accepted {
					if n := r.tried("a", e); n < 3 || n > 4 {
						t.Errorf("event %v was tried %d times, want 3, or 4 if it was in flight", e, n)
					}
				}
				if extra, most := len(r.seen())-3*r.obligations(), flying.Load(); int64(extra) > most {
					t.Errorf("%d extra attempts, with %d in flight at the kill", extra, most)
				}
				if n := r.pending(); n != 0 {
					t.Errorf("%d pending", n)
				}
			})
		})
	}
}

// flying returns how many requests endpoints are busy with.
func (r *rig) flying() int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := 0
	for _, b := range r.busy {
		n += b
	}
	return int64(n)
}

// tried returns how often an event was tried at an endpoint.
func (r *rig) tried(endpoint string, tok event.Token) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.counts[endpoint+" "+tok.String()]
}

// obligations returns how many pairs of event and endpoint were seen.
func (r *rig) obligations() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.counts)
}

// publishUntilDead publishes n events of three keys in turn and returns those
// that were accepted.
func publishUntilDead(r *rig, n int) []event.Token {
	var accepted []event.Token
	for i := range uint32(n) {
		e := newEvent("a", i%3, i/3+1)
		if err := r.sender.Publish(r.t.Context(), e); err == nil {
			accepted = append(accepted, e.Token)
		}
		time.Sleep(time.Second)
	}
	return accepted
}

func TestStopKeepsTheRest(t *testing.T) {
	for name, run := range bubbles() {
		t.Run(name, func(t *testing.T) {
			run(t, Default(), outage("a", time.Minute), []string{"a"}, func(t *testing.T, r *rig) {
				r.live()
				r.publish("a", 1, 1)
				r.publish("a", 2, 1)
				time.Sleep(time.Millisecond) // both are in flight
				if err := r.sender.(prober.Stopper).Stop(t.Context()); err != nil {
					t.Error(err)
				}
				if err := r.sender.Publish(t.Context(), newEvent("a", 3, 1)); !errors.Is(err, prober.ErrRefused) {
					t.Errorf("a stopped sender answers a publish with %v, want refused", err)
				}
				if n := len(r.seen()); n != 2 {
					t.Errorf("%d hits when stopped, want the 2 in flight", n)
				}
				time.Sleep(2 * time.Minute)
				r.live()
				time.Sleep(time.Minute)
				if n := len(r.seen()); n != 4 {
					t.Errorf("%d hits in two lives, want 4", n)
				}
			})
		})
	}
}

func TestStopCutsOffWhenItsContextEnds(t *testing.T) {
	hang := func(_ http.ResponseWriter, r *http.Request, _ hit, _ int) { <-r.Context().Done() }
	inBubble(t, Default(), hang, []string{"a"}, func(t *testing.T, r *rig) {
		r.live()
		r.publish("a", 1, 1)
		time.Sleep(time.Second)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		start := time.Now()
		err := r.sender.(prober.Stopper).Stop(ctx)
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != time.Second {
			t.Errorf("stop ended with %v after %v, want its deadline after 1s", err, time.Since(start))
		}
	})
}

func TestGoneDisablesAndDischarges(t *testing.T) {
	gone := func(w http.ResponseWriter, _ *http.Request, h hit, _ int) {
		switch {
		case h.endpoint == "a" && h.at > 40*time.Second:
			w.WriteHeader(http.StatusGone)
		case h.endpoint == "a":
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	}
	for name, run := range bubbles() {
		t.Run(name, func(t *testing.T) {
			run(t, Default(), gone, []string{"a", "b"}, func(t *testing.T, r *rig) {
				r.live()
				for key := range uint32(20) {
					r.publish("all", key, 1)
				}
				time.Sleep(10 * time.Minute)
				if n := r.pending(); n != 0 {
					t.Errorf("%d pending after the 410, want 0", n)
				}
				before := len(r.seen())
				r.publish("all", 1, 2)
				r.die()
				r.live()
				r.publish("all", 1, 3)
				time.Sleep(10 * time.Minute)
				if n := len(r.seen()) - before; n > 3 || n < 2 {
					t.Errorf("%d hits after the 410, want 2 at b, or 3 with the one in flight at the kill", n)
				}
				if err := r.sender.(prober.Unsubscriber).Unsubscribe(t.Context(), "a"); err != nil {
					t.Error(err)
				}
				sub := prober.Subscription{Endpoint: "a", URL: r.urls["a"], Secret: testSecret, Topics: []string{"a"}}
				if err := r.sender.Subscribe(t.Context(), sub); err != nil {
					t.Error(err)
				}
				r.publish("a", 1, 4)
				if n := r.pending(); n != 1 {
					t.Errorf("%d pending after a new subscription, want 1", n)
				}
			})
		})
	}
}

func TestUnsubscribeDischarges(t *testing.T) {
	for name, run := range bubbles() {
		t.Run(name, func(t *testing.T) {
			run(t, Default(), always(503), []string{"a", "b"}, func(t *testing.T, r *rig) {
				r.live()
				for seq := range uint32(5) {
					r.publish("all", 1, seq+1)
					r.publish("all", 2, seq+1)
				}
				time.Sleep(time.Second)
				u := r.sender.(prober.Unsubscriber)
				if err := u.Unsubscribe(t.Context(), "a"); err != nil {
					t.Error(err)
				}
				if err := u.Unsubscribe(t.Context(), "nobody"); err == nil {
					t.Error("an endpoint that nobody subscribed was unsubscribed")
				}
				time.Sleep(10 * time.Second)
				if n := r.pending(); n != 10 {
					t.Errorf("%d pending, want the 10 of b", n)
				}
				delete(r.urls, "a")
				r.die()
				r.live()
				if n := r.pending(); n != 10 {
					t.Errorf("%d pending after a restart, want the 10 of b", n)
				}
			})
		})
	}
}

func TestPublishIsIdempotentAndItsOutcomeKnown(t *testing.T) {
	for name, run := range bubbles() {
		t.Run(name, func(t *testing.T) {
			run(t, Default(), always(200), []string{"a"}, func(t *testing.T, r *rig) {
				r.live()
				ask := func(key uint32) history.Outcome {
					t.Helper()
					o, err := r.sender.(prober.Outcomer).Outcome(t.Context(), event.Token{Run: "t", Key: key, Seq: 1})
					if err != nil {
						t.Error(err)
					}
					return o
				}
				r.publish("a", 1, 1)
				r.publish("a", 1, 1)
				time.Sleep(time.Second)
				r.die()
				r.live()
				r.publish("a", 1, 1)
				time.Sleep(time.Second)
				if n := len(r.seen()); n != 1 {
					t.Errorf("%d hits of an event that was published three times, want 1", n)
				}
				if ask(1) != history.Accepted || ask(2) != history.Refused {
					t.Errorf("outcomes %v and %v, want accepted and refused", ask(1), ask(2))
				}
			})
		})
	}
}

func TestSubscribeRefusesWhatCannotBeServed(t *testing.T) {
	inBubble(t, Default(), always(200), []string{"a"}, func(t *testing.T, r *rig) {
		r.live()
		for _, c := range []struct {
			reason string
			sub    prober.Subscription
		}{
			{"no name", prober.Subscription{URL: "http://x/", Secret: testSecret}},
			{"no host", prober.Subscription{Endpoint: "x", URL: "/hooks", Secret: testSecret}},
			{"another scheme", prober.Subscription{Endpoint: "x", URL: "ftp://x/", Secret: testSecret}},
			{"no url", prober.Subscription{Endpoint: "x", URL: "http://%zz", Secret: testSecret}},
			{"no secret", prober.Subscription{Endpoint: "x", URL: "http://x/"}},
			{"not base64", prober.Subscription{Endpoint: "x", URL: "http://x/", Secret: "whsec_!"}},
		} {
			if err := r.sender.Subscribe(t.Context(), c.sub); !errors.Is(err, prober.ErrRefused) {
				t.Errorf("%s: got %v, want refused", c.reason, err)
			}
		}
	})
}

func TestFencedStore(t *testing.T) {
	log := &memoryLog{}
	killed := make(chan struct{})
	first := log.open(killed)
	r := record{kind: recUnsubscribed, endpoint: "a"}
	if err := first.append(r); err != nil {
		t.Fatal(err)
	}
	close(killed)
	if err := first.append(r); !errors.Is(err, errFenced) {
		t.Errorf("a killed incarnation wrote: %v", err)
	}
	second, third := log.open(nil), log.open(nil)
	if err := second.append(r); !errors.Is(err, errFenced) {
		t.Errorf("an incarnation wrote after the next had begun: %v", err)
	}
	n := 0
	if err := third.load(func(record) { n++ }); err != nil || n != 1 {
		t.Errorf("%d records were kept (%v), want 1", n, err)
	}
}
