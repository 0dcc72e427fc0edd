package plan

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/hookdrill/hookdrill/chaos"
)

// milestones are the values of prober.Milestone. Package prober stands to the
// right of no arrow from here, and a plan is data that needs only their names.
func milestones() []string {
	return []string{"request-headers", "request-whole", "before-answer", "after-answer"}
}

// deployKind is the kind of fault behind a deploy line.
const deployKind = "deploy"

// ofFault are the keys of a line that say when and where a fault acts.
func ofFault() []string {
	return []string{"at", "when", "for", "until", "id", "where", "attempts", "keys", "limit", "place"}
}

func (r *reader) line(n *node, s *Spec) {
	f, ok := r.object(n, "timeline", "at", "when", "for", "until", "id", "where", "attempts", "keys", "limit", "place",
		"instance", "to", "every", "times", "grace", "fault", "deploy", "sender", "dependency", "heal", "mark")
	if !ok {
		return
	}
	line := timelineLine{pos: n.pos, id: f.text("id"), text: ""}
	r.form(f.values["id"], "id", nameForm, "lower-case letters, digits and hyphens, at most 64")
	r.timing(f, &line)
	if w := f.values["where"]; w != nil {
		line.where = r.selection(w)
	}
	r.attempts(f, &line)
	if place := r.oneOf(f, "place", "place", places()); place == placePublish {
		line.publish = true
	}
	r.verb(f, &line)
	s.timeline = append(s.timeline, line)
	if len(s.timeline) == maxLines+1 {
		r.add(n.pos, "timeline", "more than %d lines", maxLines)
	}
}

// timing reads when a line begins and ends.
func (r *reader) timing(f fields, line *timelineLine) {
	switch {
	case f.has("at") && f.has("when"):
		r.add(f.values["when"].pos, "timeline", "a line has at or when, not both")
	case !f.has("at") && !f.has("when"):
		r.add(f.at, "timeline", "a line needs at or when")
	}
	if f.has("for") && f.has("until") {
		r.add(f.values["until"].pos, "timeline", "a line has for or until, not both")
	}
	before := len(r.list)
	line.at = f.duration("at", 0)
	line.dur = r.atLeast(f, "for", 0, minSpan)
	line.until = f.duration("until", 0)
	if n := f.values["when"]; n != nil {
		line.when = r.when(n)
		if f.has("until") {
			r.add(f.values["until"].pos, "until", "a line with when lasts from its trigger on: give it a for")
		}
	}
	if f.has("until") && len(r.list) == before && line.until < line.at+minSpan {
		r.add(f.values["until"].pos, "until", "%s is not after at %s", formatDuration(line.until), formatDuration(line.at))
	}
}

func (r *reader) when(n *node) *whenPart {
	f, ok := r.object(n, "when", "milestone", "where", "endpoint", "nth", "by")
	if !ok {
		return &whenPart{}
	}
	f.require("milestone", "by")
	w := &whenPart{milestone: f.text("milestone"), nth: f.number("nth", 1, 1, math.MaxInt32), by: r.atLeast(f, "by", 0, minSpan)}
	if m := f.values["milestone"]; w.milestone != "" && !slices.Contains(milestones(), w.milestone) {
		r.list = append(r.list, problem{m.pos, "milestone", unknown("milestone", w.milestone, milestones())})
	}
	if f.has("where") && f.has("endpoint") {
		r.add(f.values["endpoint"].pos, "when", "where or endpoint, not both")
	}
	if at := f.values["where"]; at != nil {
		w.where = r.selection(at)
	}
	if at := f.values["endpoint"]; at != nil {
		w.where = &selection{at.pos, []want{{at.pos, endpointLabel, []wantValue{{at.pos, f.text("endpoint")}}}}}
	}
	return w
}

