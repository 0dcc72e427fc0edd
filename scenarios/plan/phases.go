package plan

import "time"

// phase is a part of a plan as far as it is known before a run. What a run
// went through is derived from its history.
type phase struct {
	name        string
	from, until time.Duration
	events      int
}

// phases cuts the plan where the first planned trouble begins and where the
// last one ends. Trouble that hangs on a trigger has no place before a run.
func (p *Plan) phases() []phase {
	first, last, some := p.trouble()
	parts := []phase{{name: "baseline", until: p.TrafficEnd}}
	if some && first < p.TrafficEnd {
		parts[0].until = first
		parts = append(parts, phase{name: "fault", from: first, until: last})
		if last < p.TrafficEnd {
			parts = append(parts, phase{name: "heal", from: last, until: p.TrafficEnd})
		}
	}
	n := 0
	for e := range p.Publishes() {
		for n < len(parts)-1 && e.At >= parts[n].until {
			n++
		}
		parts[n].events++
	}
	end := p.End()
	return append(parts, phase{name: "drain", from: end, until: end + p.Drain.AtMost})
}

func (p *Plan) trouble() (first, last time.Duration, some bool) {
	first = p.TrafficEnd
	add := func(from, until time.Duration) {
		first, last, some = min(first, from), max(last, until), true
	}
	for _, f := range p.Faults {
		if f.AtPublish && f.Trigger == nil {
			add(f.From, f.Until)
		}
		for _, end := range f.Ends {
			if f.Trigger == nil {
				add(f.From, end)
			}
		}
	}
	for _, d := range p.Dependencies {
		if d.Trigger == nil {
			add(d.At, d.At+d.For)
		}
	}
	for _, v := range p.Verbs {
		if v.Trigger == nil {
			add(v.At, v.At+v.For)
		}
	}
	return first, last, some
}

// amounts counts the planned events, and what they make the sender owe.
func (p *Plan) amounts() (events, obligations int) {
	for _, s := range p.Streams {
		events += s.Count
		// All topics of one stream have the same number of endpoints.
		obligations += s.Count * len(p.Topics[s.Topics[0]].Endpoints)
	}
	return events, obligations
}
