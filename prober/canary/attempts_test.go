package canary

import (
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hookdrill/hookdrill/prober/event"
)

// TestDeliveryAttempts asks a sender that tells how many attempts each delivery
// took, and wants each canary counted once; it asks no other.
func TestDeliveryAttempts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, "eu", "us")
		r.senders["eu"].tells = true
		l := r.start()
		time.Sleep(2 * time.Minute)
		if n := l.metric(t, "webhook_canary_delivery_attempts", "region=eu"); n < 10 {
			t.Errorf("the attempts of %v canaries are known", n)
		}
		r.gates["eu"].set(http.StatusServiceUnavailable)
		time.Sleep(time.Minute)
		r.gates["eu"].set(0)
		time.Sleep(5 * time.Minute)
		l.stop(t)
		arrived := l.metric(t, "webhook_canary_delivered_total", "region=eu", "timeliness=on_time") +
			l.metric(t, "webhook_canary_delivered_total", "region=eu", "timeliness=late")
		told := l.metric(t, "webhook_canary_delivery_attempts", "region=eu")
		if told < arrived-2 || told > arrived { // the newest were not asked about yet
			t.Errorf("the attempts of %v canaries are known, and %v arrived", told, arrived)
		}
		if n := l.metric(t, "webhook_canary_delivery_attempts", "region=us"); n != 0 {
			t.Errorf("a sender that says nothing told of %v", n)
		}
		total := 0
		r.senders["eu"].with(func() {
			for _, n := range r.senders["eu"].took {
				total += n
			}
		})
		if sum := l.sum(t, "webhook_canary_delivery_attempts", "region=eu"); sum < float64(total-2) || sum > float64(total) || sum < arrived+20 {
			t.Errorf("it counts %v attempts, and there were %d", sum, total)
		}
	})
}

// TestSendersOwnAttempts has a sender say that its attempts are answered 404,
// while our route is seen to be well: the way between the two is to blame.
func TestSendersOwnAttempts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, "eu", "us")
		l := r.start()
		time.Sleep(time.Minute)
		r.senders["eu"].with(func() {
			r.senders["eu"].hold, r.senders["eu"].tells, r.senders["eu"].fails = true, true, "HTTP 404 Not Found"
		})
		time.Sleep(3 * time.Minute)
		got := l.Snapshot().Regions[0]
		if want := "the sender's own attempts 404"; !strings.Contains(got.Diagnosis.Sentence, want) || got.Trouble != (Trouble{StageAttempt, RouteMissing}) {
			t.Errorf("%v: %s", got.Trouble, got.Diagnosis.Sentence)
		}
		if n := l.metric(t, "webhook_canary_failures_total", "region=eu", "stage=sender_attempt", "class=http_404_route_missing"); n < 5 {
			t.Errorf("%v attempts are counted", n)
		}
		l.stop(t)
	})
}

// TestAsksAreBounded forgets rather than grow where a sender never answers.
func TestAsksAreBounded(t *testing.T) {
	a := asks{on: true}
	for i := range 2 * asksAtMost {
		a.push(askedOf{token: event.Token{Seq: uint32(i)}})
	}
	n := 0
	for {
		one, ok := a.pop()
		if !ok {
			break
		}
		a.push(askedOf{one.token, one.times + 1})
		n++
	}
	if n != asksAgain*asksAtMost {
		t.Errorf("%d asks about %d canaries", n, asksAtMost)
	}
	off := asks{}
	off.push(askedOf{})
	if _, ok := off.pop(); ok {
		t.Error("one that cannot be asked is asked")
	}
}
