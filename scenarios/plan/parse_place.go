package plan

import (
	"math"

	"github.com/hookdrill/hookdrill/chaos"
)

const (
	placeEndpoint = "endpoint"
	placePublish  = "publish"
)

// places are where a fault may act.
func places() []string { return []string{placeEndpoint, placePublish} }

// selectable reports limits that mean nothing where a fault acts. Before there
// is a request, nothing is known that it could be limited by. Faults on a
// request's headers may be limited: senders that show the token in the URL or
// in a header are served, and at the others the fault hits nothing, which the
// verdict tells.
func (r *reader) selectable(f fields, line *timelineLine) {
	fault := line.fault
	if line.publish && fault.Layer != chaos.LayerResponse {
		r.add(f.values["place"].pos, "place", "%s cannot act at the publish API: only faults of the answer can", fault.Kind)
	}
	if line.publish && f.has("where") {
		r.add(f.values["where"].pos, "where", "means nothing at the publish API: it is one place")
	}
	if fault.Layer != chaos.LayerConnect {
		return
	}
	for _, key := range []string{"attempts", "keys", "limit"} {
		if f.has(key) {
			r.add(f.values[key].pos, key, "%s acts before there is a request: it cannot be limited to some", fault.Kind)
		}
	}
}

// maxTimes bounds how often one line repeats an action.
const maxTimes = 1000

// sender reads an action on the sender.
func (r *reader) sender(f fields, line *timelineLine) {
	line.text = r.oneOf(f, "sender", "action", []string{ActionKill, ActionTerm, ActionPause, ActionScale})
	only := []string{"at", "when", "for", "until", "id"}
	switch line.text {
	case ActionKill:
		only = append(only, "instance", "every", "times")
	case ActionTerm:
		only = append(only, "grace", "every", "times")
	case ActionPause:
		only = append(only, "every", "times")
	case ActionScale:
		only = append(only, "to")
		if !f.has("to") {
			r.add(f.at, "sender", "scale needs to: the number of instances")
		}
	default:
		only = append(only, "instance", "every", "times", "grace", "to")
	}
	r.only(f, "sender: "+line.text, only...)
	r.spanned(f, "sender", "for", "until")
	line.sender = senderPart{
		instance: f.number("instance", 0, 1, maxTimes), to: f.number("to", 0, 1, maxTimes),
		times: f.number("times", 1, 1, maxTimes), every: r.atLeast(f, "every", 0, minSpan), grace: r.atLeast(f, "grace", 0, minSpan),
	}
	switch {
	case f.has("times") != f.has("every"):
		r.add(f.at, "sender", "every and times come together")
	case f.has("every") && f.has("when"):
		r.add(f.values["every"].pos, "every", "means nothing on a line with when")
	case f.has("every") && line.dur > 0 && line.sender.every <= line.dur:
		r.add(f.values["every"].pos, "every", "must be more than for: the sender is away for %s each time", formatDuration(line.dur))
	case f.has("every") && f.has("until"):
		r.add(f.values["until"].pos, "until", "a line with every lasts for each time: give it a for")
	}
}

// dependencyActions are what can be done to a dependency, by the names that
// package dependency has for them.
func dependencyActions() []string {
	return []string{"refuse", "stall", "slow", "cut", "reset", "restart"}
}

// dependency reads what is done to a dependency, and for how long.
func (r *reader) dependency(n *node) (d dependencyPart) {
	f, ok := r.object(n, "dependency", append([]string{"name", "latency", "jitter", "rate"}, dependencyActions()...)...)
	if !ok {
		return d
	}
	f.require("name")
	d.name = f.text("name")
	for _, action := range dependencyActions() {
		switch {
		case !f.has(action):
		case d.action != "":
			r.add(f.values[action].pos, "dependency", "a line does one thing: %s or %s", d.action, action)
		default:
			d.action, d.dur = action, r.atLeast(f, action, 0, minSpan)
		}
	}
	d.latency, d.jitter = f.duration("latency", 0), f.duration("jitter", 0)
	d.rate = parsed(f, "rate", "a size a second such as 64KiB", 0, parseSize)
	slow := f.has("latency") || f.has("jitter") || f.has("rate")
	switch {
	case d.action == "":
		r.add(f.at, "dependency", "needs one of refuse, stall, slow, cut, reset and restart, and for how long")
	case d.action == "slow" && !f.has("latency") && !f.has("rate"):
		r.add(f.at, "dependency", "slow needs latency or rate")
	case d.action != "slow" && slow:
		r.add(f.at, "dependency", "latency, jitter and rate belong to slow")
	}
	if d.rate > math.MaxInt32 {
		r.add(f.values["rate"].pos, "rate", "must be at most 2GiB")
	}
	return d
}
