package check

import (
	"cmp"
	"fmt"

	"github.com/hookdrill/hookdrill/prober/history"
	"github.com/hookdrill/hookdrill/scenarios/verdict"
)

const staysUpName = "stays-up"

func staysUpChecker() checker {
	return checker{
		name:   staysUpName,
		holds:  "the sender does not end by itself",
		broken: "the sender ended by itself",
		always: true,
		look:   staysUp,
	}
}

func staysUp(l *ledger, _ ask) eyes {
	return eyes{report: func() Report {
		r := Report{Status: verdict.Pass}
		lives := 0
		for _, s := range l.h.Senders {
			switch s.What {
			case history.SenderReady:
				lives++
			case history.SenderCrash:
				addCrash(&r, fmt.Sprintf("incarnation %d", s.Incarnation), Line{At: s.At, Text: cmp.Or(s.Detail, "ended by itself")})
			}
		}
		if lives == 1 {
			r.Premise = "1 life"
		} else if lives > 1 {
			r.Premise = fmt.Sprintf("%d lives", lives)
		}
		if e := l.h.End; e != nil && e.Reason == history.EndCrashed && r.Count == 0 {
			addCrash(&r, "the sender", Line{At: e.At, Text: "ended and did not come back"})
		}
		return r
	}}
}

func addCrash(r *Report, subject string, line Line) {
	r.Status = verdict.Fail
	r.Count++
	if len(r.Findings) < MaxEvidence {
		r.Findings = append(r.Findings, Finding{Subject: subject, Story: []Line{line}})
	}
}
