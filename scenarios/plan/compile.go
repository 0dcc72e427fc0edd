package plan

import (
	"maps"
	"time"

	"github.com/hookdrill/hookdrill/chaos"
	"github.com/hookdrill/hookdrill/prober/strict"
)

// compiler turns one spec into one plan.
type compiler struct {
	strict.Problems

	spec   *Spec
	plan   *Plan
	salts  salts
	values map[string][]string
	// topics finds a topic by its name.
	topics map[string]int
	// verbAt says where a verb stands, by its id.
	verbAt map[string]strict.Pos
}

// Compile turns a spec into a plan. It is a pure function of s and seed; seed
// 0 takes the file's. The error joins what the names and times of the file
// contradict, each with its place as Parse gives it.
func Compile(s *Spec, seed uint64) (*Plan, error) {
	if seed == 0 {
		seed = s.seed
	}
	c := &compiler{
		Problems: strict.Problems{File: s.file}, spec: s,
		plan: &Plan{
			File: s.file, Text: s.text, Seed: seed, Version: version,
			Name: s.name, Title: s.title, Source: s.source, Starts: s.starts, Run: runID(s.name, seed),
			Latency: s.latency, Retry: s.retry, Drain: s.drain, Scale: s.scale, Catches: s.catches,
		},
		salts:  salts{len(s.timeline), len(s.traffic)},
		values: map[string][]string{}, topics: map[string]int{}, verbAt: map[string]strict.Pos{},
	}
	c.addEndpoints()
	c.addTraffic()
	c.addTimeline()
	c.addGuarantees()
	if c.Len() > 0 {
		return nil, c.Err()
	}
	return c.plan, nil
}

func (c *compiler) addGuarantees() {
	for _, line := range c.spec.guarantees {
		g := Guarantee{Name: line.name, Line: line.Line, Args: maps.Clone(line.args)}
		if line.where != nil {
			g.Endpoints = c.selected(line.where)
		}
		c.plan.Guarantees = append(c.plan.Guarantees, g)
	}
}

// End returns the offset of the last thing that is planned; the drain begins
// there at the latest. What hangs on a trigger counts as late as it can be.
func (p *Plan) End() time.Duration {
	end := p.TrafficEnd
	for _, f := range p.Faults {
		at := f.Until
		if f.Trigger != nil {
			at += f.Trigger.By
		}
		end = max(end, at)
	}
	for _, v := range p.Verbs {
		at := v.At + v.For
		if v.Trigger != nil {
			at += v.Trigger.By
		}
		end = max(end, at)
	}
	for _, d := range p.Dependencies {
		at := d.At + d.For
		if d.Trigger != nil {
			at += d.Trigger.By
		}
		end = max(end, at)
	}
	for _, m := range p.Marks {
		end = max(end, m.At)
	}
	return end
}

// connects reports whether f needs a listener that no other endpoint shares.
func connects(f chaos.Fault) bool { return f.Layer == chaos.LayerConnect }
