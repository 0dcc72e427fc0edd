package plan

import (
	"math"
	"regexp"
	"strconv"
	"time"

	"github.com/hookdrill/hookdrill/chaos"
)

// What a file that says nothing gets.
const (
	defaultSeed       = 1
	defaultRetry      = 5 * time.Second
	defaultLatencyMin = 20 * time.Millisecond
	defaultLatencyMax = 200 * time.Millisecond
	defaultAtMost     = 4 * time.Hour
	defaultQuiet      = time.Minute
)

// Parse reads a scenario file. file is its name in messages. kinds are the
// guarantees it may ask for. The error joins what is wrong with the file, at
// most ten problems in the order of their places, each as
// `file:line:column: what: cause`.
func Parse(file string, text []byte, kinds []GuaranteeKind) (*Spec, error) {
	r := &reader{problems: problems{file: file}, kinds: chaos.Kinds(), guarantees: kinds}
	return r.parse(text)
}

// Load parses a scenario file and compiles it; seed 0 takes the file's.
func Load(file string, text []byte, kinds []GuaranteeKind, seed uint64) (*Plan, error) {
	s, err := Parse(file, text, kinds)
	if err != nil {
		return nil, err
	}
	return Compile(s, seed)
}

func (r *reader) parse(text []byte) (*Spec, error) {
	root, bad := document(text)
	if bad != nil {
		r.list = append(r.list, *bad)
		return nil, r.err()
	}
	s := &Spec{file: r.file, text: text}
	f, ok := r.object(root, "scenario", "version", "name", "title", "source", "starts", "seed", "endpoints",
		"traffic", "timeline", "drain", "guarantees", "publisher", "latency", "time", "catches")
	if ok {
		f.require("version", "name", "endpoints", "traffic", "guarantees")
		f.fill("endpoints", "traffic", "guarantees")
		r.head(f, s)
		r.settings(f, s)
		f.each("endpoints", func(n *node) { r.endpoint(n, s) })
		f.each("traffic", func(n *node) { r.traffic(n, s) })
		f.each("timeline", func(n *node) { r.line(n, s) })
		r.guaranteeLines(f, s)
	}
	if len(r.list) > 0 {
		return nil, r.err()
	}
	return s, nil
}

// version is the version of the file format that this package reads.
const version = 1

var (
	nameForm     = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,63}$`)
	endpointForm = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{0,62}$`)
	labelForm    = regexp.MustCompile(`^[a-z][a-z0-9_-]{0,62}$`)
)

func (r *reader) head(f fields, s *Spec) {
	if v := f.number("version", version, 0, math.MaxInt32); v != version {
		r.add(f.values["version"].pos, "version", "%d is not known: this hookdrill reads version %d", v, version)
	}
	s.name, s.title, s.source = f.text("name"), f.text("title"), f.text("source")
	r.form(f.values["name"], "name", nameForm, "lower-case letters, digits and hyphens, at most 64")
	s.starts = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	if text, ok := f.scalar("starts", "a date such as 2025-12-10T03:02:00Z", tagText, "!!timestamp"); ok {
		at, err := time.Parse(time.RFC3339, text)
		if err != nil || at.Year() < 2000 || at.Year() > 2200 {
			r.add(f.values["starts"].pos, "starts", "%q is not a date such as 2025-12-10T03:02:00Z", text)
		}
		s.starts = at.UTC()
	}
	s.seed = defaultSeed
	if text, ok := f.scalar("seed", "a whole number", tagInt); ok {
		seed, err := strconv.ParseUint(text, 10, 64)
		if err != nil || seed == 0 {
			r.add(f.values["seed"].pos, "seed", "must be a whole number from 1 on, not %s", text)
		}
		s.seed = seed
	}
	f.each("catches", func(n *node) {
		if bug, ok := r.scalarOf(n, "catches", "the name of a bug", tagText); ok {
			r.form(n, "catches", nameForm, "lower-case letters, digits and hyphens, at most 64")
			s.catches = append(s.catches, bug)
		}
	})
}