// attempts reads what limits a fault to some attempts.
func (r *reader) attempts(f fields, line *timelineLine) {
	line.attempts = parsed(f, "attempts", "attempts such as 1, 1-3, every 4th or p=0.2", chaos.Selector{}, parseAttempts)
	line.attempts.Limit = f.number("limit", 0, 1, math.MaxInt32)
	if n := f.values["keys"]; n != nil {
		line.keysAt = n.pos
		if n.kind == listNode && len(n.items) == 0 {
			r.add(n.pos, "keys", "the list is empty")
		}
	}
	f.each("keys", func(n *node) {
		text, ok := r.scalarOf(n, "keys", "a whole number", tagInt)
		key, err := strconv.ParseUint(text, 10, 32)
		if ok && err != nil {
			r.add(n.pos, "keys", "must be a whole number from 0 on, not %s", text)
		}
		line.attempts.Keys = append(line.attempts.Keys, uint32(key))
	})
}

// verb reads the one thing that a line does, and reports the keys that say
// nothing about it.
func (r *reader) verb(f fields, line *timelineLine) {
	var verbs []string
	for _, name := range []string{"fault", "deploy", "sender", "dependency", "heal", "mark"} {
		if f.has(name) {
			verbs = append(verbs, name)
		}
	}
	switch len(verbs) {
	case 0:
		r.add(f.at, "timeline", "a line needs one of fault, deploy, sender, dependency, heal and mark")
		return
	case 1:
	default:
		r.add(f.values[verbs[1]].pos, "timeline", "a line does one thing: %s or %s", verbs[0], verbs[1])
		return
	}
	n := f.values[verbs[0]]
	line.textAt = n.pos
	before := len(r.list)
	switch verbs[0] {
	case "fault":
		line.verb = verbFault
		r.only(f, "fault", ofFault()...)
		r.spanned(f, "fault", "for", "until")
		line.fault, _ = r.fault(n, "fault")
	case "deploy":
		line.verb = verbDeploy
		r.only(f, "deploy", ofFault()...)
		r.spanned(f, "deploy", "for", "until")
		line.fault = r.deploy(n)
	case "sender":
		line.verb = verbSender
		r.sender(f, line)
	case "dependency":
		line.verb = verbDependency
		r.only(f, "dependency", "at", "when", "id")
		line.dependency = r.dependency(n)
	case "heal":
		line.verb = verbHeal
		r.only(f, "heal", "at", "where")
		line.text = f.text("heal")
	case "mark":
		line.verb = verbMark
		r.only(f, "mark", "at")
		line.text = f.text("mark")
	}
	if len(r.list) == before && (line.verb == verbFault || line.verb == verbDeploy) {
		line.summary = summary(n, line.fault.Kind)
		r.selectable(f, line)
	}
}

// spanned reports a line that says of nothing how long it lasts.
func (r *reader) spanned(f fields, verb string, ends ...string) {
	if slices.ContainsFunc(ends, f.has) {
		return
	}
	r.add(f.at, verb, "needs for or until")
}

// only reports the keys of a line that mean nothing beside its verb.
func (r *reader) only(f fields, verb string, keys ...string) {
	for _, key := range []string{"at", "when", "for", "until", "id", "where", "attempts", "keys", "limit", "place",
		"instance", "to", "every", "times", "grace"} {
		if f.has(key) && !slices.Contains(keys, key) {
			r.add(f.values[key].pos, verb, "%s means nothing on a line with %s", key, verb)
		}
	}
}

func (r *reader) oneOf(f fields, key, kind string, known []string) string {
	text, ok := f.scalar(key, "a text", tagText)
	if ok && !slices.Contains(known, text) {
		r.list = append(r.list, problem{f.values[key].pos, key, unknown(kind, text, known)})
	}
	return text
}

func (r *reader) deploy(n *node) chaos.Fault {
	for _, k := range r.kinds {
		if k.Name == deployKind {
			f, _ := r.made(n, k)
			return f
		}
	}
	r.add(n.pos, "deploy", "this build has no deploys")
	return chaos.Fault{}
}

// summary writes a fault in a few words: its kind, and its parameters as the
// file gives them.
func summary(n *node, kind string) string {
	var pairs []pair
	for _, p := range n.pairs {
		if p.key.text != "kind" {
			pairs = append(pairs, p)
		}
	}
	if len(pairs) == 0 {
		return kind
	}
	text := []rune(strings.Join(strings.FieldsFunc(flowPairs(pairs), unicode.IsControl), " "))
	const most = 160
	if len(text) > most {
		text = append(text[:most-3], []rune("...")...)
	}
	return kind + " (" + string(text) + ")"
}
