package canary

import "time"

// region is all that is known of one region.
type region struct {
	name   string
	after  int // failAfter: how many bad looks in a row make trouble
	ledger *ledger
	// publish, route and attempt are the three observers; self is the look at
	// our own receiver past everything that stands before it.
	publish, route, attempt, self signal

	trouble Trouble
	// since is when the trouble showed first, and lastGood the last look
	// before that without it.
	since, lastGood time.Time
	// cause is the newest trouble since since that says why: while canaries are
	// late after their route is back, it is what they are late of.
	cause Trouble
	// was is the cause of the trouble before this state, and ended when it ended.
	was   Trouble
	ended time.Time

	// restored says that trouble is what an earlier life of the prober saw.
	restored bool

	divergence divergence
	tally      *tally
	circuit    circuit
}

func newRegion(name string, s Settings) *region {
	return &region{name: name, after: s.FailAfter,
		ledger: newLedger(name, s.LateAfter, s.LostAfter), tally: newTally(), circuit: circuit{}}
}

// now returns the trouble as the observers show it at this moment. What is
// nearer to the cause comes first: a publish that fails explains an arrival
// that does not come.
func (r *region) now() (t Trouble, since, lastGood time.Time) {
	newest, _ := r.ledger.overdue()
	switch {
	case r.publish.bad(r.after):
		return Trouble{StagePublish, r.publish.class}, r.publish.since, r.publish.lastGood
	case r.route.bad(r.after):
		return Trouble{StageRoute, r.route.class}, r.route.since, r.route.lastGood
	case newest == nil || r.ledger.onTime.After(newest.Called):
		return Trouble{}, time.Time{}, time.Time{}
	case r.attempt.row > 0:
		return Trouble{StageAttempt, r.attempt.class}, r.attempt.since, r.attempt.lastGood
	default:
		return Trouble{Stage: StageReceive}, r.firstOverdue(), r.ledger.onTime
	}
}

// firstOverdue is when the oldest canary that is overdue was accepted.
func (r *region) firstOverdue() time.Time {
	if c := r.ledger.oldest(); c != nil {
		return c.Accepted
	}
	return time.Time{}
}

// draining reports whether there is no trouble but for canaries that are
// overdue still.
func (r *region) draining() bool {
	_, n := r.ledger.overdue()
	return r.trouble.IsZero() && n > 0
}

// update takes over the trouble of this moment. changed says that it is
// another than before.
func (r *region) update(at time.Time) (changed bool) {
	if r.restored && !r.decided() {
		return false
	}
	r.restored = false
	t, since, lastGood := r.now()
	if t == r.trouble || t.IsZero() && r.goodFor() < r.after {
		return false
	}
	switch {
	case t.IsZero():
		r.was, r.ended = r.why(), at
		r.since, r.lastGood, r.cause = time.Time{}, time.Time{}, Trouble{}
	case r.trouble.IsZero():
		r.since, r.lastGood = since, lastGood
		if r.since.IsZero() {
			r.since = at
		}
	}
	if r.trouble = t; t.Class != OK {
		r.cause = t
	}
	return true
}

// goodFor is how many looks in a row were good of those that showed the
// trouble. It takes as many to end it as bad ones to make it: while a rollout
// is half done, looks are good and bad in turn.
func (r *region) goodFor() int {
	switch r.trouble.Stage {
	case StagePublish:
		return r.publish.good
	case StageRoute:
		return r.route.good
	default:
		return r.after
	}
}

// wavers reports whether the newest look is good, and too few before it are.
func (r *region) wavers() bool { n := r.goodFor(); return 0 < n && n < r.after }

// why is the trouble that says why, if there is one.
func (r *region) why() Trouble {
	if !r.cause.IsZero() {
		return r.cause
	}
	return r.trouble
}

// decided reports whether this life's looks at a region are enough to say
// that an earlier life's trouble goes on, or not.
func (r *region) decided() bool {
	for _, s := range []*signal{&r.publish, &r.route} {
		if s.looked.IsZero() || s.row > 0 && !s.bad(r.after) {
			return false
		}
	}
	return true
}

// raw is the trouble that the newest looks show, without waiting for more of
// them: regions are compared look by look.
func (r *region) raw() Trouble {
	switch {
	case r.publish.row > 0:
		return Trouble{StagePublish, r.publish.class}
	case r.route.row > 0:
		return Trouble{StageRoute, r.route.class}
	case r.wavers():
		return Trouble{}
	default:
		return r.trouble
	}
}

// known reports whether anything has been seen of the region at all.
func (r *region) known() bool {
	return !r.publish.looked.IsZero() || !r.route.looked.IsZero()
}

// circuit stops most of the publishing to a sender that refuses it.
type circuit struct {
	open  bool
	since time.Time
}

func (c *circuit) update(at time.Time, failures, limit int) {
	switch {
	case failures == 0:
		c.open = false
	case failures >= limit && !c.open:
		c.open, c.since = true, at
	}
}
