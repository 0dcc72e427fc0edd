package check

import (
	"github.com/hookdrill/hookdrill/prober/history"
	"github.com/hookdrill/hookdrill/prober/policy"
	"github.com/hookdrill/hookdrill/scenarios/verdict"
)

func redirectChecker() checker {
	return checker{
		name:   "redirect",
		holds:  "the sender follows no redirect; one that declares to takes the event along",
		broken: "the sender followed a redirect",
		look:   redirects,
	}
}

func redirects(l *ledger, _ ask) eyes {
	if l.pol.Seam == policy.SeamClient {
		return notPromised("the sender was handed an http.Client: what that does with redirects is not its own doing")
	}
	follows := l.pol.Redirects == policy.RedirectsFollow
	answers, followed := 0, 0
	var trapped evidence
	var traps []history.Attempt
	note := func(a *history.Attempt) {
		if a.Status >= 300 && a.Status <= 399 && a.Disposition == history.AnsweredNo {
			answers++
		}
	}
	return eyes{
		owed: func(o *owed) {
			for i := range o.attempts {
				note(&o.attempts[i])
			}
		},
		stray: func(a *history.Attempt) {
			if !a.Trap {
				note(a)
				return
			}
			followed++
			// 307 and 308 keep the body; after a 301, 302 or 303 HTTP clients
			// go on with a GET, and the target is told nothing.
			if follows && (a.Number != 0 || a.Bytes > 0) {
				return
			}
			trapped.count++
			if len(traps) < MaxEvidence {
				traps = append(traps, *a)
			}
		},
		report: func() Report {
			r := Report{Status: verdict.Pass, Count: trapped.count}
			if answers > 0 {
				r.Premise = plural(answers, "answer") + " with 3xx"
			}
			spared := Report{Status: verdict.NotApplicable, Premise: r.Premise}
			if answers > 0 {
				spared.Numbers = []Number{{"followed", count(followed)}}
			}
			switch {
			case l.pol.Redirects != policy.RedirectsNever && !follows:
				spared.Reason = "the sender declares nothing about redirects"
				return spared
			case r.Count == 0 && follows:
				spared.Reason = "the sender declares that it follows redirects"
				return spared
			case r.Count > 0:
				r.Status = verdict.Fail
			}
			for i := range traps {
				r.Findings = append(r.Findings, l.trapStory(&traps[i]))
			}
			return r
		},
	}
}

// trapStory tells what led into a trap: the answer before it, if the request
// still carries the event.
func (l *ledger) trapStory(trap *history.Attempt) Finding {
	hit := Line{At: began(trap), Text: "a request at the redirect's target"}
	end := aside("the target is not an endpoint: a sender that follows redirects can be sent anywhere")
	if l.pol.Redirects == policy.RedirectsFollow {
		end = aside("the sender declares that it follows, but it left the event behind: no answer there is a delivery")
	}
	event := l.event(trap.Key, trap.Number)
	if event == none {
		return Finding{Subject: "redirect -> " + l.name(int(trap.Endpoint)), Story: []Line{hit, end}}
	}
	number := l.obligation(event, trap.Endpoint)
	if number == none {
		return Finding{Subject: l.subject(trap.Key, trap.Number, int(trap.Endpoint)), Story: []Line{hit, end}}
	}
	return l.tell(number, began(trap), hit, end)
}
