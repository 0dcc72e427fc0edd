package report

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/hookdrill/hookdrill/scenarios/plan"
)

// planDocument is plan.json: what a run was going to do, for a reader with
// jq. It is written and never read; the scenario's text and the seed give the
// plan again. Endpoints' secrets are not in it.
type planDocument struct {
	SchemaVersion int             `json:"schema_version"`
	Name          string          `json:"name"`
	Title         string          `json:"title"`
	Seed          uint64          `json:"seed"`
	Starts        time.Time       `json:"starts"`
	Run           string          `json:"run"`
	TrafficEnd    seconds         `json:"traffic_end_seconds"`
	DrainAtMost   seconds         `json:"drain_at_most_seconds"`
	Endpoints     []planEndpoint  `json:"endpoints"`
	Streams       []planStream    `json:"streams"`
	Faults        []planFault     `json:"faults"`
	Verbs         []planVerb      `json:"verbs"`
	Marks         []planMark      `json:"marks"`
	Guarantees    []planGuarantee `json:"guarantees"`
}

type planEndpoint struct {
	Name   string            `json:"name"`
	Labels map[string]string `json:"labels"`
	Topics []string          `json:"topics"`
}

type planStream struct {
	From   seconds `json:"from_seconds"`
	For    seconds `json:"for_seconds"`
	Events int     `json:"events"`
	Keys   int     `json:"keys"`
	Topics int     `json:"topics"`
}

type planFault struct {
	ID      string       `json:"id"`
	Line    int          `json:"line"`
	Kind    string       `json:"kind"`
	Summary string       `json:"summary"`
	From    seconds      `json:"from_seconds"`
	Until   seconds      `json:"until_seconds"`
	Trigger *planTrigger `json:"trigger"`
	// Closes says per endpoint when the window closes there.
	Closes map[string]seconds `json:"closes_seconds"`
}

type planTrigger struct {
	Milestone string  `json:"milestone"`
	Nth       int     `json:"nth"`
	By        seconds `json:"by_seconds"`
}

type planVerb struct {
	ID      string       `json:"id"`
	Line    int          `json:"line"`
	Action  string       `json:"action"`
	At      seconds      `json:"at_seconds"`
	Trigger *planTrigger `json:"trigger"`
	For     seconds      `json:"for_seconds"`
}

type planMark struct {
	At   seconds `json:"at_seconds"`
	Text string  `json:"text"`
}

type planGuarantee struct {
	Name      string            `json:"name"`
	Line      int               `json:"line"`
	Args      map[string]string `json:"args"`
	Endpoints []string          `json:"endpoints"`
}

// PlanJSON returns the content of plan.json.
func PlanJSON(p *plan.Plan) ([]byte, error) {
	d := planDocument{
		SchemaVersion: SchemaVersion, Name: p.Name, Title: p.Title, Seed: p.Seed, Starts: p.Starts.UTC(), Run: p.Run,
		TrafficEnd: seconds(p.TrafficEnd), DrainAtMost: seconds(p.Drain.AtMost),
		Endpoints: []planEndpoint{}, Streams: []planStream{}, Faults: []planFault{},
		Verbs: []planVerb{}, Marks: []planMark{}, Guarantees: []planGuarantee{},
	}
	for _, e := range p.Endpoints {
		d.Endpoints = append(d.Endpoints, planEndpoint{Name: e.Name, Labels: e.Labels, Topics: e.Topics})
	}
	for _, s := range p.Streams {
		d.Streams = append(d.Streams, planStream{From: seconds(s.From), For: seconds(s.For),
			Events: s.Count, Keys: s.Keys, Topics: len(s.Topics)})
	}
	for _, f := range p.Faults {
		d.Faults = append(d.Faults, newPlanFault(p, f))
	}
	for _, v := range p.Verbs {
		d.Verbs = append(d.Verbs, planVerb{ID: v.ID, Line: v.Line, Action: v.Action,
			At: seconds(v.At), Trigger: newPlanTrigger(v.Trigger), For: seconds(v.For)})
	}
	for _, m := range p.Marks {
		d.Marks = append(d.Marks, planMark{At: seconds(m.At), Text: m.Text})
	}
	for _, g := range p.Guarantees {
		d.Guarantees = append(d.Guarantees, planGuarantee{Name: g.Name, Line: g.Line,
			Args: printed(g.Args), Endpoints: endpointNames(p, g.Endpoints)})
	}
	b, err := json.MarshalIndent(d, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("write plan: %w", err)
	}
	return append(b, '\n'), nil
}

func newPlanFault(p *plan.Plan, f plan.Fault) planFault {
	out := planFault{
		ID: f.ID, Line: f.Line, Kind: f.Value.Kind, Summary: f.Summary, From: seconds(f.From), Until: seconds(f.Until),
		Trigger: newPlanTrigger(f.Trigger), Closes: map[string]seconds{},
	}
	for i, e := range f.Endpoints {
		until := f.Until
		if i < len(f.Ends) {
			until = f.Ends[i]
		}
		out.Closes[p.Endpoints[e].Name] = seconds(until)
	}
	return out
}

func newPlanTrigger(t *plan.Trigger) *planTrigger {
	if t == nil {
		return nil
	}
	return &planTrigger{Milestone: t.Milestone, Nth: t.Nth, By: seconds(t.By)}
}

func endpointNames(p *plan.Plan, indexes []int) []string {
	names := make([]string, 0, len(indexes))
	for _, i := range indexes {
		names = append(names, p.Endpoints[i].Name)
	}
	return names
}

func printed(args map[string]any) map[string]string {
	texts := make(map[string]string, len(args))
	for name, value := range args {
		texts[name] = fmt.Sprint(value)
	}
	return texts
}
