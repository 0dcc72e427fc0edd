package canary

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// maxIncidents is how many closed incidents are remembered.
const maxIncidents = 100

// incidents is the book of incidents. One incident holds all regions that are
// in trouble at the same time: they mostly have one cause.
type incidents struct {
	open   *Incident
	closed []*Incident
	// early are failed looks at regions that are not in trouble yet, and what
	// came late there, so that the first ones are not missing from what an
	// incident tells.
	early map[string]*Impact
	// dirty are those that the state on disk does not know as they are.
	dirty map[string]*Incident
}

func newIncidents() *incidents {
	return &incidents{early: map[string]*Impact{}, dirty: map[string]*Incident{}}
}

func (b *incidents) touch(i *Incident) { b.dirty[i.ID] = i }

// saw enters a look at a region.
func (b *incidents) saw(at time.Time, r *region, t Trouble) {
	if t.Class == OK {
		if early := b.early[r.name]; early != nil {
			early.Causes = slices.DeleteFunc(early.Causes, func(c Cause) bool { return c.Stage == t.Stage })
		}
		return
	}
	if m := b.impact(r.name); m != nil {
		if m.saw(at, t) && m.Recovered.IsZero() {
			b.open.note(Entry{At: at, Region: r.name, Text: r.name + " answers otherwise: " + t.String()})
		}
		b.touch(b.open)
		return
	}
	b.earlyOf(r.name).saw(at, t)
}

func (b *incidents) earlyOf(region string) *Impact {
	if b.early[region] == nil {
		b.early[region] = &Impact{}
	}
	return b.early[region]
}

func (b *incidents) impact(region string) *Impact {
	if b.open == nil {
		return nil
	}
	return b.open.impact(region)
}

// beforehand is how long before an incident a deploy may have begun to stand
// on its timeline.
const beforehand = hour

// broke enters that a region is in trouble, or in another trouble.
func (b *incidents) broke(at time.Time, r *region, d Diagnosis, marks []*Deploy) {
	if b.open == nil {
		b.open = &Incident{ID: "incident-" + at.UTC().Format("20060102-150405"), LastGood: r.lastGood, Began: r.since}
		for _, m := range marks {
			if r.since.Sub(m.Started) < beforehand && m.Started.Before(at) {
				b.deploy(*m, false)
			}
		}
		b.open.enter(at, Investigating, d.Sentence)
	}
	i := b.open
	b.touch(i)
	m := i.impact(r.name)
	switch {
	case m == nil:
		m = &Impact{Region: r.name, LastGood: r.lastGood, Began: r.since, Detected: at}
		if early := b.early[r.name]; early != nil {
			m.Causes, m.Delayed, m.Longest = early.Causes, early.Delayed, early.Longest
			delete(b.early, r.name)
		}
		i.Impacts = append(i.Impacts, m)
		if len(i.Impacts) > 1 {
			i.note(Entry{At: at, Region: r.name, Text: d.Sentence})
		}
		i.Began = earlier(i.Began, m.Began)
	case !m.Recovered.IsZero():
		m.Recovered, m.Resolved = time.Time{}, time.Time{}
		m.Relapses++
		i.note(Entry{At: at, Region: r.name, Text: "broken again: " + d.Sentence})
	}
	if r.trouble.Stage == StageReceive {
		m.saw(at, r.trouble)
	}
	b.explain(r.name, d)
	switch {
	case d.Sure && i.Phase != Identified:
		i.enter(at, Identified, d.Suspect)
	case i.Phase == Monitoring:
		i.enter(at, Investigating, d.Sentence)
	}
}

// explain keeps the newest diagnosis of a region in trouble. What others went
// through beside it, and when they were mended, comes to be known as time goes
// on; that nothing arrives does not take the place of why.
func (b *incidents) explain(region string, d Diagnosis) {
	m := b.impact(region)
	if m == nil || m.Sure && !d.Sure || m.Diagnosis == d.Sentence {
		return
	}
	m.Diagnosis, m.Sure = d.Sentence, d.Sure
	b.touch(b.open)
}

