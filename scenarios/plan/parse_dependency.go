package plan

import (
	"math"

	"github.com/hookdrill/hookdrill/prober/strict"
)

// dependencyActions are what can be done to a dependency, by the names that
// package dependency has for them.
func dependencyActions() []string {
	return []string{"refuse", "stall", "slow", "cut", "reset", "restart"}
}

// actionDoc says what an action does, for as long as its value says.
func actionDoc(action string) string {
	return map[string]string{
		"refuse":  "Ends all connections and refuses new ones, for so long.",
		"stall":   "Lets nothing pass either way, for so long; connections stay.",
		"slow":    "Delays answers and narrows both ways, for so long.",
		"cut":     "Ends all connections with FIN, and new ones as soon as they are made, for so long.",
		"reset":   "Does what cut does with RST.",
		"restart": "Ends the dependency as its owner would, and starts it again on the same files after so long.",
	}[action]
}

// dependency reads what is done to a dependency, and for how long.
func dependency(d *dependencyPart) strict.Value {
	fields := []strict.Field{strict.Need("name", "Its name in the profile.", strict.Printable(&d.name))}
	for _, action := range dependencyActions() {
		dur := d.dur
		fields = append(fields, strict.Key(action, actionDoc(action), strict.Also(strict.Least(&dur, minSpan), func(*strict.Node) { d.dur = dur })))
	}
	fields = append(fields,
		strict.Key("latency", "How late slow makes each piece of data.", strict.Duration(&d.latency)),
		strict.Key("jitter", "By how much that differs, plus or minus.", strict.Duration(&d.jitter)),
		strict.Key("rate", "How much data slow lets through in a second, such as `64KiB`.", size(&d.rate)))
	return strict.Mapping{What: "dependency", Fields: fields, Shape: func() []*strict.Schema {
		return []*strict.Schema{
			strict.Exactly("a dependency needs one of refuse, stall, slow, cut, reset and restart, and for how long", dependencyActions()...),
			{If: strict.With("slow"), Then: strict.Any("slow needs latency or rate", "latency", "rate")},
			{If: strict.Any("", "latency", "jitter", "rate"), Then: strict.Any("latency, jitter and rate belong to slow", "slow")},
		}
	}, Then: func(r *strict.Reader, n *strict.Node, has strict.Given) {
		for _, action := range dependencyActions() {
			switch {
			case !has.Has(action):
			case d.action != "":
				r.Add(has[action].Pos, "dependency", "a line does one thing: %s or %s", d.action, action)
			default:
				d.action = action
			}
		}
		slows(r, n, has, d)
	}}
}

// slows looks at what belongs to slow only.
func slows(r *strict.Reader, n *strict.Node, has strict.Given, d *dependencyPart) {
	switch {
	case d.action == "":
		r.Add(n.Pos, "dependency", "needs one of refuse, stall, slow, cut, reset and restart, and for how long")
	case d.action == "slow" && !has.Has("latency") && !has.Has("rate"):
		r.Add(n.Pos, "dependency", "slow needs latency or rate")
	case d.action != "slow" && (has.Has("latency") || has.Has("jitter") || has.Has("rate")):
		r.Add(n.Pos, "dependency", "latency, jitter and rate belong to slow")
	}
	if d.rate > math.MaxInt32 {
		r.Add(has["rate"].Pos, "rate", "must be at most 2GiB")
	}
}
