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

func TestOrder(t *testing.T) {
	// two publishes two events and acks them at these times.
	two := func(first, second time.Duration) func(w *world) {
		return func(w *world) {
			k := w.key(2, 2)
			w.accept(k, 1, 10*sec)
			w.accept(k, 2, 20*sec)
			w.attempt(k, 1, 2, first, 200)
			w.attempt(k, 2, 2, second, 200)
		}
	}
	table(t, "order", map[string]any{"per": "key"}, []row{
		{"in order", two(21*sec, 22*sec), verdict.Pass, "as published", "1 event with one before it"},
		{"overtaken", two(30*sec, 22*sec), verdict.Fail, "the second came first",
			"-- key=0 seq=2 was acked 8s before key=0 seq=1, which was published first"},
		{"at the same time", two(22*sec, 22*sec), verdict.Pass, "equal offsets are concurrent", ""},
		{"published at the same time", func(w *world) {
			two(30*sec, 22*sec)(w)
			w.h.Published[1].Called = 9 * sec
		}, verdict.Unknown, "neither was first, and there is nothing else", ""},
		{"one event", func(w *world) { w.attempt(owe(w), 1, 2, 11*sec, 200) }, verdict.Unknown, "one event has no order", ""},
		{"first never acked", func(w *world) {
			two(30*sec, 22*sec)(w)
			w.h.Attempts = w.h.Attempts[1:]
		}, verdict.Unknown, "no-loss looks at that", ""},
		{"two keys", func(w *world) {
			a, b := w.key(1, 2), w.key(1, 2)
			w.accept(a, 1, 10*sec)
			w.accept(b, 1, 20*sec)
			w.attempt(a, 1, 2, 30*sec, 200)
			w.attempt(b, 1, 2, 22*sec, 200)
		}, verdict.Unknown, "keys have no order between them", ""},
		{"two endpoints", func(w *world) {
			k := w.key(2, 3)
			w.accept(k, 1, 10*sec)
			w.accept(k, 2, 20*sec)
			for e := range 3 {
				shift := time.Duration(e) * mins
				w.attempt(k, 1, e, 21*sec+shift, 200)
				w.attempt(k, 2, e, 22*sec+shift, 200)
			}
		}, verdict.Pass, "endpoints have no order between them", "3 events with one before it"},
		{"accepted late", func(w *world) {
			k := w.key(2, 2)
			w.publish(k, 1, 10*sec, history.Refused)
			w.accept(k, 2, 20*sec)
			w.accept(k, 1, 30*sec).Try = 2
			w.attempt(k, 2, 2, 21*sec, 200)
			w.attempt(k, 1, 2, 31*sec, 200)
		}, verdict.Pass, "the order is that of the calls that were accepted", ""},
		{"accepted by a call that a kill left without an answer", func(w *world) {
			k := w.key(2, 2)
			w.publish(k, 1, 10*sec, history.Indeterminate)
			w.attempt(k, 1, 2, 15*sec, 200)
			w.accept(k, 2, 20*sec)
			w.attempt(k, 2, 2, 21*sec, 200)
			w.accept(k, 1, 30*sec).Try = 2
		}, verdict.Unknown, "the first call may have been the one that counts", ""},
		{"not promised", func(w *world) { two(30*sec, 22*sec)(w); w.pol.Order = policy.OrderNone },
			verdict.NotApplicable, "it declares none, and what was seen is told", "inversions: 1"},
	})
	table(t, "order", map[string]any{"per": "endpoint"}, []row{
		{"two keys", func(w *world) {
			w.pol.Order = policy.OrderEndpoint
			a, b := w.key(1, 2), w.key(1, 2)
			w.accept(a, 1, 10*sec)
			w.accept(b, 1, 20*sec)
			w.attempt(a, 1, 2, 30*sec, 200)
			w.attempt(b, 1, 2, 22*sec, 200)
		}, verdict.Fail, "the endpoint's order is that of all keys", ""},
		{"promised per key only", two(21*sec, 22*sec), verdict.NotApplicable, "that is less than what is asked", "order within a key"},
	})
}

