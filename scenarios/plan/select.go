package plan

import (
	"slices"
	"strconv"
	"strings"

	"github.com/hookdrill/hookdrill/prober/strict"
)

// addEndpoints expands the lines of endpoints.
func (c *compiler) addEndpoints() {
	secrets := random(c.plan.Seed, "secrets")
	lines := map[string]int{}
	for _, line := range c.spec.endpoints {
		if len(c.plan.Endpoints)+max(line.count, 1) > maxEndpoints {
			c.Add(line.Pos, "endpoint", "more than %d endpoints", maxEndpoints)
			return
		}
		for i := range max(line.count, 1) {
			name := strings.Replace(line.pattern, "%d", strconv.Itoa(i+1), 1)
			if first := lines[name]; first > 0 {
				c.Add(line.Pos, "endpoint", "the name %q is taken by line %d", name, first)
				break
			}
			lines[name] = line.Line
			c.plan.Endpoints = append(c.plan.Endpoints, Endpoint{Name: name, Labels: line.labels, Secret: secret(secrets)})
		}
	}
}

// label returns the values that an endpoint has for a label in selections.
func (e Endpoint) label(name string) (string, bool) {
	if name == endpointLabel {
		return e.Name, true
	}
	value, ok := e.Labels[name]
	return value, ok
}

// selected returns the indexes of the endpoints that s selects, ascending.
// It reports labels and values that no endpoint has, so that a slip of the
// pen does not turn a fault into one that hits nobody.
func (c *compiler) selected(s *selection) []int {
	var indexes []int
	if s != nil && !c.knownLabels(s) {
		return nil
	}
	for i, e := range c.plan.Endpoints {
		if s == nil || s.matches(e) {
			indexes = append(indexes, i)
		}
	}
	if len(indexes) == 0 && s != nil {
		c.Add(s.Pos, "where", "selects no endpoint: none has all of these labels")
	}
	return indexes
}

func (s *selection) matches(e Endpoint) bool {
	for _, w := range s.wants {
		value, ok := e.label(w.label)
		if !ok || !slices.ContainsFunc(w.values, func(v wantValue) bool { return v.text == value }) {
			return false
		}
	}
	return true
}

func (c *compiler) knownLabels(s *selection) bool {
	before := c.Len()
	for _, w := range s.wants {
		values := c.labelValues(w.label)
		if len(values) == 0 {
			c.AddErr(w.Pos, "where", strict.Unknown("label", w.label, c.labelNames()))
			continue
		}
		for _, v := range w.values {
			if !slices.Contains(values, v.text) {
				c.AddErr(v.Pos, w.label, strict.Unknown("value", v.text, values))
			}
		}
	}
	return c.Len() == before
}

// labelValues returns the values of a label, sorted, each once.
func (c *compiler) labelValues(name string) []string {
	if c.values[name] == nil {
		var all []string
		for _, e := range c.plan.Endpoints {
			if value, ok := e.label(name); ok {
				all = append(all, value)
			}
		}
		slices.Sort(all)
		c.values[name] = slices.Compact(all)
	}
	return c.values[name]
}

func (c *compiler) labelNames() []string {
	names := []string{endpointLabel}
	for _, line := range c.spec.endpoints {
		for name := range line.labels {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}
