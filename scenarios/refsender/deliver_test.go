package refsender

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/hookdrill/hookdrill/prober/event"
	"github.com/hookdrill/hookdrill/prober/policy"
)

func TestSchedule(t *testing.T) {
	cfg := Default()
	inBubble(t, cfg, always(503), []string{"a"}, func(t *testing.T, r *rig) {
		r.live()
		r.publish("a", 1, 1)
		r.publish("a", 1, 2)
		time.Sleep(3 * time.Hour)
		gaps := r.gaps("a", 1, 1)
		if len(gaps) != len(cfg.Schedule) {
			t.Fatalf("event 1 got %d retries, want %d", len(gaps), len(cfg.Schedule))
		}
		for i, g := range gaps {
			least, most := cfg.Policy().Spread(cfg.Schedule[i])
			if g < least || g > most+time.Second {
				t.Errorf("retry %d came after %v, want %v to %v", i+1, g, least, most)
			}
		}
		if len(r.gaps("a", 1, 2)) == 0 {
			t.Error("the next event of the key was not tried after the first was given up")
		}
		time.Sleep(3 * time.Hour)
		if n := r.pending(); n != 0 {
			t.Errorf("%d pending after both were given up", n)
		}
	})
}

func TestScaleDividesDelaysAndTimeout(t *testing.T) {
	hang := func(w http.ResponseWriter, req *http.Request, _ hit, nth int) {
		if nth == 1 {
			<-req.Context().Done()
		} else {
			w.WriteHeader(503)
		}
	}
	inBubble(t, Default(), hang, []string{"a"}, func(t *testing.T, r *rig) {
		r.scale = 60
		r.live()
		r.publish("a", 1, 1)
		time.Sleep(time.Minute)
		gaps := r.gaps("a", 1, 1)
		if len(gaps) < 3 {
			t.Fatalf("%d retries in a scaled hour, want some", len(gaps))
		}
		if g := gaps[0]; g < 19*time.Second/60 || g > 22*time.Second/60 {
			t.Errorf("the first retry came after %v, want a sixtieth of 15s and about 5s", g)
		}
	})
}

func TestRequestIsStandardWebhooks(t *testing.T) {
	inBubble(t, Default(), failing(2, 500), []string{"a"}, func(t *testing.T, r *rig) {
		r.live()
		want := newEvent("a", 1, 1)
		r.publish("a", 1, 1)
		time.Sleep(time.Hour)
		hook, err := standardwebhooks.NewWebhook(testSecret)
		if err != nil {
			t.Fatal(err)
		}
		stamps := map[string]bool{}
		for _, h := range r.seen() {
			header := http.Header{"Webhook-Id": {h.id}, "Webhook-Timestamp": {h.stamp}, "Webhook-Signature": {h.sig}}
			if err := hook.VerifyIgnoringTimestamp(h.body, header); err != nil {
				t.Error(err)
			}
			if h.method != http.MethodPost || string(h.body) != string(want.Body) || h.id != r.seen()[0].id {
				t.Errorf("%s with id %s, body as published: %v", h.method, h.id, string(h.body) == string(want.Body))
			}
			stamps[h.stamp] = true
		}
		if len(stamps) != 3 {
			t.Errorf("%d timestamps in three attempts", len(stamps))
		}
	})
}

func TestAnswersThatAreNotDelivery(t *testing.T) {
	body := func(n int, then func(w http.ResponseWriter, r *http.Request)) respond {
		return func(w http.ResponseWriter, r *http.Request, _ hit, nth int) {
			if nth == 1 {
				w.Header().Set("Content-Length", fmt.Sprint(n))
				_, _ = w.Write([]byte(strings.Repeat("x", n/2)))
				_ = http.NewResponseController(w).Flush()
				then(w, r)
			}
		}
	}
	drip := body(20000, func(w http.ResponseWriter, r *http.Request) {
		for r.Context().Err() == nil {
			time.Sleep(time.Second)
			_, _ = w.Write([]byte("x"))
			_ = http.NewResponseController(w).Flush()
		}
	})
	for _, c := range []struct {
		reason     string
		answer     respond
		least, max time.Duration
	}{
		{"a body that drips outlasts the whole timeout", drip, 19 * time.Second, 22 * time.Second},
		{"a body that is cut off", body(1000, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }), 4 * time.Second, 7 * time.Second},
		{"not modified is not delivered", failing(1, 304), 4 * time.Second, 7 * time.Second},
	} {
		inBubble(t, Default(), c.answer, []string{"a"}, func(t *testing.T, r *rig) {
			r.live()
			one(r)
			gaps := r.gaps("a", 1, 1)
			if len(gaps) != 1 || gaps[0] < c.least || gaps[0] > c.max {
				t.Errorf("%s: retries after %v, want one after %v to %v", c.reason, gaps, c.least, c.max)
			}
		})
	}
}

func TestLongBodyOfASuccessIsNotRead(t *testing.T) {
	long := func(w http.ResponseWriter, _ *http.Request, _ hit, _ int) {
		_, _ = w.Write(make([]byte, 1<<20))
	}
	inBubble(t, Default(), long, []string{"a"}, func(t *testing.T, r *rig) {
		r.live()
		one(r)
		if n := len(r.seen()); n != 1 {
			t.Errorf("%d hits, want 1", n)
		}
	})
}

func TestOrder(t *testing.T) {
	for _, c := range []struct {
		order  policy.Order
		reason string
		ahead  bool // an event of another key goes first
		next   bool // the next event of the key goes first
	}{
		{policy.OrderKey, "the key waits, others do not", true, false},
		{policy.OrderEndpoint, "all wait", false, false},
		{policy.OrderNone, "none waits", true, true},
	} {
		cfg := Default()
		cfg.Order = c.order
		answer := func(w http.ResponseWriter, _ *http.Request, h hit, nth int) {
			if h.token.Key == 1 && h.token.Seq == 1 && nth < 3 {
				w.WriteHeader(503)
			}
		}
		inBubble(t, cfg, answer, []string{"a"}, func(t *testing.T, r *rig) {
			r.live()
			r.publish("a", 1, 1)
			r.publish("a", 1, 2)
			r.publish("a", 2, 1)
			time.Sleep(time.Hour)
			last := map[event.Token]time.Duration{}
			for _, h := range r.seen() {
				last[h.token] = h.at
			}
			head := last[event.Token{Run: "t", Key: 1, Seq: 1}]
			ahead := last[event.Token{Run: "t", Key: 2, Seq: 1}] < head
			next := last[event.Token{Run: "t", Key: 1, Seq: 2}] < head
			if len(last) != 3 || ahead != c.ahead || next != c.next {
				t.Errorf("order %s: %s: %d events, other key ahead %v, next of the key ahead %v", c.order, c.reason, len(last), ahead, next)
			}
		})
	}
}

func TestConcurrencyIsBoundedPerEndpoint(t *testing.T) {
	inBubble(t, Default(), outage("a", 10*time.Minute), []string{"a", "b"}, func(t *testing.T, r *rig) {
		r.live()
		for key := range uint32(100) {
			r.publish("all", key, 1)
		}
		time.Sleep(time.Hour)
		if a, b := r.most("a"), r.most("b"); a != 8 || b != 8 {
			t.Errorf("at most %d and %d attempts at once, want 8 each", a, b)
		}
		if n := r.pending(); n != 0 {
			t.Errorf("%d pending", n)
		}
	})
}