func TestRetrySchedule(t *testing.T) {
	// tries makes failing attempts after these gaps, and one that succeeds.
	tries := func(gaps ...time.Duration) func(w *world) {
		return func(w *world) {
			k, at := owe(w), 11*sec
			for _, gap := range gaps {
				w.attempt(k, 1, 2, at, 503)
				at += 100*ms + gap
			}
			w.attempt(k, 1, 2, at, 200)
		}
	}
	table(t, "retry-schedule", nil, []row{
		{"as declared", tries(5*sec, 30*sec, 2*mins), verdict.Pass, "with jitter of a fifth either way", "3 gaps between attempts"},
		{"no retry", tries(), verdict.Unknown, "one attempt shows no schedule", "no retry was observed"},
		{"resent at once by the transport", func(w *world) {
			tries(0, 5*sec)(w)
			w.h.Attempts[1].Resent = true
		}, verdict.Pass, "the sender did not decide that", "1 gap"},
		{"at once", tries(0), verdict.Fail, "a storm", "-- the last attempt began 0s after the one before; the schedule says 4s to 6s"},
		{"within the tolerance", tries(3200 * ms), verdict.Pass, "a second is allowed", ""},
		{"no backoff", tries(5*sec, 5*sec), verdict.Fail, "the second delay is half a minute", "too early: 1"},
		{"much too late", tries(5 * mins), verdict.Fail, "nothing held it up", "too late: 1"},
		{"somewhat late", tries(14 * sec), verdict.Pass, "a queue may hold it up for ten seconds", ""},
		{"too late, but the endpoint was busy", func(w *world) {
			tries(5 * mins)(w)
			k := w.key(1, 2)
			w.accept(k, 1, 12*sec)
			a := w.attempt(k, 1, 2, 13*sec, 200)
			a.Answered, a.Ended, a.Disposition = 290*sec, 290*sec, history.Ambiguous
		}, verdict.Pass, "its one slot was taken", ""},
		{"too late, and the endpoint had room", func(w *world) {
			w.pol.Concurrency = 2
			tries(5 * mins)(w)
			k := w.key(1, 2)
			w.accept(k, 1, 12*sec)
			a := w.attempt(k, 1, 2, 13*sec, 200)
			a.Answered, a.Ended, a.Disposition = 290*sec, 290*sec, history.Ambiguous
		}, verdict.Fail, "it declares two slots", "too late: 1"},
		{"too late, as asked", func(w *world) { tries(5 * mins)(w); w.h.Attempts[0].RetryAfter = 290 },
			verdict.Pass, "Retry-After put it off", ""},
		{"too late, but killed meanwhile", func(w *world) { tries(5 * mins)(w); w.kill(mins, 4*mins) },
			verdict.Unknown, "a dead sender retries nothing", ""},
		{"all over again after a kill", func(w *world) {
			tries(30*sec, 5*sec, 30*sec)(w) // the first began at 11 s
			w.kill(11*sec+200*ms, 40*sec)
		}, verdict.Pass, "the kill took the record of the first attempt with it", "2 gaps between attempts"},
		{"too late, but attempts may be missing", func(w *world) {
			tries(5 * mins)(w)
			f := w.fault("door", mins, 4*mins, 2)
			w.p.Faults[f].Value.Door = func(chaos.Door) (func() error, error) { return nil, net.ErrClosed }
		}, verdict.Unknown, "nobody sees a connection that is refused", ""},
		{"too many", tries(5*sec, 30*sec, 2*mins, 5*mins, 5*mins), verdict.Fail, "the schedule has four retries",
			"-- 6 attempts, and the schedule allows 5"},
		{"given up", func(w *world) {
			k := owe(w)
			w.attempt(k, 1, 2, 11*sec, 503)
			w.attempt(k, 1, 2, 17*sec, 503)
		}, verdict.Fail, "two of five attempts, and an hour of silence",
			"-- given up after 2 attempts; the sender declares to try 5 times"},
		{"still within the next delay", func(w *world) {
			k := owe(w)
			w.attempt(k, 1, 2, 11*sec, 503)
			w.attempt(k, 1, 2, 17*sec, 503)
			w.end(40*sec, history.EndCap, 1)
		}, verdict.Pass, "the third attempt is not due yet", "1 gap"},
		{"waits beyond its timeout", func(w *world) {
			tries(5 * sec)(w)
			w.h.Attempts[1].Disposition = history.AnsweredNo
			w.h.Attempts[1].Answered, w.h.Attempts[1].Ended = 5*mins, 5*mins
		}, verdict.Fail, "it declares fifteen seconds", "beyond the timeout: 1"},
		{"given up on, and not noticed", func(w *world) {
			tries(5*sec, 30*sec)(w)
			w.h.Attempts[0].Disposition, w.h.Attempts[0].Answered = history.Ambiguous, 0
			w.h.Attempts[0].Ended = mins
		}, verdict.Pass, "from its begin it is more than four seconds", ""},
		{"no schedule", func(w *world) { w.pol.Schedule = nil }, verdict.NotApplicable, "it declares none", "declares no schedule"},
		{"no schedule, and what was seen", func(w *world) { w.pol.Schedule = nil; tries(5*sec, 30*sec)(w) },
			verdict.NotApplicable, "a reader wants to know how it comes back", "premise: 2 gaps between attempts\n  reason: the sender declares no schedule\n  shortest: 5s\n  longest: 30s"},
	})
}

