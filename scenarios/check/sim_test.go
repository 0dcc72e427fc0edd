package check

import (
	"time"

	"github.com/hookdrill/hookdrill/prober/history"
)

// sim is a sender that keeps every promise, without a clock: it writes the
// history of a run that has something of everything.
//
//	200s to 400s  both shaky endpoints answer 503
//	600s to 630s  shaky-1 answers first attempts with 429, Retry-After: 60
//	700s to 730s  shaky-2 answers first attempts with 302
//	800s to 830s  the sender is dead
type sim struct {
	*world
	outage, busy, moved int
	last                time.Duration
}

const (
	simEvents = 200
	simEvery  = 5 * sec
	simKill   = 800*sec + 55*ms
	simBack   = 830 * sec
)

func newSim() *sim {
	s := &sim{world: newWorld("calm-1", "calm-2", "shaky-1", "shaky-2")}
	for i := range s.p.Endpoints {
		s.p.Endpoints[i].Labels = map[string]string{"region": [...]string{"calm", "calm", "shaky", "shaky"}[i]}
	}
	s.outage = s.fault("outage", 200*sec, 400*sec, 2, 3)
	s.busy = s.fault("busy", 600*sec, 630*sec, 2)
	s.moved = s.fault("moved", 700*sec, 730*sec, 3)
	for _, f := range []int{s.busy, s.moved} {
		s.p.Faults[f].Select.From, s.p.Faults[f].Select.To = 1, 1
	}
	s.kill(simKill, simBack)
	for _, name := range []string{"no-loss", "no-phantom", "order", "retry-schedule", "retry-after", "redirect",
		"duplicates", "id-stability", "signature", "crash-durability", "quiescence", "stays-up"} {
		s.ask(name, nil)
	}
	s.ask("isolation", map[string]any{firstAttemptArg: 2 * sec}, 0, 1)
	s.ask("recovery", map[string]any{withinArg: 7 * mins, surgeArg: 20.0})
	for endpoint := range s.p.Endpoints {
		for n := range 2 {
			s.lane(s.key(simEvents, endpoint), endpoint, time.Duration(n)*2*sec)
		}
	}
	s.end(s.last+5*mins, history.EndSettled, 0)
	return s
}

// lane delivers the events of a key, one after the other.
func (s *sim) lane(key uint32, endpoint int, shift time.Duration) {
	free := time.Duration(0)
	for number := uint32(1); number <= simEvents; number++ {
		at := time.Duration(number)*simEvery + shift
		if at > simKill && at < simBack+3*sec {
			s.publish(key, number, at, history.Refused)
			at = simBack + 3*sec + time.Duration(number)*ms
			s.accept(key, number, at).Try = 2
		} else {
			s.accept(key, number, at)
		}
		free = s.deliver(key, number, endpoint, max(at+5*ms, free+ms))
	}
	s.last = max(s.last, free)
}

// deliver makes the attempts at one event and returns when it was acked.
func (s *sim) deliver(key, number uint32, endpoint int, at time.Duration) time.Duration {
	made := 0
	for {
		if at > simKill && at < simBack {
			at = simBack + 500*ms
		}
		status, fault, wait := s.answer(endpoint, at, made)
		a := s.attempt(key, number, endpoint, at, status)
		a.Fault, a.RetryAfter = uint16(fault+1), uint16(wait/sec)
		if at <= simKill && a.Ended > simKill {
			a.Status, a.Disposition, a.Answered, a.Ended = 0, history.Aborted, 0, simKill
			a.Fault, a.RetryAfter = 0, 0
			at = simBack + 500*ms
			continue
		}
		if status == 200 {
			return a.Answered
		}
		delay := s.pol.Schedule[made]
		made++
		at = a.Answered + max(delay+delay/100*time.Duration(int(number+key)%21-10), wait)
	}
}

func (s *sim) answer(endpoint int, at time.Duration, made int) (status, fault int, wait time.Duration) {
	in := func(from, until time.Duration) bool { return at >= from && at < until }
	switch {
	case endpoint >= 2 && in(200*sec, 400*sec):
		return 503, s.outage, 0
	case endpoint == 2 && made == 0 && in(600*sec, 630*sec):
		return 429, s.busy, mins
	case endpoint == 3 && made == 0 && in(700*sec, 730*sec):
		return 302, s.moved, 0
	default:
		return 200, -1, 0
	}
}

// pick returns the place of the first attempt that ok accepts.
func (s *sim) pick(ok func(a *history.Attempt) bool) int {
	for i := range s.h.Attempts {
		if ok(&s.h.Attempts[i]) {
			return i
		}
	}
	panic("the simulated history has no such attempt")
}

// drop takes attempts out of the history.
func (s *sim) drop(gone func(a *history.Attempt) bool) {
	kept := s.h.Attempts[:0]
	for _, a := range s.h.Attempts {
		if !gone(&a) {
			kept = append(kept, a)
		}
	}
	s.h.Attempts = kept
}

// move shifts an attempt in time.
func move(a *history.Attempt, by time.Duration) {
	for _, at := range []*time.Duration{&a.FirstByte, &a.Whole, &a.Answered, &a.Ended} {
		if *at > 0 {
			*at += by
		}
	}
}