// form reports a text that does not have the form of a name.
func (r *reader) form(n *node, what string, form *regexp.Regexp, want string) bool {
	if n == nil || n.kind != scalarNode || form.MatchString(n.text) {
		return true
	}
	r.add(n.pos, what, "%q must be made of %s", n.text, want)
	return false
}

func (r *reader) settings(f fields, s *Spec) {
	s.drain = Drain{AtMost: defaultAtMost, Quiet: defaultQuiet}
	if n := f.values["drain"]; n != nil {
		if d, ok := r.object(n, "drain", "until", "at-most", "quiet"); ok {
			if until, ok := d.scalar("until", "a text", tagText); ok && until != "settled" {
				r.list = append(r.list, problem{d.values["until"].pos, "until", unknown("end of a drain", until, []string{"settled"})})
			}
			s.drain = Drain{AtMost: r.atLeast(d, "at-most", defaultAtMost, time.Second), Quiet: d.duration("quiet", defaultQuiet)}
		}
	}
	s.retry = defaultRetry
	if n := f.values["publisher"]; n != nil {
		if p, ok := r.object(n, "publisher", "retry"); ok {
			p.require("retry")
			s.retry = r.atLeast(p, "retry", defaultRetry, minSpan)
		}
	}
	s.latency = parsed(f, "latency", "a duration or a range such as 20ms..200ms",
		Latency{defaultLatencyMin, defaultLatencyMax}, func(text string) (Latency, error) {
			least, most, err := parseRange(text, parseDuration)
			return Latency{least, most}, err
		})
	if n := f.values["time"]; n != nil {
		if t, ok := r.object(n, "time", "scale"); ok {
			t.require("scale")
			s.scale = t.float("scale", 1, 1, maxScale)
		}
	}
}

// maxScale bounds time.scale: one scenario hour in a third of a second.
const maxScale = 10_000

// minSpan is the shortest time that something planned may last: shorter, its
// two ends could fall into one cell of the grid of instants.
const minSpan = time.Millisecond

func (r *reader) atLeast(f fields, key string, or, least time.Duration) time.Duration {
	before := len(r.list)
	d := f.duration(key, or)
	if f.has(key) && len(r.list) == before && d < least {
		r.add(f.values[key].pos, key, "%s is too short: at least %s", formatDuration(d), formatDuration(least))
	}
	return d
}

func (r *reader) guaranteeLines(f fields, s *Spec) {
	n := f.values["guarantees"]
	if n == nil {
		return
	}
	names := make([]string, 0, len(r.guarantees))
	byName := map[string]GuaranteeKind{}
	for _, k := range r.guarantees {
		names = append(names, k.Name)
		byName[k.Name] = k
	}
	if n.kind != mappingNode {
		r.add(n.pos, "guarantees", "must be a mapping of names to parameters, not %s", n)
		return
	}
	seen := map[string]int{}
	for _, one := range n.pairs {
		name := one.key.text
		kind, known := byName[name]
		switch {
		case !known:
			r.list = append(r.list, problem{one.key.pos, "guarantees", unknown("guarantee", name, names)})
		case seen[name] > 0:
			r.add(one.key.pos, "guarantees", "key %q stands here twice; the first is on line %d", name, seen[name])
		case one.value.kind != mappingNode:
			r.add(one.value.pos, name, "must be a mapping, not %s; without parameters write %s: {}", one.value, name)
		default:
			s.guarantees = append(s.guarantees, r.guarantee(one, kind))
		}
		seen[name] = one.key.line
	}
}

func (r *reader) guarantee(one pair, kind GuaranteeKind) guaranteeLine {
	line := guaranteeLine{pos: one.key.pos, name: kind.Name}
	var more []string
	if kind.Where {
		more = []string{"where"}
	}
	line.args = r.args(one.value, kind.Name, kind.Params, more...)
	for _, p := range one.value.pairs {
		if kind.Where && p.key.text == "where" {
			line.where = r.selection(p.value)
		}
	}
	return line
}
