package canary

import (
	"slices"
	"time"

	"github.com/hookdrill/hookdrill/prober/event"
)

// keep is how many canaries of a region are remembered once nothing more is
// expected of them: for duplicates, gates and pages.
const keep = 4096

// ledger is the book of one region's canaries, in the order of their
// publishing.
type ledger struct {
	region    string
	lateAfter time.Duration
	lostAfter time.Duration
	all       []*Canary
	byToken   map[event.Token]*Canary
	// waiting are those that a tick may age, oldest first.
	waiting []*Canary
	flying  int
	// lostOnes are the lost ones, oldest first, at most keep of them.
	lostOnes []*Canary
	// highest is the latest canary of each key that arrived.
	highest map[uint32]uint32
	// dirty are those that the state on disk does not know as they are, and
	// dropped those that it is to forget.
	dirty   map[event.Token]*Canary
	dropped []*Canary

	lastPublished, lastDelivered time.Time
	// onTime is when the newest canary that arrived on time was published.
	onTime time.Time
	// spoilt is when anything last went wrong, a canary or a look at the region,
	// and onTimeRow counts the canaries published since that arrived on time.
	spoilt    time.Time
	onTimeRow int
}

// spoil begins the row of canaries on time anew. Looks count as canaries do:
// while a rollout is half done, canaries arrive beside every other look.
func (l *ledger) spoil(at time.Time) { l.spoilt, l.onTimeRow = later(l.spoilt, at), 0 }

func newLedger(region string, lateAfter, lostAfter time.Duration) *ledger {
	return &ledger{region: region, lateAfter: lateAfter, lostAfter: lostAfter,
		byToken: map[event.Token]*Canary{}, highest: map[uint32]uint32{}, dirty: map[event.Token]*Canary{}}
}

func (l *ledger) fact(kind FactKind, c *Canary, at time.Time) Fact {
	return Fact{Kind: kind, Region: l.region, At: at, Token: c.Token}
}

// add enters a canary that is about to be published, or one of the state.
func (l *ledger) add(c *Canary) {
	l.all = append(l.all, c)
	l.byToken[c.Token] = c
	if s := c.State(); s == Pending || s == InFlight || s == Late {
		l.waiting = append(l.waiting, c)
	}
	if c.flying() {
		l.flying++
	}
	if !c.Lost.IsZero() {
		l.lose(c)
	}
}

// restore enters a canary of the state. One whose publish was cut off by the
// prober's own end may be owed or not: it is open to a receipt, but nobody is
// blamed for it.
func (l *ledger) restore(c *Canary, now time.Time) {
	if c.State() == Pending {
		c.Answered, c.Withdrawn = now, now
		l.dirty[c.Token] = c
	}
	l.add(c)
	l.lastPublished = later(l.lastPublished, c.Accepted)
	if c.Received.IsZero() {
		return
	}
	l.lastDelivered = later(l.lastDelivered, c.Received)
	l.highest[c.Token.Key] = max(l.highest[c.Token.Key], c.Token.Seq)
	if good, _ := c.verdict(); good {
		l.onTime = later(l.onTime, c.Called)
	}
}

// call enters a canary before its publish.
func (l *ledger) call(token event.Token, at time.Time) *Canary {
	c := &Canary{Region: l.region, Token: token, Called: at}
	l.add(c)
	l.dirty[token] = c
	l.trim()
	return c
}

// answer enters how a publish ended. A canary that arrived before the answer
// is accepted whatever the answer was.
func (l *ledger) answer(token event.Token, at time.Time, class Class, refused bool) []Fact {
	c := l.byToken[token]
	if c == nil || !c.Answered.IsZero() {
		return nil
	}
	c.Answered = at
	l.dirty[token] = c
	f := l.fact(FactAnswered, c, at)
	f.Took, f.Class = max(at.Sub(c.Called), 0), class
	facts := []Fact{f}
	switch {
	case class == OK && c.Accepted.IsZero():
		l.accept(c, at)
		facts = append(facts, l.fact(FactAccepted, c, at))
	case class != OK && c.Accepted.IsZero():
		c.Class, c.Refused = class, refused
		l.spoil(at)
		f.Kind, f.Stage = FactFailure, StagePublish
		facts = append(facts, f)
	}
	return facts
}

// owe enters that the sender owes a canary whose publish was left open.
func (l *ledger) owe(token event.Token, at time.Time) []Fact {
	c := l.byToken[token]
	if c == nil || !c.Accepted.IsZero() || c.Refused || c.State() == Withdrawn {
		return nil
	}
	l.accept(c, at)
	l.waiting = append(l.waiting, c)
	l.dirty[token] = c
	return []Fact{l.fact(FactAccepted, c, at)}
}

func (l *ledger) accept(c *Canary, at time.Time) {
	if !c.Accepted.IsZero() {
		return
	}
	c.Accepted = at
	if c.flying() {
		l.flying++
	}
	l.lastPublished = later(l.lastPublished, at)
}

