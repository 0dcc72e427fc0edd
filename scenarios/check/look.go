package check

import (
	"fmt"
	"slices"

	"github.com/hookdrill/hookdrill/prober/history"
	"github.com/hookdrill/hookdrill/scenarios/plan"
	"github.com/hookdrill/hookdrill/scenarios/verdict"
)

// eyes are what a checker sees the history with. Each function may be nil
// but report.
type eyes struct {
	// owed is shown every obligation once, in no order that means anything.
	owed func(*owed)
	// stray is shown every attempt that belongs to no obligation.
	stray func(*history.Attempt)
	// report decides, when everything has been shown. A report without a
	// Premise says that there was nothing to look at.
	report func() Report
}

// ask is one wish to have a guarantee judged.
type ask struct {
	plan.Guarantee
	// in says for each endpoint whether it is meant; nil: all are.
	in []bool
}

func (a ask) covers(endpoint int) bool { return a.in == nil || a.in[endpoint] }

// arg returns a parameter, or otherwise where the file does not give it.
func arg[T any](a ask, name string, otherwise T) T {
	if v, given := a.Args[name].(T); given {
		return v
	}
	return otherwise
}

// look is one guarantee that is being judged.
type look struct {
	checker
	line     int
	asked    bool
	whole    bool
	eyes     eyes
	panicked string
}

// looksFor starts the checkers: assumptions, what the plan lists in its
// order, and what is always judged.
func looksFor(l *ledger, table []checker) []*look {
	asks := slices.Clone(l.plan.Guarantees)
	slices.SortStableFunc(asks, func(a, b plan.Guarantee) int { return rank(a) - rank(b) })
	var looks []*look
	add := func(c checker, g plan.Guarantee, asked bool) {
		k := &look{checker: c, line: g.Line, asked: asked, whole: l.whole}
		k.start(l, func(l *ledger, a ask) eyes { return c.look(l, a) }, g)
		looks = append(looks, k)
	}
	if !slices.ContainsFunc(asks, func(g plan.Guarantee) bool { return g.Name == assumptionsName }) {
		asks = slices.Insert(asks, 0, plan.Guarantee{Name: assumptionsName})
	}
	for _, g := range asks {
		i := slices.IndexFunc(table, func(c checker) bool { return c.name == g.Name })
		if i < 0 {
			continue // the parser knows the table; a plan by hand may be older
		}
		add(table[i], g, true)
	}
	for _, c := range table {
		if c.always && !slices.ContainsFunc(asks, func(g plan.Guarantee) bool { return g.Name == c.name }) {
			add(c, plan.Guarantee{Name: c.name}, false)
		}
	}
	return looks
}

func rank(g plan.Guarantee) int {
	if g.Name == assumptionsName {
		return 0
	}
	return 1
}

func (k *look) start(l *ledger, open func(*ledger, ask) eyes, g ...plan.Guarantee) {
	var a ask
	if len(g) > 0 {
		a.Guarantee = g[0]
	}
	if a.Endpoints != nil {
		a.in = make([]bool, len(l.plan.Endpoints))
		for _, e := range a.Endpoints {
			a.in[e] = true
		}
	}
	k.guard(func() { k.eyes = open(l, a) })
}

// guard keeps a panic of one checker from the others: it makes that one
// unknown, since neither a pass nor a failure of it could be believed.
func (k *look) guard(f func()) {
	if k.panicked != "" {
		return
	}
	defer func() {
		if r := recover(); r != nil {
			k.panicked = fmt.Sprintf("checker panicked: %v", r)
		}
	}()
	f()
}

// show shows everything to all checkers, in one pass.
func (l *ledger) show(looks []*look) {
	l.each(func(block []owed) {
		for _, k := range looks {
			if k.eyes.owed == nil {
				continue
			}
			k.guard(func() {
				for i := range block {
					k.eyes.owed(&block[i])
				}
			})
		}
	})
	for _, k := range looks {
		if k.eyes.stray == nil {
			continue
		}
		k.guard(func() {
			for _, row := range l.strays {
				k.eyes.stray(&l.h.Attempts[row])
			}
		})
	}
}

// end returns the report, and whether it belongs into the judgement: nobody
// asked for an always-judged guarantee that had nothing to look at.
func (k *look) end() (r Report, keep bool) {
	k.guard(func() { r = k.eyes.report() })
	if k.panicked != "" {
		r = Report{Premise: "nothing that counts", Reason: k.panicked}
	}
	empty := r.Premise == "" && r.Status != verdict.NotApplicable && r.Status != verdict.Fail
	switch {
	case empty:
		r.Status = verdict.Unknown
		if r.Reason == "" {
			r.Reason = "nothing to look at"
		}
	case r.Status == verdict.Pass && k.needsWhole && !k.whole:
		r.Status, r.Reason = verdict.Unknown, "the history is not that of a whole run"
	}
	r.Guarantee, r.Line, r.Sentence = k.name, k.line, k.holds
	if r.Status == verdict.Fail {
		r.Sentence = k.broken
	}
	return r, k.asked || !empty || k.name == staysUpName
}
