package plan

import (
	"strings"
	"time"

	"github.com/hookdrill/hookdrill/prober/event"
)

// Bounds of one file, so that a slip of the pen is refused and not run.
const (
	maxEndpoints = 100_000
	maxStreams   = 100
	maxLines     = 1000
	maxKeys      = 1_000_000
	maxEvents    = 1_000_000_000
)

// defaultKeys is the number of ordering keys of a line of traffic that gives
// none.
const defaultKeys = 10

// endpointLabel is the name by which a selection picks endpoints themselves,
// as if each had its own name as a label.
const endpointLabel = "endpoint"

func (r *reader) endpoint(n *node, s *Spec) {
	f, ok := r.object(n, "endpoint", "name", "count", "labels")
	if !ok {
		return
	}
	f.require("name")
	line := endpointLine{pos: n.pos, pattern: f.text("name"), labels: map[string]string{}}
	line.count = f.number("count", 0, 1, maxEndpoints)
	if line.pattern != "" {
		r.pattern(f, line)
	}
	if labels := f.values["labels"]; labels != nil {
		r.labels(labels, line.labels)
	}
	s.endpoints = append(s.endpoints, line)
}

func (r *reader) pattern(f fields, line endpointLine) {
	at := f.values["name"].pos
	switch strings.Count(line.pattern, "%d") {
	case 0:
		if f.has("count") {
			r.add(f.values["count"].pos, "count", "the name %q has no %%d to count in", line.pattern)
		}
	case 1:
		if !f.has("count") {
			r.add(at, "name", "%q counts: give a count", line.pattern)
		}
	default:
		r.add(at, "name", "%q has more than one %%d", line.pattern)
		return
	}
	plain := strings.Replace(line.pattern, "%d", "100000", 1)
	if !endpointForm.MatchString(plain) {
		r.add(at, "name", "%q must be made of lower-case letters, digits, dots and hyphens, at most 63", line.pattern)
	}
}

func (r *reader) labels(n *node, labels map[string]string) {
	if n.kind != mappingNode {
		r.add(n.pos, "labels", "must be a mapping, not %s", n)
		return
	}
	for _, one := range n.pairs {
		name := one.key.text
		value, ok := r.scalarOf(one.value, name, "a text", tagText)
		switch {
		case name == endpointLabel:
			r.add(one.key.pos, "labels", "%q is taken: it selects by an endpoint's name", name)
		case !r.form(one.key, "labels", labelForm, "lower-case letters, digits, hyphens and underscores, at most 63"):
		case labels[name] != "":
			r.add(one.key.pos, "labels", "key %q stands here twice", name)
		case ok && value == "":
			r.add(one.value.pos, name, "a label must not be empty")
		case ok:
			labels[name] = value
		}
	}
}

func (r *reader) traffic(n *node, s *Spec) {
	f, ok := r.object(n, "traffic", "rate", "for", "from", "to", "keys", "body")
	if !ok {
		return
	}
	f.require("rate", "for", "to")
	line := trafficLine{pos: n.pos}
	line.rate = parsed(f, "rate", "a rate such as 2/s", rate{1, time.Second}, parseRate)
	line.dur = r.atLeast(f, "for", time.Second, time.Second)
	line.from = f.duration("from", 0)
	line.keys = f.number("keys", defaultKeys, 1, maxKeys)
	line.to = r.target(f)
	body := parsed(f, "body", "a size or a range such as 1KiB..4KiB", [2]int{1 << 10, 1 << 10}, func(text string) ([2]int, error) {
		least, most, err := parseRange(text, parseSize)
		return [2]int{least, most}, err
	})
	line.bodyMin, line.bodyMax = body[0], body[1]
	if line.bodyMin < event.MinBody {
		r.add(f.values["body"].pos, "body", "%s is too small: at least %s", formatSize(line.bodyMin), formatSize(event.MinBody))
	}
	if len(r.list) == 0 {
		r.amount(f, line)
	}
	s.traffic = append(s.traffic, line)
	if len(s.traffic) == maxStreams+1 {
		r.add(n.pos, "traffic", "more than %d lines", maxStreams)
	}
}

// amount reports a stream without an event, and one with more than the grid
// of instants has room for.
func (r *reader) amount(f fields, line trafficLine) {
	switch count := line.rate.count(line.dur); {
	case count < 1:
		r.add(f.values["rate"].pos, "rate", "gives no event in %s", formatDuration(line.dur))
	case count > maxEvents:
		r.add(f.values["rate"].pos, "rate", "gives %.0f events in %s: at most %d", count, formatDuration(line.dur), maxEvents)
	case count > float64(line.dur/grid):
		r.add(f.values["rate"].pos, "rate", "is too high: at most %d/s", time.Second/grid)
	}
}

func (r *reader) target(f fields) target {
	n := f.values["to"]
	switch {
	case n == nil:
		return target{}
	case n.kind == mappingNode:
		to, _ := r.object(n, "to", "where")
		to.require("where")
		if to.has("where") {
			return target{toWhere, r.selection(to.values["where"])}
		}
		return target{}
	}
	text, ok := f.scalar("to", "one, all or {where: {label: value}}", tagText)
	switch {
	case !ok:
	case text == "one":
		return target{kind: toOne}
	case text == "all":
		return target{kind: toAll}
	default:
		r.list = append(r.list, problem{n.pos, "to", unknown("value", text, []string{"one", "all"})})
	}
	return target{}
}

// selection reads a `where`: labels, each with one value or a list of them.
func (r *reader) selection(n *node) *selection {
	s := &selection{pos: n.pos}
	if n.kind != mappingNode {
		r.add(n.pos, "where", "must be a mapping of labels, not %s", n)
		return s
	}
	if len(n.pairs) == 0 {
		r.add(n.pos, "where", "selects by labels and is empty; leave it out to select all")
	}
	seen := map[string]bool{}
	for _, one := range n.pairs {
		w := want{pos: one.key.pos, label: one.key.text}
		if seen[w.label] {
			r.add(w.pos, "where", "key %q stands here twice", w.label)
		}
		seen[w.label] = true
		items := []*node{one.value}
		if one.value.kind == listNode {
			items = one.value.items
		}
		if len(items) == 0 {
			r.add(one.value.pos, w.label, "the list is empty")
		}
		for _, item := range items {
			if text, ok := r.scalarOf(item, w.label, "a label's value", tagText); ok {
				w.values = append(w.values, wantValue{item.pos, text})
			}
		}
		s.wants = append(s.wants, w)
	}
	return s
}
