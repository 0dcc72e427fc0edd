package profile

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hookdrill/hookdrill/prober/policy"
	"github.com/hookdrill/hookdrill/prober/strict"
)

// Setting is one of a sender's settings that a scaled run shortens.
type Setting struct {
	strict.Pos

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
	strict.Pos

	setting string
	fixed   []time.Duration
}

// declares is the section of that name; policy holds what has no time in it.
type declares struct {
	policy            policy.Policy
	schedule, timeout span
	cap, disables     span
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
	if d := p.scenario(p.declares.disables, scale); len(d) > 0 {
		pol.DisablesAfter = d[0]
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
