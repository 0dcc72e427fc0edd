package check

import (
	"cmp"
	"time"
)

// clue is what a checker keeps of one finding until it is known which
// findings are the worst: the story of each costs more than the finding.
type clue struct {
	// weight says how bad it is; among equals the earlier obligation is kept.
	weight int64
	// owed is the number of the obligation, in the ledger's count.
	owed uint32
	// second is another obligation and other an event, where a finding has two.
	second uint32
	other  token
	// at is an offset that matters, and what says in words what else there is
	// to say.
	at    time.Duration
	what  string
	proof proof
}

// evidence counts findings and keeps the worst of them.
type evidence struct {
	count int
	worst []clue
}

// add takes a finding. It keeps at most MaxEvidence, the worst first, in time
// that does not grow with their number.
func (e *evidence) add(c clue) {
	e.count++
	if len(e.worst) == MaxEvidence {
		if less(c, e.worst[MaxEvidence-1]) >= 0 {
			return
		}
		e.worst = e.worst[:MaxEvidence-1]
	}
	e.worst = append(e.worst, c)
	for i := len(e.worst) - 1; i > 0 && less(e.worst[i], e.worst[i-1]) < 0; i-- {
		e.worst[i], e.worst[i-1] = e.worst[i-1], e.worst[i]
	}
}

// wants reports whether a finding of this weight is worse than those kept. It
// spares the making of clues where each obligation is a candidate.
func (e *evidence) wants(weight int64) bool {
	return len(e.worst) < MaxEvidence || weight > e.worst[MaxEvidence-1].weight
}

func less(a, b clue) int {
	return cmp.Or(cmp.Compare(b.weight, a.weight), cmp.Compare(a.owed, b.owed), cmp.Compare(a.at, b.at))
}

// tell makes the findings of a report.
func (e *evidence) tell(r *Report, story func(clue) Finding) {
	r.Count = e.count
	for _, c := range e.worst {
		r.Findings = append(r.Findings, story(c))
	}
}
