package check

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hookdrill/hookdrill/prober/history"
	"github.com/hookdrill/hookdrill/scenarios/verdict"
)

func failing(j Judgement) []string {
	names := []string{}
	for _, r := range j.Reports {
		if r.Status == verdict.Fail {
			names = append(names, r.Guarantee)
		}
	}
	slices.Sort(names)
	return names
}

func TestCorrectHistoryPasses(t *testing.T) {
	j := newSim().judge(t)
	for _, r := range j.Reports {
		if r.Status != verdict.Pass {
			t.Errorf("not a pass:\n%s", text(r))
		}
	}
	if j.Status != verdict.Pass || j.Cut != "" {
		t.Errorf("got %v, cut %q", j.Status, j.Cut)
	}
}

// TestMutations changes one thing in a history in which everything holds:
// exactly the guarantees that are about that thing may break.
func TestMutations(t *testing.T) {
	calm := func(a *history.Attempt) bool { return a.Endpoint == 0 && a.FirstByte > 500*sec && a.Status == 200 }
	retried := func(a *history.Attempt) bool { return a.Nth == 2 && a.Status == 503 }
	for _, m := range []struct {
		change string
		do     func(s *sim)
		breaks string
		reason string
	}{
		{"drop one ack", func(s *sim) {
			a := s.h.Attempts[s.pick(calm)]
			s.drop(func(b *history.Attempt) bool { return a.Request == b.Request })
		}, "no-loss", "it was the only one"},
		{"drop the retries of one event", func(s *sim) {
			a := s.h.Attempts[s.pick(retried)]
			s.drop(func(b *history.Attempt) bool { return a.Key == b.Key && a.Number == b.Number && b.Nth > 1 })
		}, "no-loss retry-schedule", "it was given up after its first attempt"},
		{"duplicate one ack", func(s *sim) {
			a := s.h.Attempts[s.pick(calm)]
			move(&a, sec)
			s.h.Attempts = append(s.h.Attempts, a)
		}, "duplicates", "the sender knew of the first"},
		{"duplicate one ack after the end", func(s *sim) {
			a := s.h.Attempts[s.pick(calm)]
			move(&a, s.last+mins-a.FirstByte)
			s.h.Attempts = append(s.h.Attempts, a)
		}, "duplicates quiescence", "everything was settled by then"},
		{"hold back one event", func(s *sim) { move(&s.h.Attempts[s.pick(calm)], 7*sec) },
			"order", "the next of its key overtook it"},
		{"hold back the first attempts of one endpoint", func(s *sim) {
			for i := range s.h.Attempts {
				if a := &s.h.Attempts[i]; a.Endpoint == 1 && a.FirstByte > 300*sec {
					move(a, 3*sec)
				}
			}
		}, "isolation", "no fault selects it, and it had to wait"},
		{"retry at once", func(s *sim) {
			a := &s.h.Attempts[s.pick(retried)]
			move(a, -4*sec)
		}, "retry-schedule", "the second attempt is due after five seconds"},
		{"come back earlier than asked", func(s *sim) {
			a := s.h.Attempts[s.pick(func(a *history.Attempt) bool { return a.Status == 429 })]
			next := &s.h.Attempts[s.pick(func(b *history.Attempt) bool {
				return a.Key == b.Key && a.Number == b.Number && b.Nth == 2
			})]
			move(next, -50*sec)
		}, "retry-after", "ten seconds are not a minute"},
		{"change the id of a retry", func(s *sim) { s.h.Attempts[s.pick(retried)].ID++ },
			"id-stability", "the receiver takes it for another delivery"},
		{"give two events one id", func(s *sim) {
			a := &s.h.Attempts[s.pick(calm)]
			b := &s.h.Attempts[s.pick(func(b *history.Attempt) bool { return calm(b) && b.Number != a.Number })]
			b.ID = a.ID
		}, "id-stability", "the receiver takes one for the other"},
		{"damage the body of a failed attempt", func(s *sim) { s.h.Attempts[s.pick(retried)].Body = history.CheckBad },
			"no-phantom", "what was sent is not what was published"},
		{"damage the body of the only delivery", func(s *sim) { s.h.Attempts[s.pick(calm)].Body = history.CheckBad },
			"no-loss no-phantom", "and the event itself never came"},
		{"send it elsewhere, too", func(s *sim) {
			a := s.h.Attempts[s.pick(calm)]
			a.Endpoint = 1
			s.h.Attempts = append(s.h.Attempts, a)
		}, "no-phantom", "that endpoint is not owed it"},
		{"send what nobody published", func(s *sim) {
			a := s.h.Attempts[s.pick(calm)]
			a.Number, a.ID = simEvents+1, 1
			s.h.Attempts = append(s.h.Attempts, a)
		}, "no-phantom", "the plan has no such event"},
		{"break a signature", func(s *sim) { s.h.Attempts[s.pick(calm)].Signature = history.CheckBad },
			"signature", "it does not verify"},
		{"follow a redirect", func(s *sim) {
			a := s.h.Attempts[s.pick(func(a *history.Attempt) bool { return a.Status == 302 })]
			move(&a, 200*ms)
			a.Trap, a.Status = true, 200
			s.h.Attempts = append(s.h.Attempts, a)
		}, "redirect", "the trap was hit"},
		{"heal earlier", func(s *sim) {
			for i := range s.h.Faults {
				if f := &s.h.Faults[i]; f.Fault == uint16(s.outage) && f.What == history.FaultOff {
					f.At = 201 * sec
				}
			}
			// The later faults are no part of it.
			s.h.Faults = slices.DeleteFunc(s.h.Faults, func(f history.FaultEvent) bool { return f.Fault != uint16(s.outage) })
		}, "recovery", "what was pending then took more than seven minutes"},
		{"come back as a herd", func(s *sim) {
			a := s.h.Attempts[s.pick(func(a *history.Attempt) bool { return a.Endpoint == 2 && a.FirstByte > 650*sec && a.Fault == 0 })]
			for range 300 {
				a.Request++
				move(&a, ms)
				a.Resent = true
				s.h.Attempts = append(s.h.Attempts, a)
			}
		}, "recovery", "three hundred attempts within a second, where ten would be many"},
		{"forget what was in flight", func(s *sim) {
			a := s.h.Attempts[s.pick(func(a *history.Attempt) bool { return a.Ended == simKill })]
			s.drop(func(b *history.Attempt) bool { return a.Key == b.Key && a.Number == b.Number && b.FirstByte > simKill })
		}, "crash-durability no-loss", "it was accepted before the kill"},
		{"crash", func(s *sim) {
			s.sender(history.SenderCrash, 2, 1200*sec, "exit status 2: panic: boom")
			s.ready(3, 1201*sec)
		}, "stays-up", "nobody asked it to"},
	} {
		t.Run(m.change, func(t *testing.T) {
			s := newSim()
			m.do(s)
			j := s.judge(t)
			if got := strings.Join(failing(j), " "); got != m.breaks {
				t.Errorf("broken: %q, want %q since %s", got, m.breaks, m.reason)
				for _, r := range j.Reports {
					if r.Status != verdict.Pass {
						t.Log(text(r))
					}
				}
			}
		})
	}
}

