package check

import (
	"testing"
	"time"

	"github.com/hookdrill/hookdrill/prober/history"
	"github.com/hookdrill/hookdrill/scenarios/verdict"
)

func TestDuplicates(t *testing.T) {
	one := func(w *world) uint32 {
		k := w.key(1, 2)
		w.accept(k, 1, 10*sec)
		return k
	}
	table(t, "duplicates", nil, []row{
		{"delivered once", func(w *world) { w.attempt(one(w), 1, 2, 11*sec, 200) },
			verdict.Pass, "once is once", "1 acknowledged obligation"},
		{"never delivered", func(w *world) { w.attempt(one(w), 1, 2, 11*sec, 503) },
			verdict.Unknown, "nothing could be repeated", "nothing to look at"},
		{"delivered twice", func(w *world) {
			k := one(w)
			w.attempt(k, 1, 2, 11*sec, 200)
			w.attempt(k, 1, 2, 20*sec, 200)
		}, verdict.Fail, "the sender knew",
			"-- attempt 2 began 8.9s after the acknowledgement; no ambiguity, timeout or kill explains it"},
		{"repeat that failed", func(w *world) {
			k := one(w)
			w.attempt(k, 1, 2, 11*sec, 200)
			w.attempt(k, 1, 2, 20*sec, 503)
		}, verdict.Fail, "it was sent again whatever came of it", "unjustified: 1"},
		{"after an ambiguous ack", func(w *world) {
			k := one(w)
			w.attempt(k, 1, 2, 11*sec, 200).Disposition = history.Ambiguous
			w.attempt(k, 1, 2, 20*sec, 200)
		}, verdict.Pass, "the sender may not have heard the answer", "justified: 1"},
		{"third time after an ambiguous ack and a clean one", func(w *world) {
			k := one(w)
			w.attempt(k, 1, 2, 11*sec, 200).Disposition = history.Ambiguous
			w.attempt(k, 1, 2, 20*sec, 200)
			w.attempt(k, 1, 2, 30*sec, 200)
		}, verdict.Fail, "the ambiguity was over by then", "unjustified: 1"},
		{"already on its way", func(w *world) {
			k := one(w)
			w.attempt(k, 1, 2, 11*sec, 200).Answered = 13 * sec
			w.h.Attempts[0].Ended = 13 * sec
			w.attempt(k, 1, 2, 12*sec, 200)
		}, verdict.Pass, "both were in flight at once", "justified: 1"},
		{"timeout that crossed the answer", func(w *world) {
			k := one(w)
			a := w.attempt(k, 1, 2, 11*sec, 200)
			a.Answered, a.Ended = 26*sec, 26*sec
			w.attempt(k, 1, 2, 31*sec, 200)
		}, verdict.Pass, "the sender had given up on it just then", "justified: 1"},
		{"killed with the attempt in flight", func(w *world) {
			k := one(w)
			w.attempt(k, 1, 2, 11*sec, 200)
			w.kill(11*sec+50*ms, 20*sec)
			w.attempt(k, 1, 2, 21*sec, 200)
		}, verdict.Pass, "it may have died before it wrote the ack down", "justified: 1"},
		{"killed long after the ack", func(w *world) {
			k := one(w)
			w.attempt(k, 1, 2, 11*sec, 200)
			w.kill(15*sec, 20*sec)
			w.attempt(k, 1, 2, 21*sec, 200)
		}, verdict.Fail, "it had four seconds to write the ack down", "sender killed"},
		{"twice after one kill", func(w *world) {
			k := one(w)
			w.attempt(k, 1, 2, 11*sec, 200)
			w.kill(11*sec+50*ms, 20*sec)
			w.attempt(k, 1, 2, 21*sec, 200)
			w.attempt(k, 1, 2, 31*sec, 200)
		}, verdict.Fail, "one kill explains one repeat", "unjustified: 1"},
		{"killed after the repeat", func(w *world) {
			k := one(w)
			w.attempt(k, 1, 2, 11*sec, 200)
			w.attempt(k, 1, 2, 11*sec+500*ms, 200)
			w.kill(11*sec+800*ms, 20*sec)
		}, verdict.Fail, "it was repeated before the kill", "unjustified: 1"},
		{"a failure that ended while the delivery was on its way", func(w *world) {
			k := one(w)
			a := w.attempt(k, 1, 2, 11*sec, 200)
			a.Answered, a.Ended = 13*sec, 13*sec
			w.attempt(k, 1, 2, 12*sec, 503)
		}, verdict.Pass, "it began second, though it ended first", "justified: 1"},
		{"resent by the transport", func(w *world) {
			k := one(w)
			w.attempt(k, 1, 2, 11*sec, 200)
			w.attempt(k, 1, 2, 12*sec, 200).Resent = true
		}, verdict.Pass, "net/http repeats what a closed connection may have lost", "justified: 1"},
		{"declared repeats", func(w *world) {
			w.pol.Repeats = true
			k := one(w)
			w.attempt(k, 1, 2, 11*sec, 200)
			w.attempt(k, 1, 2, 20*sec, 200)
		}, verdict.Pass, "it says that it does so", "justified: 1"},
		{"offered twice by the driver", func(w *world) {
			k := w.key(1, 2)
			w.publish(k, 1, 9*sec, history.Indeterminate)
			w.accept(k, 1, 10*sec)
			w.attempt(k, 1, 2, 11*sec, 200)
			w.attempt(k, 1, 2, 20*sec, 200)
		}, verdict.Pass, "the driver offered it twice", "justified: 1"},
	})
	table(t, "duplicates", map[string]any{"unjustified": 1}, []row{
		{"within the budget", func(w *world) {
			k := one(w)
			w.attempt(k, 1, 2, 11*sec, 200)
			w.attempt(k, 1, 2, 20*sec, 200)
		}, verdict.Pass, "the scenario allows one", "unjustified: 1"},
		{"beyond the budget", func(w *world) {
			k := one(w)
			w.attempt(k, 1, 2, 11*sec, 200)
			w.attempt(k, 1, 2, 20*sec, 200)
			w.attempt(k, 1, 2, 30*sec, 200)
		}, verdict.Fail, "the scenario allows one", "unjustified: 2"},
	})
}

