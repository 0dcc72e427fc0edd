package canary

import (
	"fmt"
	"slices"
	"time"
)

// The alerts.
const (
	AlertLate      = "late"
	AlertLost      = "lost"
	AlertBurnFast  = "burn-fast"
	AlertBurnSlow  = "burn-slow"
	AlertBurnTrend = "burn-trend"
	AlertDivergent = "divergent"
	AlertSilent    = "silent"
)

// AlertNames returns the names of all alerts.
func AlertNames() []string {
	return []string{AlertLate, AlertLost, AlertBurnFast, AlertBurnSlow, AlertBurnTrend, AlertDivergent, AlertSilent}
}

// burnRule fires while an error budget is used up rate times too fast over
// both windows: the long one for weight, the short one so that the alert ends
// when the trouble does. Pairs of the SRE workbook, chapter 5.
type burnRule struct {
	name        string
	rate        float64
	long, short time.Duration
}

func burnRules() []burnRule {
	return []burnRule{
		{AlertBurnFast, 14.4, hour, 5 * time.Minute},
		{AlertBurnSlow, 6, 6 * hour, 30 * time.Minute},
		{AlertBurnTrend, 1, 3 * day, 6 * hour},
	}
}

// Alert is one condition that holds, or that has just ended.
type Alert struct {
	Name   string    `json:"name"`
	Region string    `json:"region"`
	Since  time.Time `json:"since"`
	// Ended is when it ended; zero: it holds.
	Ended time.Time `json:"ended,omitzero"`
	// Muted names the window that keeps it quiet; empty: nothing does.
	Muted string `json:"muted,omitempty"`
	Text  string `json:"text"`
}

type alertKey struct{ name, region string }

// alerts are the conditions that hold now.
type alerts struct{ active map[alertKey]*Alert }

func newAlerts() *alerts { return &alerts{active: map[alertKey]*Alert{}} }

// update looks at one region and returns what began or ended, and what came
// out of a window that had muted it.
func (a *alerts) update(at time.Time, r *region, s Settings) []Alert {
	r.tally.advance(at)
	texts := conditions(at, r, s, func(name string) bool { return a.active[alertKey{name, r.name}] != nil })
	window, quiet := muted(s.Windows, r.name, at)
	if !quiet {
		window = ""
	}
	var news []Alert
	for _, name := range AlertNames() {
		key := alertKey{name, r.name}
		text, holds := texts[name]
		holds = holds && !slices.Contains(s.Muted, name)
		now := a.active[key]
		switch {
		case holds && now == nil:
			now = &Alert{Name: name, Region: r.name, Since: at, Muted: window, Text: text}
			a.active[key] = now
			news = append(news, *now)
		case holds:
			news = append(news, now.unmute(window)...)
			now.Text = text
		case now != nil:
			now.Ended, now.Muted = at, window
			news = append(news, *now)
			delete(a.active, key)
		}
	}
	return news
}

// unmute follows the windows. An alert that outlasts its window is news.
func (a *Alert) unmute(window string) []Alert {
	was := a.Muted
	a.Muted = window
	if was != "" && window == "" {
		return []Alert{*a}
	}
	return nil
}

// conditions returns a text for each condition that holds; active tells those
// that held before.
func conditions(at time.Time, r *region, s Settings, active func(name string) bool) map[string]string {
	texts := map[string]string{}
	if _, n := r.ledger.overdue(); n > 0 {
		age := r.ledger.oldest().latency(at).Round(time.Second)
		texts[AlertLate] = fmt.Sprintf("%d canaries are late in %s, the oldest by %s", n, r.name, span(age-s.LateAfter))
	}
	if n := r.ledger.lost(at.Add(-day)); n > 0 {
		texts[AlertLost] = fmt.Sprintf("%d canaries of the last day are lost in %s", n, r.name)
	}
	for _, b := range burnRules() {
		if r.tally.over(b.long).Bad < s.MinFailures || r.tally.burn(b.long, s.SLO) <= b.rate {
			continue
		}
		// Canaries may be further apart than the short window is long: one that
		// holds none says nothing, and ends nothing.
		_, some := r.tally.ratio(b.short)
		if r.tally.burn(b.short, s.SLO) > b.rate || !some && active(b.name) {
			texts[b.name] = fmt.Sprintf("the error budget of %s burns %.0f times too fast over %s, and %.0f times over %s",
				r.name, r.tally.burn(b.long, s.SLO), span(b.long), r.tally.burn(b.short, s.SLO), span(b.short))
		}
	}
	if r.divergence.differs(s.DivergeAfter) && at.Sub(r.divergence.since) >= s.DivergentFor {
		texts[AlertDivergent] = fmt.Sprintf("%s differs from the other regions since %s: %v", r.name, clock(r.divergence.since), r.divergence.in)
	}
	if last := r.ledger.lastPublished; !last.IsZero() && at.Sub(last) > 3*max(s.Interval, time.Minute) {
		texts[AlertSilent] = fmt.Sprintf("nothing was published in %s since %s", r.name, clock(last))
	}
	return texts
}

// lost counts the canaries that were lost since an instant and did not arrive.
func (l *ledger) lost(since time.Time) int {
	n := 0
	for i := len(l.lostOnes) - 1; i >= 0 && l.lostOnes[i].Lost.After(since); i-- {
		if l.lostOnes[i].State() == Lost {
			n++
		}
	}
	return n
}
