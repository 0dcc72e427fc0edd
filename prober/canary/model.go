package canary

import (
	"slices"
	"time"

	"github.com/hookdrill/hookdrill/prober/event"
)

// Model is all that a prober knows, as a state machine: observations and the
// time go in, facts come out. It is not safe for concurrent use.
type Model struct {
	settings  Settings
	regions   []*region
	incidents *incidents
	alerts    *alerts
	deploys   deploys
	// silences are windows made by people while the prober runs.
	silences      []Window
	silencesDirty []Window
	// now is the newest time that it has seen; it never goes backwards.
	now time.Time
	// sink hears of every fact, and news of every alert that begins or ends.
	sink func(Fact)
	news func(Alert)
}

// NewModel makes a model of regions about which nothing is known.
func NewModel(s Settings, regions []string) *Model {
	m := &Model{settings: s, incidents: newIncidents(), alerts: newAlerts(), sink: func(Fact) {}, news: func(Alert) {}}
	for _, name := range regions {
		m.regions = append(m.regions, newRegion(name, s))
	}
	return m
}

// Adopt takes over other settings and regions. What is known of regions that
// stay is kept.
func (m *Model) Adopt(at time.Time, s Settings, regions []string) {
	m.settings = s
	var all []*region
	for _, name := range regions {
		r := m.region(name)
		if r == nil {
			r = newRegion(name, s)
		}
		r.after, r.ledger.lateAfter, r.ledger.lostAfter = s.FailAfter, s.LateAfter, s.LostAfter
		all = append(all, r)
	}
	for _, r := range m.regions {
		if !slices.Contains(all, r) {
			m.incidents.forget(at, r.name)
			m.alerts.forget(r.name)
		}
	}
	m.regions = all
	m.incidents.settle(at, all, s.ResolveAfter)
}

func (a *alerts) forget(region string) {
	for key := range a.active {
		if key.region == region {
			delete(a.active, key)
		}
	}
}

func (m *Model) region(name string) *region {
	i := slices.IndexFunc(m.regions, func(r *region) bool { return r.name == name })
	if i < 0 {
		return nil
	}
	return m.regions[i]
}

// time moves the model's time on. A clock that goes backwards stands still
// for the model until it has caught up.
func (m *Model) time(at time.Time) time.Time {
	m.now = later(m.now, at)
	return m.now
}

// Called enters a canary that is about to be published.
func (m *Model) Called(region string, token event.Token, at time.Time) {
	at = m.time(at)
	if r := m.region(region); r != nil {
		r.ledger.call(token, at)
	}
}

// Answered enters how a publish ended: well with OK. refused says that the
// sender owes nothing for certain.
func (m *Model) Answered(region string, token event.Token, at time.Time, class Class, refused bool, by Place) {
	at = m.time(at)
	r := m.region(region)
	if r == nil {
		return
	}
	m.tell(r, r.ledger.answer(token, at, class, refused))
	if class == OK {
		by = ""
	}
	r.publish.look(at, class, by)
	r.circuit.update(at, r.publish.row, m.settings.CircuitFailures)
	m.looked(at, r, Trouble{StagePublish, class})
}

// Owed enters that a publish that was left open turned out to be accepted.
func (m *Model) Owed(region string, token event.Token, at time.Time) {
	at = m.time(at)
	if r := m.region(region); r != nil {
		m.tell(r, r.ledger.owe(token, at))
	}
}

// Unreached enters that the sender could not even be set up for a canary.
func (m *Model) Unreached(region string, at time.Time, class Class, by Place) {
	at = m.time(at)
	r := m.region(region)
	if r == nil {
		return
	}
	m.tell(r, []Fact{{Kind: FactFailure, Region: region, At: at, Stage: StagePublish, Class: class}})
	r.publish.look(at, class, by)
	m.looked(at, r, Trouble{StagePublish, class})
}

// Received enters the arrival of a canary whose request was in order.
func (m *Model) Received(region string, token event.Token, at time.Time) {
	at = m.time(at)
	r := m.region(region)
	if r == nil {
		return
	}
	facts := r.ledger.receive(token, at)
	if slices.ContainsFunc(facts, func(f Fact) bool { return f.Kind == FactOnTime }) {
		r.attempt.look(at, OK, "") // what the sender said of older ones is over
	}
	m.tell(r, facts)
	m.step(at, r)
}

// Rejected enters an arrival that does not count.
func (m *Model) Rejected(region, reason string, at time.Time) {
	at = m.time(at)
	if r := m.region(region); r != nil {
		facts := []Fact{{Kind: FactRejected, Region: region, At: at, Text: reason}}
		if reason == CorruptPayload {
			facts = append(facts, Fact{Kind: FactFailure, Region: region, At: at, Stage: StageReceive, Class: BodyInvalid})
		}
		m.tell(r, facts)
	}
}

