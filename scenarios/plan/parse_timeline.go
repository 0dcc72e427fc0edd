package plan

import (
	"fmt"
	"math"
	"slices"

	"github.com/hookdrill/hookdrill/prober/strict"
)

// milestones are the values of prober.Milestone. Package prober stands to the
// right of no arrow from here, and a plan is data that needs only their names.
func milestones() []string {
	return []string{"request-headers", "request-whole", "before-answer", "after-answer"}
}

// line reads one line of the timeline.
func (r *reader) line(line *timelineLine) strict.Value {
	line.sender.times = 1
	return strict.Ref("line", strict.At(&line.Pos, strict.Mapping{
		What: "timeline", Fields: slices.Concat(r.timing(line), limits(line), r.verbFields(line)), Shape: lineShape,
		Then: func(_ *strict.Reader, n *strict.Node, has strict.Given) {
			r.checkTiming(n, has, line)
			r.verb(n, has, line)
		},
	}))
}

// timing are the fields that say when a line begins and ends.
func (r *reader) timing(line *timelineLine) []strict.Field {
	return []strict.Field{
		strict.Key("at", "When it begins.", strict.Duration(&line.at)),
		strict.Key("when", "What an endpoint sees when it begins, in place of a time.", strict.Maybe(&line.when, r.when)),
		strict.Key("for", "How long it lasts.", strict.Least(&line.dur, minSpan)),
		strict.Key("until", "When it ends, in place of how long it lasts.", strict.Check(strict.Duration(&line.until), func(*strict.Node) error {
			if line.until < line.at+minSpan {
				return fmt.Errorf("%s is not after at %s", strict.FormatDuration(line.until), strict.FormatDuration(line.at))
			}
			return nil
		})),
		strict.Key("id", "Name by which heal and reports know it.", named(&line.id)),
	}
}

// checkTiming looks at what the times of a line say of each other.
func (r *reader) checkTiming(n *strict.Node, has strict.Given, line *timelineLine) {
	switch {
	case has.Has("at") && has.Has("when"):
		r.Add(has["when"].Pos, "timeline", "a line has at or when, not both")
	case !has.Has("at") && !has.Has("when"):
		r.Add(n.Pos, "timeline", "a line needs at or when")
	}
	if !has.Has("until") {
		return
	}
	until := has["until"].Pos
	switch {
	case has.Has("for"):
		r.Add(until, "timeline", "a line has for or until, not both")
	case has.Has("when"):
		r.Add(until, "until", "a line with when lasts from its trigger on: give it a for")
	}
}

func (r *reader) when(w *whenPart) strict.Value {
	w.nth = 1
	name := ""
	endpoint := strict.Also(strict.Printable(&name), func(n *strict.Node) {
		w.where = &selection{n.Pos, []want{{n.Pos, endpointLabel, []wantValue{{n.Pos, name}}}}}
	})
	return strict.Mapping{What: "when", Fields: []strict.Field{
		strict.Need("milestone", "What an endpoint has to see.", strict.OneOf(&w.milestone, "milestone", milestones()...)),
		strict.Key("where", "Labels of the endpoints that count; by default all.", where(&w.where)),
		strict.Key("endpoint", "The one endpoint that counts, by its name.", endpoint),
		strict.Key("nth", "Which time it happens.", strict.Int(&w.nth, 1, math.MaxInt32)),
		strict.Need("by", "When that has to have happened: else the verdict is unknown.", strict.Least(&w.by, minSpan)),
	}, Shape: func() []*strict.Schema {
		return []*strict.Schema{{If: strict.With("where"), Then: strict.Without("where or endpoint, not both", "endpoint")}}
	}, Then: func(_ *strict.Reader, _ *strict.Node, has strict.Given) {
		if has.Has("where") && has.Has("endpoint") {
			r.Add(has["endpoint"].Pos, "when", "where or endpoint, not both")
		}
	}}
}
