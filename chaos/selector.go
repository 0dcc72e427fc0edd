package chaos

import "slices"

// Selector limits a fault to some attempts. Its zero value selects all.
type Selector struct {
	// From and To bound the attempt of an obligation, from 1; zero: no bound.
	From, To int
	// Every selects each nth attempt of an obligation; zero: all.
	Every int
	// P is the probability with which an attempt is selected; zero: all. The
	// draw is a function of (seed, endpoint, token, attempt).
	P float64
	// Keys, where not empty, are the only ordering keys it selects.
	Keys []uint32
	// Limit is the most attempts of one obligation that it selects; zero: no
	// bound. It counts from the obligation's first attempt, also those that
	// came before the window: a count of what was hit would be a state.
	Limit int
	// Salt tells the draws of different faults apart.
	Salt uint64
}

// Selects reports whether the fault acts on r. The window is not looked at.
// A request without a token, so of an unknown attempt, is selected only by a
// selector that limits nothing.
func (s Selector) Selects(r Request) bool {
	if r.Attempt == 0 {
		return s.all()
	}
	if len(s.Keys) > 0 && !slices.Contains(s.Keys, r.Key) {
		return false
	}
	return s.takes(r) && (s.Limit == 0 || s.before(r) < s.Limit)
}

func (s Selector) all() bool {
	return s.From == 0 && s.To == 0 && s.Every == 0 && s.P == 0 && len(s.Keys) == 0 && s.Limit == 0
}

// takes decides on one attempt by itself.
func (s Selector) takes(r Request) bool {
	switch {
	case r.Attempt < s.From, s.To > 0 && r.Attempt > s.To:
		return false
	case s.Every > 0 && r.Attempt%s.Every != 0:
		return false
	}
	return s.P == 0 || unit(draw(r, drawSelect, s.Salt)) < s.P
}

// before counts the earlier attempts that were taken, as far as Limit.
func (s Selector) before(r Request) int {
	n, last := 0, r.Attempt
	for r.Attempt = max(1, s.From); r.Attempt < last && n < s.Limit; r.Attempt++ {
		if s.takes(r) {
			n++
		}
	}
	return n
}
