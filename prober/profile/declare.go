package profile

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"

	"github.com/hookdrill/hookdrill/prober/policy"
)

// Setting is one of a sender's settings that a scaled run shortens.
type Setting struct {
	place

	Name string
	// Of are the values at scale 1.
	Of []time.Duration
	// Least is the smallest value that the sender takes, real time.
	Least time.Duration
	// As is the unit in which it is written: go, s, ms or number of seconds
	// with a fraction; Join stands between several values.
	As, Join string
}

// The units of a Setting.
const (
	asGo      = "go"      // 1m30s
	asSeconds = "s"       // 90, rounded up
	asMillis  = "ms"      // 90000, rounded up
	asFloat   = "seconds" // 1.5
)

// real returns the values that the sender is given at a scale.
func (s Setting) real(scale float64) []time.Duration {
	out := make([]time.Duration, len(s.Of))
	for i, d := range s.Of {
		if d == 0 {
			continue // at once stays at once
		}
		d = max(time.Duration(float64(d)/scale), s.Least)
		switch s.As {
		case asSeconds:
			d = ceil(d, time.Second)
		case asMillis:
			d = ceil(d, time.Millisecond)
		}
		out[i] = d
	}
	return out
}

func ceil(d, unit time.Duration) time.Duration { return (d + unit - 1).Truncate(unit) }

// render writes the values for a scale as the sender reads them.
func (s Setting) render(scale float64) string {
	var out []string
	for _, d := range s.real(scale) {
		switch s.As {
		case asSeconds:
			out = append(out, strconv.FormatInt(int64(d/time.Second), 10))
		case asMillis:
			out = append(out, strconv.FormatInt(int64(d/time.Millisecond), 10))
		case asFloat:
			out = append(out, strconv.FormatFloat(d.Seconds(), 'f', -1, 64))
		default:
			out = append(out, d.String())
		}
	}
	return strings.Join(out, s.Join)
}

// span is one or more declared durations: those of a setting, or fixed ones.
type span struct {
	place

	setting string
	fixed   []time.Duration
}

// declares is the section of that name; policy holds what has no time in it.
type declares struct {
	policy            policy.Policy
	schedule, timeout span
	cap               span
}

// Policy returns what the sender declares in a run at that scale, in scenario
// time. A duration that no speed setting shortens is what the sender's own
// clock measures: it is longer by the scale in scenario time.
func (p *Profile) Policy(scale float64) policy.Policy {
	if scale <= 0 {
		scale = 1
	}
	pol := p.declares.policy
	pol.Success, pol.Permanent = slices.Clone(pol.Success), slices.Clone(pol.Permanent)
	pol.Broadcast = p.Fanout == FanoutAll
	pol.Schedule = p.scenario(p.declares.schedule, scale)
	if t := p.scenario(p.declares.timeout, scale); len(t) > 0 {
		pol.Timeout = t[0]
	}
	if c := p.scenario(p.declares.cap, scale); len(c) > 0 {
		pol.RetryAfterCap = c[0]
	}
	return pol
}

func (p *Profile) scenario(s span, scale float64) []time.Duration {
	values := s.fixed
	if s.setting != "" {
		setting, _ := p.setting(s.setting)
		values = setting.real(scale)
	}
	var out []time.Duration
	for _, d := range values {
		out = append(out, time.Duration(float64(d)*scale))
	}
	return out
}

func (p *Profile) setting(name string) (Setting, bool) {
	i := slices.IndexFunc(p.Speed, func(s Setting) bool { return s.Name == name })
	if i < 0 {
		return Setting{}, false
	}
	return p.Speed[i], true
}

// durations reads one duration or a list of them.
func (r *reader) durations(n *yaml.Node, what string) []time.Duration {
	if follow(n).Kind != yaml.SequenceNode {
		return []time.Duration{r.duration(n, what)}
	}
	var all []time.Duration
	r.list(n, what, func(c *yaml.Node) { all = append(all, r.duration(c, what)) })
	return all
}

