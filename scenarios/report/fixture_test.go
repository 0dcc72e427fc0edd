package report

import (
	"time"

	"github.com/hookdrill/hookdrill/prober/history"
	"github.com/hookdrill/hookdrill/scenarios/check"
	"github.com/hookdrill/hookdrill/scenarios/verdict"
)

const (
	noLoss  = "an accepted event was never acknowledged by a subscribed endpoint"
	noTwice = "an event was sent again after a clean acknowledgement"
)

func at(h, m, s, ms int) time.Duration {
	return time.Duration(h)*time.Hour + time.Duration(m)*time.Minute +
		time.Duration(s)*time.Second + time.Duration(ms)*time.Millisecond
}

func passing() Input {
	return Input{
		Scenario: "kustomer-2025-12-10", File: "kustomer-2025-12-10.yaml", Seed: 20251210,
		Title:  "A platform update takes the webhook backend away in two of three regions",
		Sender: "reference", Starts: time.Date(2025, 12, 10, 3, 2, 0, 0, time.UTC),
		End: at(3, 1, 12, 0), Scale: 1, Elapsed: 1420 * time.Millisecond, Build: "hookdrill devel go1.26.8",
		Dir: "hookdrill-runs/20251210T060000Z-kustomer-2025-12-10",
		Judgement: check.Judgement{
			Status: verdict.Pass, World: history.Virtual,
			Stats: check.Stats{
				Events: 18000, Accepted: 18000, Obligations: 18000, Attempts: 48912, Acked: 18000,
				Longest: at(1, 14, 28, 123), LongestSubject: "key=17 seq=204 -> eu-3",
				PublishLate: 120 * time.Millisecond,
				Groups: []check.Group{
					{Name: "prod-1", Endpoints: 20, Attempts: 6002, Statuses: map[int]int{200: 6002}, Longest: 201 * time.Millisecond},
					{Name: "prod-2", Endpoints: 20, Attempts: 23412, Statuses: map[int]int{200: 6010, 404: 4120, 502: 81, 503: 13201},
						Longest: at(1, 14, 28, 123), Troubled: true, FirstFault: at(0, 10, 4, 0), LastFault: at(1, 20, 0, 0), Recovered: at(1, 24, 31, 0)},
					{Name: "prod-4", Endpoints: 20, Attempts: 19498, Statuses: map[int]int{200: 5988, 404: 3000, 502: 70, 503: 10400, 0: 40},
						Longest: at(1, 10, 0, 0), Troubled: true, FirstFault: at(0, 10, 4, 0), LastFault: at(1, 50, 0, 0), Recovered: at(1, 54, 1, 0)},
				},
			},
			Reports: []check.Report{
				{Guarantee: "assumptions", Status: verdict.Pass, Premise: "18,000 events, 1 fault, 3 groups",
					Sentence: "the run shows enough to be judged"},
				{Guarantee: "no-loss", Status: verdict.Pass, Premise: "18,000 obligations", Sentence: "every accepted event is acknowledged by every endpoint it is owed to", Line: 31},
				{Guarantee: "duplicates", Status: verdict.Pass, Premise: "18,000 acknowledged obligations", Sentence: noTwice, Line: 33,
					Numbers: []check.Number{{Name: "unjustified", Value: "0"}, {Name: "justified", Value: "0"}}},
				{Guarantee: "recovery", Status: verdict.Pass, Premise: "40 endpoints after 2 heals", Line: 37,
					Sentence: "an endpoint did not recover in time after its heal",
					Numbers:  []check.Number{{Name: "slowest", Value: "4m31s of 45m"}, {Name: "surge", Value: "3.1 of 5"}}},
				{Guarantee: "redirect", Status: verdict.NotApplicable, Reason: "the plan redirects nobody"},
				{Guarantee: "order", Status: verdict.NotApplicable, Reason: "the sender declares no order", Premise: "9,178 events with one before it",
					Numbers: []check.Number{{Name: "inversions", Value: "12"}}},
			},
		},
	}
}