// TestCutHistoryNeverPasses cuts the passing history off in each way.
func TestCutHistoryNeverPasses(t *testing.T) {
	for _, c := range []struct {
		how  string
		do   func(s *sim)
		says string
	}{
		{"killed", func(s *sim) { s.h.End = nil }, "the history has no end: the run was killed"},
		{"interrupted", func(s *sim) { s.h.End.Reason = history.EndInterrupted; s.h.End.At = time.Hour },
			"interrupted at +01:00:00.000"},
		{"unpublished", func(s *sim) { s.h.End.Unpublished = 3 }, "3 of 1,600 planned events were never accepted"},
		{"dropped", func(s *sim) { s.h.End.Dropped = 1 }, "1 record could not be kept"},
		{"no known reason", func(s *sim) { s.h.End.Reason = "tired" }, `ended for a reason that is not known: "tired"`},
	} {
		t.Run(c.how, func(t *testing.T) {
			s := newSim()
			c.do(s)
			j := s.judge(t)
			if j.Status != verdict.Unknown || j.Cut != c.says {
				t.Errorf("got %v, cut %q, want unknown, %q", j.Status, j.Cut, c.says)
			}
			if r := find(t, j, "no-loss"); r.Status == verdict.Pass {
				t.Errorf("no-loss passes on a history that was cut off")
			}
			if got := failing(j); len(got) > 0 {
				t.Errorf("broken: %q, and nothing is proven", got)
			}
		})
	}
}
