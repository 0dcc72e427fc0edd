package plan

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hookdrill/hookdrill/prober/strict"
)

// clock writes the scenario's own time of day at an offset, with the date
// where it is another day than the first.
func (p *Plan) clock(at time.Duration) string {
	start, then := p.Starts.UTC(), p.Starts.UTC().Add(at)
	if start.YearDay() != then.YearDay() || start.Year() != then.Year() {
		return then.Format("2006-01-02 15:04:05")
	}
	return then.Format("15:04:05")
}

func (p *Plan) describeFaults(out *page) {
	if len(p.Faults) == 0 {
		return
	}
	out.section("Faults")
	const indent = "                      "
	for _, f := range p.Faults {
		when := span(f.From, f.Until)
		if f.Trigger != nil {
			when = fmt.Sprintf("%-18s", "for "+strict.FormatDuration(f.Until))
		}
		out.text("  "+when+"  ", f.ID+": "+f.Summary)
		if f.Trigger != nil {
			out.text(indent, p.triggerText(f.Trigger))
		} else {
			out.text(indent, "from "+p.clock(f.From)+" to "+p.clock(f.Until))
		}
		place := "the publish API"
		if !f.AtPublish {
			place = p.names(f.Endpoints)
		}
		out.text(indent, "at "+place)
		for _, end := range p.healed(f) {
			out.text(indent, end)
		}
		if limits := limitsText(f); limits != "" {
			out.text(indent, limits)
		}
	}
}

// healed says which endpoints a heal frees before the window's end.
func (p *Plan) healed(f Fault) []string {
	early := map[time.Duration][]int{}
	for i, end := range f.Ends {
		if end != f.Until {
			early[end] = append(early[end], f.Endpoints[i])
		}
	}
	ends := make([]time.Duration, 0, len(early))
	for end := range early {
		ends = append(ends, end)
	}
	slices.Sort(ends)
	lines := make([]string, 0, len(ends))
	for _, end := range ends {
		lines = append(lines, fmt.Sprintf("healed at %s (%s) for %s", strict.FormatDuration(end.Truncate(grid)), p.clock(end), p.names(early[end])))
	}
	return lines
}

func limitsText(f Fault) string {
	var parts []string
	if text := attemptsText(f.Select); text != "" {
		parts = append(parts, "attempts "+text)
	}
	if len(f.Select.Keys) > 0 {
		parts = append(parts, "keys "+strings.Trim(fmt.Sprint(f.Select.Keys), "[]"))
	}
	if f.Select.Limit > 0 {
		parts = append(parts, fmt.Sprintf("at most %s of an obligation", counted(f.Select.Limit, "attempt", "attempts")))
	}
	return strings.Join(parts, ", ")
}

func (p *Plan) triggerText(t *Trigger) string {
	return fmt.Sprintf("when %s is reached for the %d%s time at %s, by %s",
		t.Milestone, t.Nth, ordinal(t.Nth), p.names(t.Endpoints), strict.FormatDuration(t.By.Truncate(grid)))
}

func (p *Plan) describeVerbs(out *page) {
	if len(p.Verbs) == 0 {
		return
	}
	out.section("Sender")
	for _, v := range p.Verbs {
		away := strict.FormatDuration((v.For + grid/2).Truncate(grid))
		if v.Trigger != nil {
			out.text(fmt.Sprintf("  %-18s  ", "for "+away), v.ID+": "+v.text()+" "+p.triggerText(v.Trigger))
			continue
		}
		out.text("  "+span(v.At, v.At+v.For)+"  ", fmt.Sprintf("%s: %s at %s for %s", v.ID, v.text(), p.clock(v.At), away))
	}
}

// text says what a verb does, in a few words.
func (v Verb) text() string {
	switch {
	case v.Action == ActionScale:
		return fmt.Sprintf("scale to %d", v.To)
	case v.Instance > 0:
		return fmt.Sprintf("%s instance %d", v.Action, v.Instance)
	case v.Grace > 0:
		return fmt.Sprintf("%s (grace %s)", v.Action, strict.FormatDuration(v.Grace))
	default:
		return v.Action
	}
}

func (p *Plan) describeDependencies(out *page) {
	if len(p.Dependencies) == 0 {
		return
	}
	out.section("Dependencies")
	for _, d := range p.Dependencies {
		away := strict.FormatDuration((d.For + grid/2).Truncate(grid))
		what := d.ID + ": " + d.Action + " " + d.Name
		if d.Trigger != nil {
			out.text(fmt.Sprintf("  %-18s  ", "for "+away), what+" "+p.triggerText(d.Trigger))
			continue
		}
		out.text("  "+span(d.At, d.At+d.For)+"  ", fmt.Sprintf("%s at %s for %s", what, p.clock(d.At), away))
	}
}

func (p *Plan) describeMarks(out *page) {
	if len(p.Marks) == 0 {
		return
	}
	out.section("Marks")
	for _, m := range p.Marks {
		out.text(fmt.Sprintf("  %-18s  ", strict.FormatDuration(m.At.Truncate(grid))), p.clock(m.At)+" "+m.Text)
	}
}