// Routed enters a check of the region's public URL; self that of its receiver
// past everything that stands before it.
func (m *Model) Routed(region string, at time.Time, class Class, by Place, self Class) {
	at = m.time(at)
	r := m.region(region)
	if r == nil {
		return
	}
	r.route.look(at, class, by)
	r.self.look(at, self, ByEndpoint)
	if class != OK {
		m.tell(r, []Fact{{Kind: FactFailure, Region: region, At: at, Stage: StageRoute, Class: class}})
	}
	m.looked(at, r, Trouble{StageRoute, class})
}

// Attempted enters what the sender itself says of its attempts at a canary
// that was on its way when it was asked. Where the canary has arrived by now it
// says nothing: the sender spoke of our own receipt.
func (m *Model) Attempted(region string, token event.Token, at time.Time, class Class) {
	at = m.time(at)
	r := m.region(region)
	if r == nil {
		return
	}
	if c := r.ledger.byToken[token]; c == nil || !c.open() {
		return
	}
	r.attempt.look(at, class, "")
	if class != OK {
		m.tell(r, []Fact{{Kind: FactFailure, Region: region, At: at, Stage: StageAttempt, Class: class}})
		m.incidents.saw(at, r, Trouble{StageAttempt, class})
		r.ledger.spoil(at)
	}
	m.step(at, r)
}

// Revealed enters how many attempts a canary that arrived took, by the sender's
// own word. What it says a second time counts once.
func (m *Model) Revealed(region string, token event.Token, at time.Time, attempts int) {
	at = m.time(at)
	if r := m.region(region); r != nil {
		m.tell(r, r.ledger.reveal(token, at, attempts))
	}
}

// Skipped enters that nothing was published, and why.
func (m *Model) Skipped(region, reason string, at time.Time) {
	at = m.time(at)
	if r := m.region(region); r != nil {
		m.tell(r, []Fact{{Kind: FactSkipped, Region: region, At: at, Text: reason}})
	}
}

// Deploy marks the start or the end of a deploy; an empty region: everywhere.
func (m *Model) Deploy(id, region string, end bool, at time.Time) Deploy {
	d := m.deploys.mark(id, region, end, m.time(at))
	m.incidents.deploy(*d, end)
	return *d
}

// Silence mutes alerts until an instant.
func (m *Model) Silence(w Window) {
	m.silences = slices.DeleteFunc(m.silences, func(s Window) bool { return !m.now.Before(s.Ends) })
	m.silences = append(m.silences, w)
	m.silencesDirty = m.silences
}

// Withdraw ends what is on its way in a region without blame.
func (m *Model) Withdraw(region string, at time.Time) {
	if r := m.region(region); r != nil {
		r.ledger.withdraw(m.time(at))
	}
}

// Tick moves time on: canaries age, alerts begin and end.
func (m *Model) Tick(at time.Time) {
	at = m.time(at)
	for _, r := range m.regions {
		m.tell(r, r.ledger.tick(at))
		m.step(at, r)
	}
	s := m.settings
	s.Windows = slices.Concat(s.Windows, m.silences)
	for _, r := range m.regions {
		for _, a := range m.alerts.update(at, r, s) {
			m.news(a)
		}
	}
}

// looked enters a look of an observer at a region.
func (m *Model) looked(at time.Time, r *region, t Trouble) {
	m.incidents.saw(at, r, t)
	if t.Class != OK {
		r.ledger.spoil(at)
	}
	m.step(at, r)
	r.divergence.observe(at, r, m.regions)
}

// step takes over what an observation changed.
func (m *Model) step(at time.Time, r *region) {
	switch changed := r.update(at); {
	case !r.trouble.IsZero() && changed:
		m.incidents.broke(at, r, diagnose(r, m.regions), m.deploys.all)
	case r.wavers():
	case !r.trouble.IsZero():
		m.incidents.explain(r.name, diagnose(r, m.regions))
	case changed:
		m.incidents.mended(at, r, m.regions)
	}
	m.incidents.settle(at, m.regions, m.settings.ResolveAfter)
}

// tell adds facts up wherever they count.
func (m *Model) tell(r *region, facts []Fact) {
	for _, f := range facts {
		switch {
		case f.Kind == FactOnTime && f.Class == OK:
			r.tally.add(f.At, counts{Good: 1})
		case f.Kind == FactOverdue, f.Kind == FactFailure && f.Stage == StagePublish:
			r.tally.add(f.At, counts{Bad: 1})
		}
		m.sink(f)
	}
	m.incidents.count(facts)
}
