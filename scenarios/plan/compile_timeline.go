package plan

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/hookdrill/hookdrill/prober/strict"
)

func (c *compiler) addTimeline() {
	ids := c.ids()
	for i, line := range c.spec.timeline {
		switch line.verb {
		case verbFault, verbDeploy:
			c.addFault(i, line, ids[i])
		case verbSender:
			c.addVerbs(i, line, ids[i])
		case verbDependency:
			c.addDependency(i, line, ids[i])
		case verbMark:
			c.plan.Marks = append(c.plan.Marks, Mark{salted(line.at, c.salts.begin(i)), line.text})
		}
	}
	// A heal may stand above the line that it shortens.
	for i, line := range c.spec.timeline {
		if line.verb == verbHeal {
			c.heal(i, line)
		}
	}
	slices.SortStableFunc(c.plan.Verbs, func(a, b Verb) int {
		if (a.Trigger == nil) != (b.Trigger == nil) {
			if a.Trigger == nil {
				return -1
			}
			return 1
		}
		return cmp.Compare(a.At, b.At)
	})
	slices.SortFunc(c.plan.Marks, func(a, b Mark) int { return cmp.Compare(a.At, b.At) })
	c.overlaps()
}

// ids returns the id of each line: its own, or one made from what it does.
func (c *compiler) ids() []string {
	ids, taken := make([]string, len(c.spec.timeline)), map[string]int{}
	for i, line := range c.spec.timeline {
		switch first := taken[line.id]; {
		case line.id == "":
		case first > 0:
			c.Add(line.Pos, "id", "%q is taken by line %d", line.id, first)
		default:
			ids[i], taken[line.id] = line.id, line.Line
		}
	}
	for i, line := range c.spec.timeline {
		name := line.fault.Kind
		switch line.verb {
		case verbSender:
			name = line.text
		case verbDependency:
			name = line.dependency.action
		}
		for n := 1; ids[i] == "" && name != ""; n++ {
			if id := fmt.Sprintf("%s-%d", name, n); taken[id] == 0 {
				ids[i], taken[id] = id, line.Line
			}
		}
	}
	return ids
}

// window returns when line i begins and ends. What hangs on a trigger begins
// at 0, so that its end is how long it lasts.
func (c *compiler) window(i int, line timelineLine) (from, until time.Duration) {
	if line.when != nil {
		return 0, line.dur
	}
	end := line.until
	if end == 0 {
		end = line.at + line.dur
	}
	return salted(line.at, c.salts.begin(i)), salted(end, c.salts.end(i))
}

func (c *compiler) trigger(i int, w *whenPart) *Trigger {
	if w == nil {
		return nil
	}
	return &Trigger{Milestone: w.milestone, Endpoints: c.selected(w.where), Nth: w.nth, By: salted(w.by, c.salts.begin(i))}
}

func (c *compiler) addFault(i int, line timelineLine, id string) {
	f := Fault{
		ID: id, Line: line.Line, Value: line.fault, Summary: line.summary, Trigger: c.trigger(i, line.when),
		Select: line.attempts, Deploy: line.fault.Kind == deployKind, AtPublish: line.publish,
	}
	if !f.AtPublish {
		f.Endpoints = c.selected(line.where)
	}
	f.From, f.Until = c.window(i, line)
	f.Select.Salt = concern(0, "selector/"+id)
	f.Ends = make([]time.Duration, len(f.Endpoints))
	for n, e := range f.Endpoints {
		f.Ends[n] = f.Until
		if connects(f.Value) {
			c.plan.Endpoints[e].OwnListener = true
		}
	}
	keys := 0
	for _, s := range c.plan.Streams {
		keys += s.Keys
	}
	for _, key := range f.Select.Keys {
		if int(key) >= keys {
			c.Add(line.keysAt, "keys", "%d is not a key: the traffic has keys 0 to %d", key, keys-1)
		}
	}
	c.plan.Faults = append(c.plan.Faults, f)
}

// addVerbs adds an action on the sender, as often as its line says.
func (c *compiler) addVerbs(i int, line timelineLine, id string) {
	v := Verb{ID: id, Line: line.Line, Action: line.text, Trigger: c.trigger(i, line.when),
		Instance: line.sender.instance, To: line.sender.to, Grace: line.sender.grace}
	from, until := c.window(i, line)
	v.For = until - from
	for n := range line.sender.times {
		v.At = from
		if line.sender.times > 1 {
			v.At, v.ID = salted(from+time.Duration(n)*line.sender.every, c.salts.begin(i)), fmt.Sprintf("%s-%d", id, n+1)
		}
		c.plan.Verbs = append(c.plan.Verbs, v)
		c.verbAt[v.ID] = line.textAt
	}
}

func (c *compiler) addDependency(i int, line timelineLine, id string) {
	d := line.dependency
	v := DependencyVerb{ID: id, Line: line.Line, Name: d.name, Action: d.action, Trigger: c.trigger(i, line.when),
		For: d.dur, Latency: d.latency, Jitter: d.jitter, Rate: d.rate}
	if v.Trigger == nil {
		v.At = salted(line.at, c.salts.begin(i))
		v.For = salted(line.at+d.dur, c.salts.end(i)) - v.At
	}
	c.plan.Dependencies = append(c.plan.Dependencies, v)
}

// overlaps reports a sender that is to be stopped while it is stopped.
func (c *compiler) overlaps() {
	for i := 1; i < len(c.plan.Verbs); i++ {
		a, b := c.plan.Verbs[i-1], c.plan.Verbs[i]
		if a.Action == ActionScale || a.Instance > 0 || b.Action == ActionScale || b.Instance > 0 {
			continue
		}
		if a.Trigger == nil && b.Trigger == nil && b.At < a.At+a.For {
			c.Add(c.verbAt[b.ID], "sender", "%s at %s, but the sender is away until %s (line %d)",
				b.Action, strict.FormatDuration(b.At), strict.FormatDuration(a.At+a.For), a.Line)
		}
	}
}

func (c *compiler) heal(i int, line timelineLine) {
	f := c.healed(line)
	if f == nil {
		return
	}
	at := salted(line.at, c.salts.end(i))
	selected := c.selected(line.where)
	hits, shortened := 0, 0
	for n, e := range f.Endpoints {
		if _, meant := slices.BinarySearch(selected, e); !meant {
			continue
		}
		hits++
		if at < f.Ends[n] {
			f.Ends[n] = at
			shortened++
		}
	}
	switch {
	case len(selected) == 0 || len(f.Endpoints) == 0: // it has been told why
	case hits == 0:
		c.Add(line.where.Pos, "heal", "%q acts on none of these endpoints", line.text)
	case at <= f.From:
		c.Add(line.Pos, "heal", "%q begins only at %s", line.text, strict.FormatDuration(f.From))
	case shortened == 0:
		c.Add(line.Pos, "heal", "only shortens: %q is over by %s", line.text, strict.FormatDuration(line.at))
	}
}

// healed returns the fault that a heal names, or reports why there is none.
func (c *compiler) healed(line timelineLine) *Fault {
	var ids []string
	for n := range c.plan.Faults {
		f := &c.plan.Faults[n]
		if f.ID != line.text {
			ids = append(ids, f.ID)
			continue
		}
		if f.Trigger != nil {
			c.Add(line.textAt, "heal", "%q opens by a trigger: give it a shorter for instead", line.text)
			return nil
		}
		return f
	}
	c.AddErr(line.textAt, "heal", strict.Unknown("fault", line.text, ids))
	return nil
}
