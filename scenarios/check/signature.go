package check

import (
	"github.com/hookdrill/hookdrill/prober/history"
	"github.com/hookdrill/hookdrill/scenarios/verdict"
)

func signatureChecker() checker {
	return checker{
		name:   "signature",
		holds:  "every attempt carries a fresh signature that verifies",
		broken: "an attempt did not carry a fresh signature that verifies",
		where:  true, always: true,
		look: signatures,
	}
}

func signatures(l *ledger, a ask) eyes {
	if l.pol.Signature == "" {
		return notPromised("the sender does not declare that it signs")
	}
	looked := 0
	wrong := make(map[history.Check]int)
	var bad evidence
	// A sender may sign requests that carry no event, too.
	var first *history.Attempt
	strays := 0
	return eyes{
		owed: func(o *owed) {
			if !a.covers(o.endpoint) {
				return
			}
			for i := range o.attempts {
				at := &o.attempts[i]
				if at.Signature == history.CheckNone {
					continue
				}
				looked++
				if at.Signature != history.CheckGood {
					wrong[at.Signature]++
					bad.add(clue{weight: -int64(began(at)), owed: o.number, at: began(at), what: unsigned(at)})
				}
			}
		},
		stray: func(at *history.Attempt) {
			if at.Trap || at.Signature == history.CheckNone || !a.covers(int(at.Endpoint)) {
				return
			}
			looked++
			if at.Signature == history.CheckGood {
				return
			}
			strays++
			wrong[at.Signature]++
			if first == nil {
				first = at
			}
		},
		report: func() Report {
			r := Report{Status: verdict.Pass}
			if looked > 0 {
				r.Premise = plural(looked, "signed attempt")
			}
			for _, c := range []history.Check{history.CheckBad, history.CheckMissing, history.CheckStale} {
				if n := wrong[c]; n > 0 {
					r.Numbers = append(r.Numbers, Number{signatureWord(c), count(n)})
				}
			}
			bad.tell(&r, func(c clue) Finding { return l.tell(c.owed, c.at, aside("%s", c.what)) })
			if r.Count += strays; r.Count > 0 {
				r.Status = verdict.Fail
			}
			if len(r.Findings) == 0 && first != nil {
				r.Findings = append(r.Findings, l.strangerStory(stranger{*first, unsigned(first)}))
			}
			return r
		},
	}
}

func signatureWord(c history.Check) string {
	switch c {
	case history.CheckMissing:
		return "missing"
	case history.CheckStale:
		return "stale"
	default:
		return "wrong"
	}
}

func unsigned(a *history.Attempt) string {
	switch a.Signature {
	case history.CheckMissing:
		return "it carries no signature"
	case history.CheckStale:
		return "its signature is right, and its timestamp is not that of this attempt"
	default:
		return "its signature does not verify"
	}
}
