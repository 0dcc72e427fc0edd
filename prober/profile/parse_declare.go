package profile

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/hookdrill/hookdrill/prober/policy"
	"github.com/hookdrill/hookdrill/prober/strict"
)

// promises are the fields that say what the sender does by itself.
func (r *reader) promises(p *Profile) []strict.Field {
	return []strict.Field{
		strict.Need("declares", "What the sender promises. What it does not promise is not judged.", declared(&p.declares)).
			Else("declares is missing: without it no guarantee applies to the sender"),
		strict.Key("speed", "Settings that a run at scale N divides by N; templates name them `{{.Speed.NAME}}`.", speed(&p.Speed)),
		strict.Key("expected", "Deviations that are known: each must occur.", strict.List(&p.Expected, r.deviation)),
	}
}

func declared(d *declares) strict.Value {
	pol := &d.policy
	return strict.Mapping{Dotted: true, Fields: []strict.Field{
		strict.Key("success", "Statuses that mean delivered, such as 200-299.", statuses(&pol.Success)),
		strict.Key("permanent", "Statuses that end a delivery.", statuses(&pol.Permanent)),
		strict.Key("schedule", "Delays before attempts 2, 3 and so on: durations, or `speed.NAME`.", spanOf(&d.schedule)),
		strict.Key("forever", "The last delay repeats without end.", strict.Bool(&pol.Forever)),
		strict.Key("jitter", "Share by which delays differ: 0.2 is plus or minus 20 %.", strict.Float(&pol.Jitter, 0, 1)),
		strict.Key("timeout", "After how long an attempt is given up: a duration, or `speed.NAME`.", spanOf(&d.timeout)),
		strict.Key("redirects", "What it does about a redirect.", strict.Word(&pol.Redirects, "never", "follow")),
		strict.Key("retry-after", "What it does about a Retry-After.", strict.Word(&pol.RetryAfter, "honoured", "ignored")),
		strict.Key("retry-after-cap", "The longest Retry-After that it honours: a duration, or `speed.NAME`.", spanOf(&d.cap)),
		strict.Key("order", "What comes in order: nothing, the events of one key, or those of an endpoint.",
			strict.Word(&pol.Order, "none", "key", "endpoint")),
		strict.Key("durability", "Where accepted events are: those on disk survive a kill.", strict.Word(&pol.Durability, "memory", "disk")),
		strict.Key("duplicates-per-crash", "How many delivered events it sends again after a crash, beside those in flight.",
			strict.Int(&pol.CrashRepeats, 0, 1e6)),
		strict.Key("disables-after", "After how long without a success it stops sending to an endpoint: a duration, or `speed.NAME`.", spanOf(&d.disables)),
		strict.Key("disables-after-failures", "After how many failures in a row it stops sending to an endpoint.",
			strict.Int(&pol.DisablesFailures, 1, 1e6)),
		strict.Key("gone-disables", "A 410 ends an endpoint's subscription.", strict.Bool(&pol.GoneDisables)),
		strict.Key("concurrency", "How many attempts at an endpoint it makes at once.", strict.Int(&pol.Concurrency, 1, 1e6)),
		strict.Key("repeats", "Delivered events are sent again by design.", strict.Bool(&pol.Repeats)),
	}}
}

// spanOf reads durations, or `speed.NAME`.
func spanOf(dst *span) strict.Value {
	v := durations(&dst.fixed)
	orSetting := strict.Custom(v.Schema, func(r *strict.Reader, n *strict.Node, what string) {
		if name, found := strings.CutPrefix(n.Text, "speed."); found {
			dst.setting = name
			return
		}
		v.Read(r, n, what)
	})
	return strict.At(&dst.Pos, strict.Shaped(orSetting, func(s *strict.Schema) {
		setting := strict.Matching(`^speed\.`)()
		setting.Title = "a setting"
		s.AnyOf = append(s.AnyOf, setting)
	}))
}

// durations reads one duration or a list of them.
func durations(dst *[]time.Duration) strict.Value { return strict.OneOrList(dst, strict.Duration) }

func speed(all *[]Setting) strict.Value {
	return strict.Entries{Dotted: true, Key: anyKey, Value: func(key *strict.Node) strict.Value {
		s := Setting{Name: key.Text, As: asGo, Join: ",", Pos: key.Pos}
		return strict.Mapping{Dotted: true, Fields: []strict.Field{
			strict.Need("of", "Its value at scale 1: a duration, or a list of them.", durations(&s.Of)).Else("of is missing: the durations at scale 1"),
			strict.Key("least", "The smallest value that the sender takes.", strict.Duration(&s.Least)),
			strict.Key("as", "How the sender reads it: as Go writes durations (1m30s), or as a number of s, ms, or seconds with a fraction.",
				strict.Word(&s.As, asGo, asSeconds, asMillis, asFloat)),
			strict.Key("join", "What stands between several values.", strict.Text(&s.Join)),
		}, Then: func(*strict.Reader, *strict.Node, strict.Given) { *all = append(*all, s) }}
	}}
}

func (r *reader) deviation(d *Deviation) strict.Value {
	scenario := strict.Filled(&d.Scenario)
	if len(r.names.Scenarios) > 0 {
		// One of the corpus, or a file.
		scenario = strict.Shaped(scenario, func(s *strict.Schema) {
			*s = strict.Schema{AnyOf: []*strict.Schema{{Enum: strict.Words(r.names.Scenarios...)}, strict.Matching(`[./\\]`)()}}
		})
	}
	return strict.At(&d.Pos, strict.Mapping{Dotted: true, Fields: []strict.Field{
		strict.Key("guarantee", "Guarantee that fails.", named(&d.Guarantee, r.names.Guarantees)),
		strict.Key("scenario", "Scenario in which it fails.", scenario),
		strict.Key("reason", "Why it fails.", strict.Filled(&d.Reason)),
	}, Rules: []strict.Rule{strict.All("want guarantee, scenario and reason", "guarantee", "scenario", "reason")}})
}

// statuses reads a list of statuses and of ranges such as 200-299.
func statuses(dst *[]policy.StatusRange) strict.Value { return strict.List(dst, statusRange) }

func statusRange(dst *policy.StatusRange) strict.Value {
	text := ""
	v := strict.Check(strict.Text(&text), func(*strict.Node) error {
		first, last, isRange := strings.Cut(text, "-")
		if !isRange {
			last = first
		}
		from, err1 := strconv.Atoi(first)
		to, err2 := strconv.Atoi(last)
		if err1 != nil || err2 != nil || from < 100 || to > 599 || from > to {
			return fmt.Errorf("want a status such as 404 or a range such as 200-299, got %q", text)
		}
		*dst = policy.StatusRange{From: from, To: to}
		return nil
	})
	return strict.Ref("status", strict.Shaped(v, func(s *strict.Schema) {
		least, most := 100.0, 599.0
		s.Type, s.Minimum, s.Maximum = strict.Types{"integer", "string"}, &least, &most
		s.Title, s.Pattern = "a status", "^[1-5][0-9][0-9](-[1-5][0-9][0-9])?$"
		s.ErrorMessage = "want a status such as 404 or a range such as 200-299"
	}))
}