func TestQuiescence(t *testing.T) {
	table(t, "quiescence", nil, []row{
		{"quiet", func(w *world) { w.attempt(owe(w), 1, 2, 11*sec, 200) },
			verdict.Pass, "nothing more came", "59m49s after everything was settled"},
		{"zombie", func(w *world) {
			k := owe(w)
			w.attempt(k, 1, 2, 11*sec, 200)
			w.attempt(k, 1, 2, mins, 200)
		}, verdict.Fail, "it had been delivered", "everything had been settled at +00:00:11.100, 48.9s before"},
		{"a retry after an ambiguous ack", func(w *world) {
			k := owe(w)
			w.attempt(k, 1, 2, 11*sec, 200).Disposition = history.Ambiguous
			w.attempt(k, 1, 2, 17*sec, 200)
		}, verdict.Pass, "the sender had not heard the answer", ""},
		{"never settled", func(w *world) { owe(w); w.end(mins, history.EndCap, 1) },
			verdict.Unknown, "there was no quiet to listen to", "1 obligation never settled"},
		{"ended at its cap", func(w *world) { w.attempt(owe(w), 1, 2, 11*sec, 200); w.end(mins, history.EndCap, -1) },
			verdict.Unknown, "the run did not wait for quiet", "did not listen on"},
		{"after a 410", func(w *world) {
			k := w.key(2, 2)
			w.accept(k, 1, 10*sec)
			w.accept(k, 2, 11*sec)
			w.attempt(k, 1, 2, 12*sec, 410)
			w.attempt(k, 2, 2, mins, 200)
		}, verdict.Fail, "the endpoint had asked to be left alone", "the endpoint had said 410 or been unsubscribed at +00:00:12.100"},
		{"after a 410 that a kill cut off", func(w *world) {
			k := w.key(2, 2)
			w.accept(k, 1, 10*sec)
			w.accept(k, 2, 11*sec)
			w.attempt(k, 1, 2, 12*sec, 410)
			w.kill(12*sec+200*ms, 20*sec)
			w.attempt(k, 2, 2, mins, 410)
		}, verdict.Pass, "it may have died before it wrote that down", ""},
		{"in flight at a 410", func(w *world) {
			k := w.key(2, 2)
			w.accept(k, 1, 10*sec)
			w.accept(k, 2, 11*sec)
			w.attempt(k, 1, 2, 12*sec, 410)
			w.attempt(k, 2, 2, 12*sec+50*ms, 410)
		}, verdict.Pass, "they were on their way together", ""},
		{"declared repeats", func(w *world) { w.pol.Repeats = true }, verdict.NotApplicable, "it says that it repeats", "declares that it repeats"},
		{"declared repeats, and what was seen", func(w *world) {
			w.pol.Repeats = true
			k := owe(w)
			w.attempt(k, 1, 2, 11*sec, 200)
			w.attempt(k, 1, 2, 20*mins, 200)
		}, verdict.NotApplicable, "it says that it repeats", "sent again: 1"},
	})
}

