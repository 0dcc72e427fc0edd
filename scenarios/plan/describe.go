package plan

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/hookdrill/hookdrill/prober/strict"
)

// perObligation is the real time that virtual time takes for one obligation
// with its retries: the incident's 18,000 obligations took 1.6 s (DESIGN.md,
// "Two worlds"). It is good for telling seconds from minutes.
const perObligation = 90 * time.Microsecond

// Describe writes a plan for a reader, in 80 columns: what will happen and
// when, how much of it, and what must hold. It walks all planned events.
func Describe(w io.Writer, p *Plan) error {
	out := &page{w: w}
	out.line(fmt.Sprintf("%s   seed %d   run %s", p.Name, p.Seed, p.Run))
	if p.Title != "" {
		out.text("", p.Title)
	}
	if p.Source != "" {
		out.text("source: ", p.Source)
	}
	p.describeDuration(out)
	p.describeEndpoints(out)
	p.describeTraffic(out)
	p.describePhases(out)
	p.describeFaults(out)
	p.describeVerbs(out)
	p.describeDependencies(out)
	p.describeMarks(out)
	p.describeGuarantees(out)
	if out.err != nil {
		return fmt.Errorf("write plan: %w", out.err)
	}
	return nil
}

func (p *Plan) describeDuration(out *page) {
	end := p.End()
	_, obligations := p.amounts()
	out.section("Duration")
	out.text("  scenario  ", fmt.Sprintf("%s, then a drain until settled, at most %s; starts %s",
		strict.FormatDuration(end), strict.FormatDuration(p.Drain.AtMost), p.Starts.UTC().Format("2006-01-02 15:04:05 UTC")))
	estimate := "under a second"
	if d := time.Duration(obligations) * perObligation; d >= time.Second {
		estimate = "about " + strict.FormatDuration(d.Round(100*time.Millisecond))
	}
	out.text("  virtual   ", estimate)
	scale, at := p.Scale, fmt.Sprintf("at scale %g", p.Scale)
	if scale == 0 {
		scale, at = 1, "at scale 1: the file gives no time.scale"
	}
	out.text("  real      ", fmt.Sprintf("%s, at most %s, %s", strict.FormatDuration(scaled(end, scale)), strict.FormatDuration(scaled(end+p.Drain.AtMost, scale)), at))
}

func scaled(d time.Duration, scale float64) time.Duration {
	return time.Duration(float64(d) / scale)
}

func (p *Plan) describeEndpoints(out *page) {
	out.section("Endpoints (%s)", grouped(len(p.Endpoints)))
	for i := 0; i < len(p.Endpoints); {
		var group []int
		for n := i; n < len(p.Endpoints) && maps.Equal(p.Endpoints[n].Labels, p.Endpoints[i].Labels); n++ {
			group = append(group, n)
		}
		labels := make([]string, 0, len(p.Endpoints[i].Labels))
		for _, name := range slices.Sorted(maps.Keys(p.Endpoints[i].Labels)) {
			labels = append(labels, name+": "+p.Endpoints[i].Labels[name])
		}
		text := p.names(group)
		if len(labels) > 0 {
			text += " (" + strings.Join(labels, ", ") + ")"
		}
		out.text(fmt.Sprintf("  %6s  ", grouped(len(group))), text)
		i += len(group)
	}
}

func (p *Plan) describeTraffic(out *page) {
	events, obligations := p.amounts()
	out.section("Traffic (%s, %s)", counted(events, "event", "events"), counted(obligations, "obligation", "obligations"))
	for _, s := range p.Streams {
		to := p.Topics[s.Topics[0]].Endpoints
		receivers := "one of " + counted(len(s.Topics), "endpoint", "endpoints")
		if !strings.HasPrefix(p.Topics[s.Topics[0]].Name, "endpoint.") {
			receivers = "all of " + p.names(to)
		}
		body := formatSize(s.MinBody)
		if s.MaxBody > s.MinBody {
			body += ".." + formatSize(s.MaxBody)
		}
		out.text("  "+span(s.From, s.From+s.For)+"  ", fmt.Sprintf("%s to %s, %s, bodies of %s",
			counted(s.Count, "event", "events"), receivers, counted(s.Keys, "key", "keys"), body))
	}
}

// span writes a window in a fixed width.
func span(from, until time.Duration) string {
	return fmt.Sprintf("%-18s", strict.FormatDuration(from.Truncate(grid))+".."+strict.FormatDuration(until.Truncate(grid)))
}

func (p *Plan) describePhases(out *page) {
	out.section("Phases")
	for _, part := range p.phases() {
		what := counted(part.events, "event", "events")
		if part.name == "drain" {
			what = "until settled, then quiet for " + strict.FormatDuration(p.Drain.Quiet)
		}
		out.text("  "+span(part.from, part.until)+"  ", fmt.Sprintf("%s: %s", part.name, what))
	}
}

func (p *Plan) describeGuarantees(out *page) {
	out.section("Guarantees")
	for _, g := range p.Guarantees {
		var parts []string
		for _, name := range slices.Sorted(maps.Keys(g.Args)) {
			value := fmt.Sprint(g.Args[name])
			if d, ok := g.Args[name].(time.Duration); ok {
				value = strict.FormatDuration(d)
			}
			parts = append(parts, name+": "+value)
		}
		if g.Endpoints != nil {
			parts = append(parts, "for "+p.names(g.Endpoints))
		}
		out.text(fmt.Sprintf("  %-18s  ", g.Name), strings.Join(parts, ", "))
	}
}
