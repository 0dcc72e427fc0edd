package canary

import (
	"slices"
	"time"
)

// Snapshot is what a Model knows at one instant.
type Snapshot struct {
	At      time.Time
	Regions []RegionState
	// Open is the incident that goes on, or nil; Closed are former ones, the
	// newest first. They must not be changed.
	Open   *Incident
	Closed []*Incident
	Alerts []Alert
	// Deploys are the marks, the newest first.
	Deploys []Deploy
}

// RegionState is what is known of one region at one instant.
type RegionState struct {
	Region    string
	Trouble   Trouble
	Since     time.Time
	Draining  bool
	Known     bool
	Divergent bool
	Circuit   bool
	Diagnosis Diagnosis
	// InFlight counts canaries that are owed; Late those of them that are
	// late, and Lost those of the last day that are lost.
	InFlight, Late, Lost int
	// Oldest is when the oldest of InFlight was accepted.
	Oldest                       time.Time
	LastPublished, LastDelivered time.Time
	// SuccessDelta and LatencyRatio compare the region with the others.
	SuccessDelta, LatencyRatio float64
	// Good and Bad are the canaries of the last hour.
	Good, Bad int
}

// Snapshot returns what is known. It shares no memory that changes, but for
// incidents, which are copied in depth.
func (m *Model) Snapshot() Snapshot {
	s := Snapshot{At: m.now, Open: m.incidents.open.clone()}
	for _, r := range m.regions {
		s.Regions = append(s.Regions, m.state(r))
	}
	for _, i := range slices.Backward(m.incidents.closed) {
		s.Closed = append(s.Closed, i.clone())
	}
	for _, d := range slices.Backward(m.deploys.all) {
		s.Deploys = append(s.Deploys, *d)
	}
	for _, r := range m.regions {
		for _, name := range AlertNames() {
			if a := m.alerts.active[alertKey{name, r.name}]; a != nil {
				s.Alerts = append(s.Alerts, *a)
			}
		}
	}
	return s
}

func (m *Model) state(r *region) RegionState {
	_, late := r.ledger.overdue()
	sums := r.tally.over(hour)
	s := RegionState{
		Region: r.name, Trouble: r.trouble, Since: r.since, Draining: r.draining(), Known: r.known(),
		Divergent: r.divergence.differs(m.settings.DivergeAfter), Circuit: r.circuit.open,
		Diagnosis: diagnose(r, m.regions),
		InFlight:  r.ledger.flying, Late: late, Lost: r.ledger.lost(m.now.Add(-day)),
		LastPublished: r.ledger.lastPublished, LastDelivered: r.ledger.lastDelivered,
		SuccessDelta: successDelta(r, m.regions), LatencyRatio: latencyRatio(m.now, r, m.regions),
		Good: sums.Good, Bad: sums.Bad,
	}
	if c := r.ledger.oldest(); c != nil {
		s.Oldest = c.Accepted
	}
	return s
}

// Healthy reports whether the region is seen to be without trouble.
func (s RegionState) Healthy() bool {
	return s.Known && s.Trouble.IsZero() && !s.LastDelivered.IsZero()
}

// latencyRatio is the median latency of the region's newest canaries over the
// median of the others' medians; zero where there is nothing to compare. Those
// that are late count with the age they have: the few that do arrive in an
// outage would make it look fast.
func latencyRatio(now time.Time, r *region, all []*region) float64 {
	own := r.ledger.medianLatency(now)
	var others []time.Duration
	for _, o := range all {
		if l := o.ledger.medianLatency(now); o != r && l > 0 {
			others = append(others, l)
		}
	}
	if own == 0 || len(others) == 0 {
		return 0
	}
	slices.Sort(others)
	return float64(own) / float64(others[len(others)/2])
}

// medianLatency is that of the newest canaries that arrived or are late.
func (l *ledger) medianLatency(now time.Time) time.Duration {
	var latest [32]time.Duration
	n := 0
	for i := len(l.all) - 1; i >= 0 && i >= len(l.all)-4*len(latest) && n < len(latest); i-- {
		if c := l.all[i]; !c.Received.IsZero() || c.State() == Late || c.State() == Lost {
			latest[n] = c.latency(now)
			n++
		}
	}
	if n == 0 {
		return 0
	}
	slices.Sort(latest[:n])
	return latest[n/2]
}

func (i *Incident) clone() *Incident {
	if i == nil {
		return nil
	}
	c := *i
	c.Entries = slices.Clone(i.Entries)
	c.Impacts = make([]*Impact, len(i.Impacts))
	for n, m := range i.Impacts {
		one := *m
		one.Causes = slices.Clone(m.Causes)
		c.Impacts[n] = &one
	}
	return &c
}