func TestDeclaredCrashRepeats(t *testing.T) {
	again := func(at ...time.Duration) func(w *world) {
		return func(w *world) {
			w.pol.CrashRepeats = 1
			k := owe(w)
			w.attempt(k, 1, 2, 11*sec, 200)
			w.kill(20*sec, 30*sec)
			for _, t := range at {
				w.attempt(k, 1, 2, t, 200)
			}
		}
	}
	table(t, "duplicates", nil, []row{
		{"once after the kill", again(31 * sec), verdict.Pass, "it declares that, and crash-durability counts", "justified: 1"},
		{"twice after the kill", again(31*sec, 40*sec), verdict.Fail, "the kill explains one of them", "unjustified: 1"},
		{"before the kill", func(w *world) { again()(w); w.attempt(0, 1, 2, 15*sec, 200) }, verdict.Fail, "no kill explains that", "unjustified: 1"},
	})
}

func TestStaysUp(t *testing.T) {
	table(t, "stays-up", nil, []row{
		{"one life", func(*world) {}, verdict.Pass, "it lived to the end", "1 life"},
		{"killed by the plan", func(w *world) { w.kill(mins, 2*mins) },
			verdict.Pass, "the plan did it", "2 lives"},
		{"crashed", func(w *world) {
			w.sender(history.SenderCrash, 1, mins, "exit status 2: panic: boom")
		}, verdict.Fail, "nobody asked it to end", "+00:01:00.000  exit status 2: panic: boom"},
		{"gone at the end", func(w *world) { w.end(mins, history.EndCrashed, -1) },
			verdict.Fail, "it did not come back", "ended and did not come back"},
		{"never ready", func(w *world) { w.h.Senders = nil },
			verdict.Unknown, "it never lived", "nothing to look at"},
	})
}