// receive enters an arrival that is in order.
func (l *ledger) receive(token event.Token, at time.Time) []Fact {
	c := l.byToken[token]
	if c == nil {
		return []Fact{{Kind: FactRejected, Region: l.region, At: at, Token: token, Text: UnknownEvent}}
	}
	l.dirty[token] = c
	c.Copies++
	if !c.open() {
		return []Fact{l.fact(FactDuplicate, c, at)}
	}
	var facts []Fact
	if c.Accepted.IsZero() {
		// It was owed since some time between the call and now.
		l.accept(c, c.Called)
		facts = append(facts, l.fact(FactAccepted, c, at))
	}
	if c.flying() {
		l.flying--
	}
	c.Received = at
	f := l.fact(FactOnTime, c, at)
	f.Latency, f.Class = c.latency(at), c.Class
	if f.Latency > l.lateAfter || !c.Overdue.IsZero() || !c.Lost.IsZero() {
		f.Kind = FactLate
		if c.Overdue.IsZero() { // no tick saw it in time
			c.Overdue = at
			facts = append(facts, l.fact(FactOverdue, c, at))
		}
		l.spoil(at)
	} else {
		l.onTime = later(l.onTime, c.Called)
		if c.Called.After(l.spoilt) {
			l.onTimeRow++
		}
	}
	l.lastDelivered = later(l.lastDelivered, at)
	facts = append(facts, f)
	if !c.Lost.IsZero() {
		r := l.fact(FactRecovered, c, at)
		r.Latency = f.Latency
		facts = append(facts, r)
	}
	if c.Token.Seq < l.highest[c.Token.Key] {
		facts = append(facts, l.fact(FactOutOfOrder, c, at))
	}
	l.highest[c.Token.Key] = max(l.highest[c.Token.Key], c.Token.Seq)
	return facts
}

// reveal enters how many attempts the delivery of a canary took.
func (l *ledger) reveal(token event.Token, at time.Time, attempts int) []Fact {
	c := l.byToken[token]
	if c == nil || c.open() || c.Attempts > 0 || attempts < 1 {
		return nil
	}
	c.Attempts = attempts
	l.dirty[token] = c
	f := l.fact(FactAttempts, c, at)
	f.Attempts = attempts
	return []Fact{f}
}

// tick ages what is on its way. Accepted order is called order, since a
// region publishes one canary at a time.
func (l *ledger) tick(now time.Time) []Fact {
	var facts []Fact
	rest := l.waiting[:0]
	for _, c := range l.waiting {
		fs, settled := l.age(c, now)
		facts = append(facts, fs...)
		if !settled {
			rest = append(rest, c)
		}
	}
	clear(l.waiting[len(rest):])
	l.waiting = rest
	return facts
}

// age advances one canary. settled says that time does nothing more to it.
func (l *ledger) age(c *Canary, now time.Time) (facts []Fact, settled bool) {
	switch c.State() {
	case Pending:
		return nil, false
	case InFlight, Late:
	default:
		return nil, true
	}
	age := now.Sub(c.Accepted)
	if age > l.lateAfter && c.Overdue.IsZero() {
		c.Overdue = now
		l.dirty[c.Token] = c
		l.spoil(now)
		facts = append(facts, l.fact(FactOverdue, c, now))
	}
	if age > l.lostAfter {
		c.Lost = now
		l.flying--
		l.lose(c)
		return append(facts, l.fact(FactLost, c, now)), true
	}
	return facts, false
}

func (l *ledger) lose(c *Canary) {
	l.lostOnes = append(l.lostOnes, c)
	if n := len(l.lostOnes) - keep; n > 0 {
		l.lostOnes = append(l.lostOnes[:0], l.lostOnes[n:]...)
	}
}

// withdraw ends what is on its way without blame.
func (l *ledger) withdraw(at time.Time) {
	for _, c := range l.waiting {
		if c.open() && c.Lost.IsZero() && !c.Refused && c.Withdrawn.IsZero() {
			if c.flying() {
				l.flying--
			}
			c.Withdrawn = at
			l.dirty[c.Token] = c
		}
	}
	l.waiting = nil
}

// oldest returns the oldest canary on its way, or nil.
func (l *ledger) oldest() *Canary {
	for _, c := range l.waiting {
		if c.flying() {
			return c
		}
	}
	return nil
}

// overdue returns the newest canary that is overdue and on its way, or nil,
// and how many there are.
func (l *ledger) overdue() (newest *Canary, n int) {
	for _, c := range l.waiting {
		if c.State() == Late {
			newest, n = c, n+1
		}
	}
	return newest, n
}

// trim forgets the oldest of which nothing is expected, so that memory stays
// flat. Lost ones are kept twice as long: they may still be recovered.
func (l *ledger) trim() {
	if len(l.all) <= keep+keep/8 {
		return
	}
	excess := len(l.all) - keep
	l.all = slices.DeleteFunc(l.all, func(c *Canary) bool {
		s := c.State()
		if excess <= 0 || s == Pending || s == InFlight || s == Late || s == Lost && excess < keep {
			return false
		}
		excess--
		delete(l.dirty, c.Token)
		l.dropped = append(l.dropped, c)
		return true
	})
	// A map of which as much is deleted as is added grows all the same, for
	// months: another one is made.
	l.byToken = make(map[event.Token]*Canary, keep+keep/4)
	for _, c := range l.all {
		l.byToken[c.Token] = c
	}
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