func TestCrashDurability(t *testing.T) {
	// repeats has so many delivered events sent again after a kill.
	repeats := func(n uint32, declared int) func(w *world) {
		return func(w *world) {
			w.pol.CrashRepeats = declared
			k := w.key(int(n)+1, 2)
			for i := range n {
				w.accept(k, i+1, time.Duration(10+i)*sec)
				w.attempt(k, i+1, 2, time.Duration(11+i)*sec, 200)
				w.attempt(k, i+1, 2, time.Duration(31+i)*sec, 200)
			}
			w.accept(k, n+1, 20*sec)
			w.kill(21*sec, 30*sec)
			w.attempt(k, n+1, 2, 40*sec, 200)
		}
	}
	table(t, "crash-durability", nil, []row{
		{"delivered after the kill", func(w *world) {
			k := owe(w)
			w.kill(20*sec, 30*sec)
			w.attempt(k, 1, 2, 31*sec, 200)
		}, verdict.Pass, "it was remembered", "modelled: the kill was simulated in virtual time"},
		{"forgotten", func(w *world) {
			owe(w)
			w.kill(11*sec, 30*sec)
			w.end(mins, history.EndSettled, 0)
		}, verdict.Fail, "it was accepted, and is not owed any more by the sender's word",
			"-- the sender was killed at +00:00:11.000, after it had accepted the event, and never came back to it"},
		{"forgotten at the first of two kills", func(w *world) {
			owe(w)
			w.kill(11*sec, 30*sec)
			w.kill(20*mins, 21*mins)
			w.end(30*mins, history.EndSettled, 0)
		}, verdict.Fail, "it was due long before the second", "-- the sender was killed at +00:00:11.000"},
		{"may still come", func(w *world) {
			owe(w)
			w.kill(11*sec, 30*sec)
			w.end(mins, history.EndCap, 1)
		}, verdict.Unknown, "there is no proof", "1 obligation had not been acknowledged"},
		{"lost otherwise", func(w *world) {
			k := owe(w)
			w.kill(11*sec, 30*sec)
			w.attempt(k, 1, 2, 31*sec, 404)
			w.end(mins, history.EndSettled, 0)
		}, verdict.Pass, "it was remembered, and dropped for another reason", ""},
		{"dropped long before", func(w *world) {
			k := owe(w)
			w.attempt(k, 1, 2, 11*sec, 404)
			w.kill(10*mins, 11*mins)
			w.end(20*mins, history.EndSettled, 0)
		}, verdict.Pass, "its retry had been due nine minutes before the kill", ""},
		{"nothing pending", func(w *world) {
			w.attempt(owe(w), 1, 2, 11*sec, 200)
			w.kill(20*sec, 30*sec)
		}, verdict.Unknown, "the kill could not hurt", "nothing was pending when the sender was killed"},
		{"no kill", func(w *world) { w.attempt(owe(w), 1, 2, 11*sec, 200) },
			verdict.Unknown, "no kill shows no durability", "the sender was not killed"},
		{"repeats what it had delivered", func(w *world) {
			k := w.key(2, 2)
			w.accept(k, 1, 10*sec)
			w.attempt(k, 1, 2, 11*sec, 200)
			w.accept(k, 2, 20*sec)
			w.kill(21*sec, 30*sec)
			w.attempt(k, 1, 2, 31*sec, 200)
			w.attempt(k, 2, 2, 32*sec, 200)
		}, verdict.Fail, "nothing had been in flight", "1 delivered event sent again after the kill, with 0 attempts in flight"},
		{"repeats what was in flight", func(w *world) {
			k := w.key(2, 2)
			w.accept(k, 1, 10*sec)
			w.attempt(k, 1, 2, 20*sec+950*ms, 200)
			w.accept(k, 2, 20*sec)
			w.kill(21*sec, 30*sec)
			w.attempt(k, 1, 2, 31*sec, 200)
			w.attempt(k, 2, 2, 32*sec, 200)
		}, verdict.Pass, "it may not have written the ack down", ""},
		{"repeats as many as it declares", repeats(2, 2), verdict.Pass, "it may send that many again", ""},
		{"repeats more than it declares", repeats(3, 2), verdict.Fail, "three are more than two",
			"3 delivered events sent again after the kill, with 0 attempts in flight at it; the sender declares at most 2 more"},
		{"not promised", func(w *world) { w.pol.Durability = policy.DurabilityMemory; owe(w); w.kill(11*sec, 30*sec) },
			verdict.NotApplicable, "it keeps everything in memory", "does not declare"},
		{"not promised, and what that cost", func(w *world) {
			w.pol.Durability = policy.DurabilityMemory
			w.attempt(owe(w), 1, 2, 10*sec+500*ms, 503)
			w.kill(11*sec, 30*sec)
			w.end(time.Hour, history.EndSettled, 0)
		}, verdict.NotApplicable, "it keeps everything in memory", "premise: 1 obligation pending at 1 kill\n  reason: the sender does not declare that what it accepted survives a kill\n  forgotten: 1"},
	})
}
