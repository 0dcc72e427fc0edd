package check

import (
	"net"
	"testing"
	"time"

	"github.com/hookdrill/hookdrill/chaos"
	"github.com/hookdrill/hookdrill/prober/history"
	"github.com/hookdrill/hookdrill/prober/policy"
	"github.com/hookdrill/hookdrill/scenarios/verdict"
)

func TestNoLoss(t *testing.T) {
	one := func(w *world) uint32 {
		k := w.key(1, 2)
		w.accept(k, 1, 10*sec)
		return k
	}
	table(t, "no-loss", nil, []row{
		{"acked", func(w *world) { w.attempt(one(w), 1, 2, 11*sec, 200) },
			verdict.Pass, "it was delivered", "1 obligation"},
		{"acked ambiguously", func(w *world) {
			w.attempt(one(w), 1, 2, 11*sec, 204).Disposition = history.Ambiguous
		}, verdict.Pass, "the customer has it, whatever the sender heard", ""},
		{"nothing accepted", func(w *world) { w.key(1, 2) },
			verdict.Unknown, "an empty premise shows nothing", "nothing to look at"},
		{"refused publish", func(w *world) { w.publish(w.key(1, 2), 1, 10*sec, history.Refused) },
			verdict.Unknown, "what was refused is not owed, and nothing else was", "nothing to look at"},
		{"sender says it is done", func(w *world) {
			w.attempt(one(w), 1, 2, 11*sec, 404)
			w.end(mins, history.EndSettled, 0)
		}, verdict.Fail, "it owes nothing more by its own word, and the event never came",
			"-- sender made no further attempt; it declares 404 retryable; it says that it owes nothing more"},
		{"sender still owes it", func(w *world) {
			w.attempt(one(w), 1, 2, 11*sec, 404)
			w.end(mins, history.EndCap, 1)
		}, verdict.Unknown, "it may have been about to deliver", "1 obligation had not been acknowledged"},
		{"horizon passed", func(w *world) {
			w.attempt(one(w), 1, 2, 11*sec, 404)
			w.end(time.Hour, history.EndCap, -1)
		}, verdict.Fail, "an hour is more than it tries", "the run went on for 59m50s, horizon 10m21s"},
		{"horizon not yet passed", func(w *world) {
			w.attempt(one(w), 1, 2, 11*sec, 404)
			w.end(10*mins, history.EndCap, -1)
		}, verdict.Unknown, "it has time left by its schedule", "its horizon is 10m21s"},
		{"horizon passed while the sender was away", func(w *world) {
			w.kill(mins, 50*mins)
			w.attempt(one(w), 1, 2, 11*sec, 404)
			w.end(55*mins, history.EndCap, -1)
		}, verdict.Unknown, "a sender that is dead cannot try", ""},
		{"horizon passed, but it was asked to wait", func(w *world) {
			w.attempt(one(w), 1, 2, 11*sec, 429).RetryAfter = 3600
			w.end(mins+10*mins+30*mins, history.EndCap, -1)
		}, verdict.Unknown, "the endpoint itself asked for an hour", ""},
		{"a later event of the key was acked", func(w *world) {
			k := w.key(2, 2)
			w.accept(k, 1, 10*sec)
			w.accept(k, 2, 20*sec)
			w.attempt(k, 2, 2, 21*sec, 200)
			w.end(mins, history.EndCap, 1)
		}, verdict.Fail, "a strictly ordered sender has passed it by",
			"-- sender made no attempt; key=0 seq=2, published later, was acknowledged before it"},
		{"a later event was acked, but their publishes overlapped", func(w *world) {
			k := w.key(2, 2)
			w.accept(k, 1, 20*sec)
			w.accept(k, 2, 21*sec).Called = 19 * sec
			w.attempt(k, 2, 2, 22*sec, 200)
			w.end(mins, history.EndCap, 1)
		}, verdict.Unknown, "neither came first", ""},
		{"a later event was acked, and no order is promised", func(w *world) {
			w.pol.Order = policy.OrderNone
			k := w.key(2, 2)
			w.accept(k, 1, 10*sec)
			w.accept(k, 2, 20*sec)
			w.attempt(k, 2, 2, 21*sec, 200)
			w.end(mins, history.EndCap, 1)
		}, verdict.Unknown, "overtaking proves nothing there", ""},
		{"an event was acked that may have been accepted before", func(w *world) {
			k := w.key(2, 2)
			w.publish(k, 1, 10*sec, history.Indeterminate)
			w.accept(k, 2, 20*sec)
			w.accept(k, 1, 30*sec).Try = 2
			w.attempt(k, 1, 2, 31*sec, 200)
			w.end(mins, history.EndCap, 1)
		}, verdict.Unknown, "the call without an answer may have been the one that counts", ""},
		{"a later event of another key was acked, in endpoint order", func(w *world) {
			w.pol.Order = policy.OrderEndpoint
			k := one(w)
			other := w.key(1, 2)
			w.accept(other, 1, 20*sec)
			w.attempt(other, 1, 2, 21*sec, 200)
			_ = k
			w.end(mins, history.EndCap, 1)
		}, verdict.Fail, "the endpoint's order was strict", "key=1 seq=1, published later"},
		{"one of two endpoints", func(w *world) {
			k := w.key(1, 3)
			w.accept(k, 1, 10*sec)
			w.attempt(k, 1, 0, 11*sec, 200)
			w.attempt(k, 1, 2, 11*sec, 200)
			w.end(mins, history.EndSettled, 0)
		}, verdict.Fail, "calm-2 is owed it too", "key=0 seq=1 -> calm-2"},
		{"damaged body", func(w *world) {
			w.attempt(one(w), 1, 2, 11*sec, 200).Body = history.CheckBad
			w.end(mins, history.EndSettled, 0)
		}, verdict.Fail, "what came was not the event", "what it delivered was damaged"},
		{"nobody could connect", func(w *world) {
			f := w.fault("down", 5*sec, 50*sec, 2)
			w.p.Faults[f].Value.Door = func(chaos.Door) (func() error, error) { return nil, net.ErrClosed }
			one(w)
			w.end(time.Hour, history.EndSettled, 0)
		}, verdict.Fail, "it may have tried, and nobody saw it", "no attempt reached the endpoint"},
		{"outage longer than the horizon", func(w *world) {
			f := w.fault("down", 5*sec, 50*mins, 2)
			w.hit(one(w), 1, 2, 11*sec, 503, f)
			w.end(time.Hour, history.EndSettled, 0)
		}, verdict.NotApplicable, "the plan left it no chance", "the plan's outage outlasts the 6m4s"},
		{"outage longer than the horizon, with a gap", func(w *world) {
			f := w.fault("down", 5*sec, 50*mins, 2)
			k := one(w)
			w.hit(k, 1, 2, 11*sec, 503, f)
			w.attempt(k, 1, 2, 17*sec, 404)
			w.end(time.Hour, history.EndSettled, 0)
		}, verdict.Fail, "one attempt met no fault, so there was a chance", ""},
		{"outage within the horizon", func(w *world) {
			f := w.fault("down", 5*sec, 5*mins, 2)
			w.hit(one(w), 1, 2, 11*sec, 503, f)
			w.end(time.Hour, history.EndSettled, 0)
		}, verdict.Fail, "a sender that keeps its schedule would have made it", "(down)"},
		{"long outage of some attempts only", func(w *world) {
			f := w.fault("some", 5*sec, 50*mins, 2)
			w.p.Faults[f].Select.P = 0.5
			w.hit(one(w), 1, 2, 11*sec, 503, f)
			w.end(time.Hour, history.EndSettled, 0)
		}, verdict.Fail, "the next attempt might have got through", ""},
		{"long outage of some attempts, and all were tried", func(w *world) {
			f := w.fault("some", 5*sec, 50*mins, 2)
			w.p.Faults[f].Select.P = 0.9
			k := one(w)
			for i, at := range []time.Duration{11 * sec, 17 * sec, 50 * sec, 3 * mins, 8 * mins} {
				_ = i
				w.hit(k, 1, 2, at, 503, f)
			}
			w.end(time.Hour, history.EndSettled, 0)
		}, verdict.NotApplicable, "it did what it declares, and met the fault each time", "given up"},
		{"answer declared permanent", func(w *world) {
			w.pol.Permanent = []policy.StatusRange{{From: 400, To: 499}}
			w.attempt(one(w), 1, 2, 11*sec, 404)
			w.end(time.Hour, history.EndSettled, 0)
		}, verdict.Fail, "declaring it does not bring the event to the customer", "it declares a 404 final"},
		{"answer declared a delivery", func(w *world) {
			w.pol.Success = []policy.StatusRange{{From: 200, To: 399}}
			w.attempt(one(w), 1, 2, 11*sec, 302)
			w.end(time.Hour, history.EndSettled, 0)
		}, verdict.Fail, "a redirect to a login page delivers nothing", "it takes a 302 for a delivery"},
		{"endpoint disabled after so many failures", func(w *world) {
			w.pol.DisablesFailures = 2
			k := one(w)
			w.attempt(k, 1, 2, 11*sec, 503)
			w.attempt(k, 1, 2, 16*sec, 503)
			w.end(time.Hour, history.EndSettled, -1)
		}, verdict.Fail, "declaring it does not bring the event to the customer",
			"it declares that it disables an endpoint after 2 failures in a row; this one had failed 2 times in 5.1s"},
		{"endpoint disabled after so long", func(w *world) {
			w.pol.DisablesAfter = mins
			k := one(w)
			w.attempt(k, 1, 2, 11*sec, 503)
			w.attempt(k, 1, 2, 2*mins, 503)
			w.end(time.Hour, history.EndSettled, -1)
		}, verdict.Fail, "so it is with a time", "after 1m of failures"},
		{"not yet disabled", func(w *world) {
			w.pol.DisablesFailures = 3
			k := one(w)
			w.attempt(k, 1, 2, 11*sec, 503)
			w.attempt(k, 1, 2, 16*sec, 503)
			w.end(time.Hour, history.EndSettled, 0)
		}, verdict.Fail, "two are not three", "it says that it owes nothing more"},
		{"endpoint gone", func(w *world) {
			w.attempt(one(w), 1, 2, 11*sec, 410)
			w.end(time.Hour, history.EndSettled, 0)
		}, verdict.Pass, "a 410 discharges by policy", "discharged: 1"},
		{"410 without that policy", func(w *world) {
			w.pol.GoneDisables = false
			w.attempt(one(w), 1, 2, 11*sec, 410)
			w.end(time.Hour, history.EndSettled, 0)
		}, verdict.Fail, "it does not declare that a 410 discharges it", ""},
		{"unsubscribed", func(w *world) {
			one(w)
			w.sender(history.SenderGone, 1, 20*sec, "shaky")
			w.end(time.Hour, history.EndSettled, 0)
		}, verdict.Pass, "nobody is owed anything there", "discharged: 1"},
		{"never gives up, and is silent", func(w *world) {
			w.pol.Forever = true
			w.attempt(one(w), 1, 2, 11*sec, 503)
		}, verdict.Fail, "its longest gap is six minutes, and an hour went by",
			"no gap of its schedule is longer than 6m"},
		{"interrupted, all acked so far", func(w *world) {
			w.attempt(one(w), 1, 2, 11*sec, 200)
			w.end(mins, history.EndInterrupted, -1)
		}, verdict.Unknown, "the rest was not seen", "not that of a whole run"},
		{"interrupted, with proof", func(w *world) {
			w.attempt(one(w), 1, 2, 11*sec, 404)
			w.end(time.Hour, history.EndInterrupted, -1)
		}, verdict.Fail, "what is proven stays proven", ""},
		{"no schedule, no word, no order", func(w *world) {
			w.pol = policy.Policy{}
			w.attempt(one(w), 1, 2, 11*sec, 404)
		}, verdict.Unknown, "nothing is declared that could prove it", "nothing proves that the sender had given up"},
	})
}
