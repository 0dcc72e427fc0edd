package check

import (
	"fmt"
	"time"

	"github.com/hookdrill/hookdrill/prober/history"
	"github.com/hookdrill/hookdrill/scenarios/verdict"
)

func retryScheduleChecker() checker {
	return checker{
		name:   "retry-schedule",
		holds:  "retries keep the declared schedule: its delays, its number and its timeout",
		broken: "retries do not keep the declared schedule",
		where:  true,
		look:   retrySchedule,
	}
}

// schedule is a retry-schedule check at work.
type schedule struct {
	l    *ledger
	gaps int
	// early, late, many, slow and short count what was wrong, by kind.
	early, late, many, slow, short int
	bad                            evidence
	// overdue are the gaps that are too long, unless the endpoint was busy.
	overdue []overdue
}

type overdue struct {
	endpoint int
	due, at  time.Duration
	owed     uint32
	what     string
}

func retrySchedule(l *ledger, a ask) eyes {
	if len(l.pol.Schedule) == 0 {
		return observedGaps(l, a)
	}
	s := &schedule{l: l}
	return eyes{
		owed: func(o *owed) {
			if a.covers(o.endpoint) && o.owes && len(o.attempts) > 0 {
				s.look(o)
			}
		},
		report: s.report,
	}
}

// turn is which attempt of the schedule the sender may be at, from the least
// to the most: it may have forgotten some in a kill, and made some that nobody
// saw.
type turn struct{ least, most int }

// look goes through the attempts up to the one that delivered.
func (s *schedule) look(o *owed) {
	var prev *history.Attempt
	at, made, restarted := turn{1, 1}, 0, false
	for i := range o.attempts {
		a := &o.attempts[i]
		if o.clean >= 0 && i > o.clean {
			break // what follows is no retry
		}
		s.timeout(o, a)
		if a.Resent {
			continue
		}
		made++
		if prev != nil {
			at = turn{at.least + 1, at.most + 1}
			switch {
			case s.l.time.gone(began(prev), began(a)):
				// The kill may have taken the record of every attempt with it.
				at.least, restarted = 1, true
			case s.l.time.unseen(o.endpoint, began(prev), began(a)):
				at.most = max(at.most, len(s.l.pol.Schedule)+1)
			default:
				s.gap(o, prev, a, at)
			}
		}
		prev = a
	}
	if most := s.l.pol.MaxAttempts(); most > 0 && made > most && !restarted {
		s.many++
		s.bad.add(clue{weight: int64(made), owed: o.number, at: never,
			what: fmt.Sprintf("%s, and the schedule allows %d", plural(made, "attempt"), most)})
	}
	s.gaveUp(o, made)
}

// bounds returns the least and the most that the delay before an attempt may
// be; false: the schedule has none for it.
func (s *schedule) bounds(at turn) (least, most time.Duration, known bool) {
	least = never
	for n := at.least; n <= at.most; n++ {
		delay, has := s.l.pol.Delay(n)
		if !has {
			continue
		}
		lo, hi := s.l.pol.Spread(delay)
		least, most, known = min(least, lo), max(most, hi), true
	}
	return least, most, known
}

// gap looks at the time from the end of one attempt to the next. The sender
// knows an answer from its first byte on at the earliest, and at the latest
// when the exchange was over.
func (s *schedule) gap(o *owed, prev, next *history.Attempt, at turn) {
	least, most, known := s.bounds(at)
	if !known {
		return
	}
	asked := s.l.honoured(prev)
	if asked > 0 {
		// Some senders put Retry-After in place of the delay.
		least, most = min(least, asked), max(most, asked)
	}
	if s.l.stalled(began(prev), over(prev)) || s.l.stalled(min(over(prev)+most, began(next)), began(next)) {
		return
	}
	s.gaps++
	wait := began(next) - answered(prev)
	if began(next) < over(prev) {
		// It was given up without our noticing: its begin is all that is known.
		wait = began(next) - began(prev)
	}
	// Sooner is a storm and wants little tolerance. Later may be a queue.
	if wait < least-max(s.l.slack(clockStep), least/20) {
		s.early++
		s.bad.add(clue{weight: int64(least - wait), owed: o.number, at: began(next),
			what: fmt.Sprintf("the last attempt began %s after the one before; the schedule says %s to %s", span(wait), span(least), span(most))})
		return
	}
	if wait = began(next) - over(prev); wait > s.l.late(most) {
		s.overdue = append(s.overdue, overdue{endpoint: o.endpoint, due: over(prev) + most, at: began(next), owed: o.number,
			what: fmt.Sprintf("the last attempt began %s after the one before; the schedule says %s to %s", span(wait), span(least), span(most))})
	}
}

// timeout looks at how long the sender waited for an answer. An ambiguous end
// does not say when the sender left.
func (s *schedule) timeout(o *owed, a *history.Attempt) {
	most := s.l.pol.Timeout
	if most == 0 || a.Disposition == history.Ambiguous || s.l.time.gone(began(a), over(a)) || s.l.stalled(began(a), over(a)) {
		return
	}
	took := over(a) - began(a)
	if took <= most+max(s.l.slack(driverMayBeLate), most/20) {
		return
	}
	s.slow++
	s.bad.add(clue{weight: int64(took), owed: o.number, at: began(a),
		what: fmt.Sprintf("the last attempt was open for %s; the sender declares a timeout of %s", span(took), span(most))})
}

// gaveUp looks for an end before the schedule's.
func (s *schedule) gaveUp(o *owed, made int) {
	l, last := s.l, o.last()
	most := l.pol.MaxAttempts()
	if o.fate != lost && o.fate != undelivered || most > 0 && made >= most || arrived(last) || arrivedDamaged(last) {
		return
	}
	_, next, known := s.bounds(turn{made + 1, made + 1})
	due := over(last) + l.late(max(next, l.honoured(last)))
	if !known || l.time.gone(began(last), due) || l.time.unseen(o.endpoint, began(last), due) {
		return // a kill may have taken it, or the retry was made and not seen
	}
	from := over(last)
	if l.ordered() {
		from = max(from, l.lastSeen[o.endpoint])
	}
	if o.proof != saysDone && l.end-from <= l.patience(o, next, from) {
		return
	}
	s.short++
	declared := "without end"
	if most > 0 {
		declared = fmt.Sprintf("%d times", most)
	}
	s.bad.add(clue{weight: -int64(o.accepted), owed: o.number, at: never,
		what: fmt.Sprintf("given up after %s; the sender declares to try %s", plural(made, "attempt"), declared)})
}

func (s *schedule) report() Report {
	s.late = s.l.idle(s.overdue, func(x overdue) {
		s.bad.add(clue{weight: int64(x.at - x.due), owed: x.owed, at: x.at, what: x.what})
	})
	r := Report{Status: verdict.Pass}
	if s.gaps > 0 {
		r.Premise = plural(s.gaps, "gap") + " between attempts"
	} else {
		r.Reason = "no retry was observed"
	}
	for _, n := range []struct {
		name string
		n    int
	}{{"too early", s.early}, {"too late", s.late}, {"too many attempts", s.many}, {"beyond the timeout", s.slow}, {"given up early", s.short}} {
		if n.n > 0 {
			r.Numbers = append(r.Numbers, Number{n.name, count(n.n)})
		}
	}
	if s.bad.count > 0 {
		r.Status = verdict.Fail
		s.bad.tell(&r, func(c clue) Finding { return s.l.tell(c.owed, c.at, aside("%s", c.what)) })
	}
	return r
}