func failing() Input {
	in := passing()
	in.Sender = "reference:drop-on-404"
	in.Reproduce = "hookdrill run kustomer-2025-12-10 --seed 20251210 --sender reference:drop-on-404"
	j := &in.Judgement
	j.Status = verdict.Fail
	j.Deviations = []string{"makes no further attempt after 404", "keeps trying for 2h12m0s, less than a day"}
	j.Stats.Acked, j.Stats.Lost, j.Stats.Undelivered = 13880, 4119, 1
	j.Stats.Groups[2].Recovered = 0
	j.Reports[1].Status, j.Reports[1].Sentence = verdict.Fail, noLoss
	j.Reports[1].Count = 4119
	j.Reports[1].Findings = []check.Finding{
		{Subject: "key=3 seq=9 -> in-11", Story: []check.Line{
			{At: at(0, 30, 1, 100), Text: "accepted"},
			{At: at(0, 30, 1, 108), Text: "attempt 1   503  (deploy: no ready replica)"},
			{At: at(0, 30, 6, 301), Text: "attempt 2   404  (deploy: no route)"},
			{Aside: true, Text: "sender made no further attempt"},
		}},
		{Subject: "key=17 seq=204 -> eu-3", Story: []check.Line{
			{At: at(0, 31, 7, 412), Text: "accepted"},
			{At: at(0, 31, 7, 420), Text: "attempt 1   404  (deploy: no route)"},
			{Aside: true, Text: "sender made no further attempt; it declares 404 retryable; drain lasted 4h0m, horizon 2h12m"},
		}},
	}
	j.Reports[2] = check.Report{
		Guarantee: "stays-up", Status: verdict.Fail, Premise: "1 life", Sentence: "the sender ended by itself", Count: 1,
		Findings: []check.Finding{{Subject: "incarnation 1", Story: []check.Line{
			{At: at(2, 0, 0, 1), Text: "exit status 2: panic: \x1b[32mPASS\x1b[0m\nruntime error"},
		}}},
	}
	return in
}

// expected is failing, by a sender that is known to.
func expected() Input {
	in := failing()
	in.Sender = "mine.yaml"
	in.Expected = verdict.Expected{"no-loss": verdict.Fail, "stays-up": verdict.Fail}
	in.Reasons = map[string]string{"no-loss": "it takes a 404 for an answer that ends a delivery, until its next release"}
	return in
}

// unexpected is passing, by a sender that is known to fail.
func unexpected() Input {
	in := passing()
	in.Sender = "mine.yaml"
	in.Expected = verdict.Expected{"no-loss": verdict.Fail, "order": verdict.Fail}
	in.Reasons = map[string]string{"no-loss": "its queue is in memory"}
	return in
}

// stubborn is passing, by a sender that had to be killed in the end.
func stubborn() Input {
	in := passing()
	in.Trouble = "the sender did not end: stop mine: killed, since it did not end: its grace of 10s was over"
	return in
}

func undecided() Input {
	in := passing()
	in.Reproduce = "hookdrill run ./outage.yaml --seed 7 --sender reference"
	in.Strict = true
	in.Judgement.Status = verdict.Unknown
	in.Judgement.Stats.Acked, in.Judgement.Stats.Undelivered, in.Judgement.Stats.GivenUp = 17990, 7, 3
	in.Judgement.Reports[0].Status = verdict.Unknown
	in.Judgement.Reports[0].Reason = "fault eu-404 (line 14) never acted on any attempt: what it was to show was not shown"
	in.Judgement.Reports[3].Status = verdict.Unknown
	in.Judgement.Reports[3].Premise = ""
	in.Judgement.Reports[3].Sentence = "every endpoint recovers in time after its heal"
	return in
}

func interrupted() Input {
	in := passing()
	in.Scenario, in.Title, in.Seed, in.End, in.Scale = "flap", "", 7, at(0, 12, 3, 0), 60
	in.Elapsed = 12 * time.Second
	in.Judgement = check.Judgement{
		Status: verdict.Unknown, World: history.Real,
		Cut: "interrupted at +00:12:03.000: 1,430 of 18,000 events were published; no-loss and recovery were not judged",
		Stats: check.Stats{Events: 1430, Accepted: 1430, Obligations: 1430, Attempts: 1502, Acked: 1391, Undelivered: 39,
			Longest: at(0, 2, 0, 0), Groups: []check.Group{{Attempts: 1502, Endpoints: 1,
				Statuses: map[int]int{200: 1391, 0: 30, 301: 1, 500: 79, 503: 1}, Longest: at(0, 2, 0, 0)}}},
		Reports: []check.Report{
			{Guarantee: "no-loss", Sentence: "every accepted event is acknowledged by every endpoint it is owed to", Premise: "1,430 obligations", Reason: "the history is not a whole run", Line: 9},
			{Guarantee: "duplicates", Status: verdict.Pass, Sentence: noTwice, Premise: "1,391 acknowledged obligations", Line: 10},
		},
	}
	return in
}