// mended enters that looks at a region are good again.
func (b *incidents) mended(at time.Time, r *region, all []*region) {
	m := b.impact(r.name)
	if m == nil {
		return
	}
	b.touch(b.open)
	m.Recovered = at
	text := r.name + " recovered: " + quiet(r)
	if rest := broken(all); len(rest) > 0 {
		text += fmt.Sprintf("; the fix is in %s, not in %s", r.name, namesOf(rest))
	}
	b.open.note(Entry{At: at, Region: r.name, Text: text})
}

func broken(all []*region) []*region {
	var rest []*region
	for _, r := range all {
		if !r.trouble.IsZero() {
			rest = append(rest, r)
		}
	}
	return rest
}

// settle moves the open incident on when the evidence allows it, and forgets
// what went wrong in a region that is well again without one.
func (b *incidents) settle(at time.Time, all []*region, resolveAfter int) {
	for _, r := range all {
		if r.trouble.IsZero() && r.ledger.onTimeRow >= resolveAfter {
			delete(b.early, r.name)
		}
	}
	i := b.open
	if i == nil {
		return
	}
	if len(broken(all)) == 0 && i.Phase != Monitoring {
		b.touch(i)
		i.enter(at, Monitoring, "no region is in trouble; waiting for what is late")
	}
	over := true
	for _, r := range all {
		m := i.impact(r.name)
		if m == nil || !m.Resolved.IsZero() {
			continue
		}
		_, late := r.ledger.overdue()
		if m.Recovered.IsZero() || late > 0 || r.ledger.onTimeRow < resolveAfter {
			over = false
			continue
		}
		m.Resolved = at
		b.touch(i)
	}
	if over && i.Phase == Monitoring {
		i.enter(at, Resolved, "canaries arrive on time in "+strings.Join(impacted(i), ", ")+", and none is late")
		b.close()
	}
}

func (b *incidents) close() {
	b.closed = append(b.closed, b.open)
	b.open = nil
	clear(b.early)
	if n := len(b.closed) - maxIncidents; n > 0 {
		b.closed = append(b.closed[:0], b.closed[n:]...)
	}
}

// forget ends what is said of a region that is not probed any more.
func (b *incidents) forget(at time.Time, region string) {
	delete(b.early, region)
	if m := b.impact(region); m != nil && m.Resolved.IsZero() {
		b.open.note(Entry{At: at, Region: region, Text: region + " is not probed any more"})
		m.Recovered, m.Resolved = at, at
		b.touch(b.open)
	}
}

// count enters facts.
func (b *incidents) count(facts []Fact) {
	for _, f := range facts {
		m, i := b.impact(f.Region), b.open
		switch {
		case m != nil:
		case f.Kind == FactRecovered:
			m, i = b.lastLoss(f.Region)
		case f.Kind == FactLate:
			early := b.earlyOf(f.Region)
			early.Delayed++
			early.Longest = max(early.Longest, f.Latency)
		}
		if m == nil {
			continue
		}
		switch f.Kind {
		case FactFailure:
			if f.Stage == StagePublish {
				m.PublishFailed++
			}
		case FactLate:
			m.Delayed++
			m.Longest = max(m.Longest, f.Latency)
		case FactLost:
			m.Lost++
		case FactRecovered:
			m.Lost--
			m.Longest = max(m.Longest, f.Latency)
		case FactDuplicate:
			m.Duplicated++
		default:
			continue
		}
		b.touch(i)
	}
}

// lastLoss finds the newest incident in which a region lost something.
func (b *incidents) lastLoss(region string) (*Impact, *Incident) {
	for _, v := range slices.Backward(b.closed) {
		if m := v.impact(region); m != nil && m.Lost > 0 {
			return m, v
		}
	}
	return nil, nil
}

// deploy puts a deploy mark on the open timeline.
func (b *incidents) deploy(d Deploy, end bool) {
	if b.open == nil {
		return
	}
	at, verb := d.Started, "started"
	if end {
		at, verb = d.Ended, "ended"
	}
	b.open.note(Entry{At: at, Region: d.Region, Text: fmt.Sprintf("deploy %s %s in %s", d.ID, verb, d.where())})
	b.touch(b.open)
}

func impacted(i *Incident) []string {
	names := make([]string, len(i.Impacts))
	for n, m := range i.Impacts {
		names[n] = m.Region
	}
	return names
}

func earlier(a, b time.Time) time.Time {
	if b.IsZero() || !a.IsZero() && a.Before(b) {
		return a
	}
	return b
}