// span reads durations, or `speed.NAME`.
func (r *reader) span(dst *span, what string) func(*yaml.Node) {
	return func(n *yaml.Node) {
		n = follow(n)
		dst.place = place{n.Line, n.Column}
		if name, found := strings.CutPrefix(n.Value, "speed."); found {
			dst.setting = name
			return
		}
		dst.fixed = r.durations(n, what)
	}
}

func (r *reader) speed(n *yaml.Node) []Setting {
	var all []Setting
	r.entries(n, "speed", func(key, value *yaml.Node) {
		s := Setting{Name: key.Value, As: asGo, Join: ",", place: place{key.Line, key.Column}}
		what := "speed." + key.Value
		r.mapping(value, what, fields{
			"of":    func(n *yaml.Node) { s.Of = r.durations(n, what+".of") },
			"least": func(n *yaml.Node) { s.Least = r.duration(n, what+".least") },
			"as":    func(n *yaml.Node) { s.As = r.word(n, what+".as", asGo, asSeconds, asMillis, asFloat) },
			"join":  func(n *yaml.Node) { s.Join = r.str(n, what+".join") },
		})
		if len(s.Of) == 0 {
			r.errorf(value, "%s: of is missing: the durations at scale 1", what)
		}
		all = append(all, s)
	})
	return all
}

func (r *reader) declares(n *yaml.Node, name string) declares {
	d := declares{policy: policy.Policy{Name: name}}
	pol := &d.policy
	word := func(n *yaml.Node, key string, words ...string) string { return r.word(n, "declares."+key, words...) }
	r.mapping(n, "declares", fields{
		"success":         func(n *yaml.Node) { pol.Success = r.statuses(n, "declares.success") },
		"permanent":       func(n *yaml.Node) { pol.Permanent = r.statuses(n, "declares.permanent") },
		"schedule":        r.span(&d.schedule, "declares.schedule"),
		"forever":         func(n *yaml.Node) { pol.Forever = r.boolean(n, "declares.forever") },
		"jitter":          func(n *yaml.Node) { pol.Jitter = r.number(n, "declares.jitter", 0, 1) },
		"timeout":         r.span(&d.timeout, "declares.timeout"),
		"redirects":       func(n *yaml.Node) { pol.Redirects = policy.Redirects(word(n, "redirects", "never", "follow")) },
		"retry-after":     func(n *yaml.Node) { pol.RetryAfter = policy.RetryAfter(word(n, "retry-after", "honoured", "ignored")) },
		"retry-after-cap": r.span(&d.cap, "declares.retry-after-cap"),
		"order":           func(n *yaml.Node) { pol.Order = policy.Order(word(n, "order", "none", "key", "endpoint")) },
		"durability":      func(n *yaml.Node) { pol.Durability = policy.Durability(word(n, "durability", "memory", "disk")) },
		"gone-disables":   func(n *yaml.Node) { pol.GoneDisables = r.boolean(n, "declares.gone-disables") },
		"concurrency":     func(n *yaml.Node) { pol.Concurrency = int(r.number(n, "declares.concurrency", 1, 1e6)) },
		"repeats":         func(n *yaml.Node) { pol.Repeats = r.boolean(n, "declares.repeats") },
	})
	return d
}

// statuses reads a list of statuses and of ranges such as 200-299.
func (r *reader) statuses(n *yaml.Node, what string) []policy.StatusRange {
	var all []policy.StatusRange
	r.list(n, what, func(c *yaml.Node) {
		text := r.str(c, what)
		first, last, isRange := strings.Cut(text, "-")
		if !isRange {
			last = first
		}
		from, err1 := strconv.Atoi(first)
		to, err2 := strconv.Atoi(last)
		if err1 != nil || err2 != nil || from < 100 || to > 599 || from > to {
			r.errorf(c, "%s: want a status such as 404 or a range such as 200-299, got %q", what, text)
		}
		all = append(all, policy.StatusRange{From: from, To: to})
	})
	return all
}
