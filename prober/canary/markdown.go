package canary

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// width is that of a terminal at three in the morning.
const width = 80

// WriteMarkdown writes an incident in the form of a postmortem's impact
// section. It is Markdown, and fit to be read as it is in 80 columns.
func (i *Incident) WriteMarkdown(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n\n## Impact\n\n%s\n", Wrap("# "+i.ID+": webhook delivery in "+strings.Join(impacted(i), ", "), 0), Wrap(i.sums(), 0))
	for some := range slices.Chunk(i.Impacts, 5) { // as many as fit beside each other
		b.WriteString("\n")
		table(&b, impactRows(some))
	}
	b.WriteString("\n## Causes\n\n")
	for _, m := range i.Impacts {
		fmt.Fprintln(&b, Wrap("- **"+m.Region+"**: "+within(m.Region, m.Diagnosis), 2))
		for _, c := range m.Causes {
			fmt.Fprintf(&b, "  - %v: %d looks, %s to %s\n", c.Trouble, c.Count, clock(c.First), clock(c.Last))
		}
	}
	b.WriteString("\n## Timeline (UTC)\n\n")
	for _, e := range i.Entries {
		phase := ""
		if e.Phase != "" {
			phase = "**" + string(e.Phase) + "**: "
		}
		fmt.Fprintln(&b, Wrap("- "+clock(e.At)+" "+phase+e.Text, 2))
	}
	if i.Unlisted > 0 {
		fmt.Fprintf(&b, "- and %d more\n", i.Unlisted)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// sums says the whole in a few sentences.
func (i *Incident) sums() string {
	var delayed, lost, duplicated int
	var longest time.Duration
	for _, m := range i.Impacts {
		delayed, lost, duplicated = delayed+m.Delayed, lost+m.Lost, duplicated+m.Duplicated
		longest = max(longest, m.Longest)
	}
	s := fmt.Sprintf("Began %s UTC, ", i.Began.UTC().Format("2006-01-02 15:04:05"))
	if i.Phase == Resolved {
		s += fmt.Sprintf("resolved %s: %s in all. ", clock(i.Resolved), span(i.Resolved.Sub(i.Began)))
	} else {
		s += fmt.Sprintf("now %s. ", i.Phase)
	}
	late := "none was delayed"
	if delayed > 0 {
		late = fmt.Sprintf("%d were delayed, the longest by %s", delayed, span(longest))
	}
	return s + fmt.Sprintf("Of the canaries, %s; %d were lost; %d came twice.", late, lost, duplicated)
}

// impactRows lists what an incident did to regions, a column each.
func impactRows(all []*Impact) [][]string {
	rows := [][]string{{"region"}, {"began"}, {"detected"}, {"time to detect"}, {"recovered"}, {"time to recover"},
		{"delayed"}, {"longest delay"}, {"lost"}, {"duplicated"}, {"publishes failed"}}
	for _, m := range all {
		recovered, down := "not yet", "-"
		if d, over := m.ToRecover(); over {
			recovered, down = clock(m.Recovered), span(d)
		}
		longest := "-"
		if m.Delayed > 0 {
			longest = span(m.Longest)
		}
		for n, cell := range []string{m.Region, clock(m.Began), clock(m.Detected), detection(m), recovered, down, strconv.Itoa(m.Delayed),
			longest, strconv.Itoa(m.Lost), strconv.Itoa(m.Duplicated), strconv.Itoa(m.PublishFailed)} {
			rows[n] = append(rows[n], cell)
		}
	}
	return rows
}

// detection is how long it took until a trouble was certain: from the last good
// look, since nobody knows when it began after that.
func detection(m *Impact) string {
	evidence, most := m.ToDetect()
	if most > 0 {
		return "at most " + span(most)
	}
	return span(evidence)
}

// table writes rows of which the first is the head, in columns.
func table(b *strings.Builder, rows [][]string) {
	wide := make([]int, len(rows[0]))
	for _, row := range rows {
		for n, cell := range row {
			wide[n] = max(wide[n], utf8.RuneCountInString(cell))
		}
	}
	for k, row := range rows {
		for n, cell := range row {
			fmt.Fprintf(b, "| %-*s ", wide[n], cell)
		}
		b.WriteString("|\n")
		if k == 0 {
			for _, n := range wide {
				b.WriteString("|" + strings.Repeat("-", n+2))
			}
			b.WriteString("|\n")
		}
	}
}

// Wrap breaks a line for a terminal of 80 columns; what follows begins with
// hang spaces. A word that is longer stays whole: somebody may want to copy it.
func Wrap(line string, hang int) string {
	var b strings.Builder
	lead := len(line) - len(strings.TrimLeft(line, " "))
	b.WriteString(line[:lead])
	column := lead
	for n, word := range strings.Split(line[lead:], " ") {
		long := utf8.RuneCountInString(word)
		switch {
		case n == 0:
		case column+1+long > width:
			b.WriteString("\n" + strings.Repeat(" ", hang))
			column = hang
		default:
			b.WriteByte(' ')
			column++
		}
		b.WriteString(word)
		column += long
	}
	return b.String()
}

func span(d time.Duration) string {
	s := d.Round(time.Second).String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	return strings.Replace(s, "h0m", "h", 1)
}
