package plan

import (
	"fmt"
	"strings"
	"time"

	"github.com/hookdrill/hookdrill/prober/event"
	"github.com/hookdrill/hookdrill/prober/strict"
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

func endpoint(line *endpointLine) strict.Value {
	line.labels = map[string]string{}
	return strict.At(&line.Pos, strict.Mapping{What: "endpoint", Fields: []strict.Field{
		strict.Need("name", "Name of the endpoint, or of many: `eu-%d` counts from 1 on.", endpointName(&line.pattern)),
		strict.Key("count", "How many endpoints a name with `%d` stands for.", strict.Int(&line.count, 1, maxEndpoints)),
		strict.Key("labels", "Labels by which `where` selects them.", labels(line.labels)),
	}, Shape: func() []*strict.Schema {
		counts := &strict.Schema{Properties: strict.Properties{{Name: "name", Schema: &strict.Schema{Pattern: "%d", ErrorMessage: "the name has no %d to count in"}}}}
		return []*strict.Schema{
			{If: counts, Then: strict.Any("a name with %d counts: give a count", "count")},
			{If: strict.With("count"), Then: counts},
		}
	}, Then: func(r *strict.Reader, _ *strict.Node, has strict.Given) {
		counts := strings.Contains(line.pattern, "%d")
		switch {
		case line.pattern == "":
		case counts && !has.Has("count"):
			r.Add(has["name"].Pos, "name", "%q counts: give a count", line.pattern)
		case !counts && has.Has("count"):
			r.Add(has["count"].Pos, "count", "the name %q has no %%d to count in", line.pattern)
		}
	}})
}

// endpointName reads a name with at most one place to count in.
func endpointName(dst *string) strict.Value {
	const of = "lower-case letters, digits, dots and hyphens, at most 63"
	v := strict.Check(strict.Printable(dst), func(*strict.Node) error {
		switch {
		case strings.Count(*dst, "%d") > 1:
			return fmt.Errorf("%q has more than one %%d", *dst)
		case !endpointForm.MatchString(strings.Replace(*dst, "%d", "100000", 1)):
			return fmt.Errorf("%q must be made of %s", *dst, of)
		}
		return nil
	})
	return strict.Shaped(v, func(s *strict.Schema) {
		s.Pattern = "^([a-z0-9][a-z0-9.-]*(%d[a-z0-9.-]*)?|%d[a-z0-9.-]*)$"
		s.ErrorMessage = "must be made of " + of + ", with one %d at most"
	})
}

func labels(all map[string]string) strict.Value {
	return strict.Entries{Key: label, Value: func(key *strict.Node) strict.Value {
		value := ""
		v := strict.Check(strict.Printable(&value), func(*strict.Node) error {
			if value == "" {
				return fmt.Errorf("a label must not be empty")
			}
			all[key.Text] = value
			return nil
		})
		return strict.Shaped(v, func(s *strict.Schema) { s.MinLength = 1 })
	}}
}

// label reads the name of a label.
func label(*strict.Node) strict.Value {
	name := ""
	v := strict.Check(strict.Text(&name), func(*strict.Node) error {
		if name == endpointLabel {
			return fmt.Errorf("%q is taken: it selects by an endpoint's name", name)
		}
		return nil
	})
	v = strict.Form(v, labelForm, "lower-case letters, digits, hyphens and underscores, at most 63")
	return strict.Shaped(v, func(s *strict.Schema) { s.Not = &strict.Schema{Const: endpointLabel} })
}

func (r *reader) traffic(line *trafficLine) strict.Value {
	line.rate, line.dur, line.keys = rate{1, time.Second}, 0, defaultKeys
	line.bodyMin, line.bodyMax = 1<<10, 1<<10
	return strict.At(&line.Pos, strict.Mapping{What: "traffic", Fields: []strict.Field{
		strict.Need("rate", "How many events are published: `2/s`, `30/m`, `100/h`.", strict.Parsed(&line.rate, "a rate such as 2/s",
			telling(strict.Matching("^[^/]+/(s|m|h|d)$"), "must be a rate such as 2/s, 30/m or 100/h"), parseRate)),
		strict.Need("for", "For how long.", strict.Least(&line.dur, time.Second)),
		strict.Key("from", "When it begins; by default at once.", strict.Duration(&line.from)),
		strict.Need("to", "Who is owed each event: `one` endpoint, chosen by its ordering key, `all`, or those that `{where: ...}` selects.", to(&line.to)),
		strict.Key("keys", "Number of ordering keys: events of one key follow each other.", strict.Int(&line.keys, 1, maxKeys)),
		strict.Key("body", "Size of an event's body: a size such as `4KiB`, or a range.", body(line)),
	}, Then: func(_ *strict.Reader, _ *strict.Node, has strict.Given) {
		if r.Len() == 0 {
			r.amount(has, *line)
		}
	}})
}

func body(line *trafficLine) strict.Value {
	sizes := [2]int{}
	v := strict.Check(strict.Parsed(&sizes, "a size or a range such as 1KiB..4KiB", telling(rangeOf(sizePattern), "must be a size such as 4KiB, or a range such as 1KiB..4KiB"), func(text string) ([2]int, error) {
		least, most, err := parseRange(text, parseSize)
		return [2]int{least, most}, err
	}), func(*strict.Node) error {
		if sizes[0] < event.MinBody {
			return fmt.Errorf("%s is too small: at least %s", formatSize(sizes[0]), formatSize(event.MinBody))
		}
		line.bodyMin, line.bodyMax = sizes[0], sizes[1]
		return nil
	})
	return strict.Shaped(v, func(s *strict.Schema) { s.Default = formatSize(line.bodyMin) })
}

// amount reports a stream without an event, and one with more than the grid
// of instants has room for.
func (r *reader) amount(has strict.Given, line trafficLine) {
	at := has["rate"].Pos
	switch count := line.rate.count(line.dur); {
	case count < 1:
		r.Add(at, "rate", "gives no event in %s", strict.FormatDuration(line.dur))
	case count > maxEvents:
		r.Add(at, "rate", "gives %.0f events in %s: at most %d", count, strict.FormatDuration(line.dur), maxEvents)
	case count > float64(line.dur/grid):
		r.Add(at, "rate", "is too high: at most %d/s", time.Second/grid)
	}
}
