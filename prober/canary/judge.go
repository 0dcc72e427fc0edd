package canary

import (
	"fmt"
	"slices"
	"time"

	"github.com/hookdrill/hookdrill/scenarios/verdict"
)

// Question is what a gate asks.
type Question struct {
	// Name is a region, or All.
	Name string
	// Regions narrows All; empty: every region.
	Regions []string
	// Since is when the change was made; Deploy names a mark instead. Only
	// canaries that were published after it count. Neither: the last
	// GateRule.Window.
	Since  time.Time
	Deploy string
	// MinSamples overrides that of the rule; 0: does not.
	MinSamples int
}

// All is the name of the gate that looks at every region.
const All = "all"

// Answer is the verdict a gate gives. A verdict without data is Unknown.
type Answer struct {
	Verdict verdict.Status
	From    time.Time
	Until   time.Time
	Samples int
	Regions []RegionAnswer
	Reasons []string
}

// RegionAnswer is the part of an Answer for one region.
type RegionAnswer struct {
	Region  string
	Verdict verdict.Status
	Trouble Trouble
	// Good, Bad and Waiting count the canaries published after the change.
	Good, Bad, Waiting int
	// Delayed counts those published before it that arrived late after it.
	Delayed int
	// Recovery is from the change to the first canary that was published
	// after it and arrived on time; zero: none did.
	Recovery time.Duration
	Reason   string
}

// Knows reports whether a name is that of a gate.
func (m *Model) Knows(name string) bool { return name == All || m.region(name) != nil }

// Judge answers a gate. paused says that nothing is being published, so that
// nothing can be judged.
func (m *Model) Judge(q Question, at time.Time, paused bool) Answer {
	a := Answer{Until: at, From: at}
	var all []verdict.Status
	for _, r := range m.regions {
		if q.Name != All && q.Name != r.name || len(q.Regions) > 0 && !slices.Contains(q.Regions, r.name) {
			continue
		}
		one, from := m.judge(r, q, at, paused)
		a.From = earlier(a.From, from)
		a.Samples += one.Good + one.Bad
		a.Regions = append(a.Regions, one)
		a.Reasons = append(a.Reasons, one.Reason)
		all = append(all, one.Verdict)
	}
	for _, name := range q.Regions {
		if m.region(name) == nil {
			all = append(all, verdict.Unknown)
			a.Reasons = append(a.Reasons, fmt.Sprintf("there is no region %q", name))
		}
	}
	a.Verdict = verdict.All(all...)
	return a
}

// from returns since when canaries count for a region. certain is false while
// the change goes on, or is not known.
func (m *Model) from(q Question, region string, at time.Time) (from time.Time, certain bool, why string) {
	switch {
	case q.Deploy == "" && q.Since.IsZero():
		return at.Add(-m.settings.Gate.Window), true, ""
	case q.Deploy == "":
		return q.Since, true, ""
	}
	d := m.deploys.find(q.Deploy, region)
	switch {
	case d == nil:
		return at, false, fmt.Sprintf("deploy %q was never marked", q.Deploy)
	case d.Ended.IsZero():
		return d.Started, false, fmt.Sprintf("deploy %q has not ended", q.Deploy)
	default:
		return d.Ended, true, ""
	}
}

func (m *Model) judge(r *region, q Question, at time.Time, paused bool) (RegionAnswer, time.Time) {
	from, certain, why := m.from(q, r.name, at)
	a := RegionAnswer{Region: r.name, Trouble: r.trouble}
	for _, c := range r.ledger.all {
		a.count(c, from)
	}
	least := m.settings.Gate.MinSamples
	if q.MinSamples > 0 {
		least = q.MinSamples
	}
	// A trouble that was last seen before the change says nothing about it.
	seen := !r.trouble.IsZero() && (r.publish.looked.After(from) && r.publish.row > 0 ||
		r.route.looked.After(from) && r.route.row > 0 || a.Bad > 0 || r.wavers() && r.ledger.spoilt.After(from))
	switch {
	case a.Bad > m.settings.Gate.MaxBad:
		a.Verdict = verdict.Fail
		a.Reason = fmt.Sprintf("%s: %d of %d canaries failed or were late", r.name, a.Bad, a.Bad+a.Good)
	case seen:
		a.Verdict = verdict.Fail
		a.Reason = diagnose(r, m.regions).Sentence
	case !certain:
		a.Reason = r.name + ": " + why
	case paused:
		a.Reason = r.name + ": probing is paused"
	case a.Good < least:
		a.Reason = fmt.Sprintf("%s: %d canaries have arrived on time since %s, %d are needed", r.name, a.Good, from.UTC().Format(time.RFC3339), least)
	default:
		a.Verdict = verdict.Pass
		a.Reason = fmt.Sprintf("%s: %d canaries arrived on time", r.name, a.Good)
	}
	if a.Verdict == verdict.Fail && !r.trouble.IsZero() && a.Bad > 0 {
		a.Reason += "; " + within(r.name, diagnose(r, m.regions).Sentence)
	}
	return a, from
}

// count adds one canary up.
func (a *RegionAnswer) count(c *Canary, from time.Time) {
	if !c.Called.After(from) {
		if c.Received.After(from) && !c.Overdue.IsZero() {
			a.Delayed++
		}
		return
	}
	good, decided := c.verdict()
	switch {
	case !decided:
		a.Waiting++
	case !good:
		a.Bad++
	default:
		a.Good++
		if took := c.Received.Sub(from); a.Recovery == 0 || took < a.Recovery {
			a.Recovery = took
		}
	}
}
