package report

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hookdrill/hookdrill/scenarios/check"
	"github.com/hookdrill/hookdrill/scenarios/verdict"
)

// calm is the longest delay with which an untroubled region may be said to
// have noticed nothing. A healthy exchange takes less than half a second; a
// head-of-line block or a starved worker pool shows as more than this. A scale
// magnifies what a busy machine does in real time, of which half a second is
// no trouble.
func (t text) calm() time.Duration {
	return max(5*time.Second, time.Duration(t.in.Scale*float64(500*time.Millisecond)))
}

// most is how many columns of statuses fit into 80 columns beside the rest.
const most = 3

// regions writes one line a region: what its endpoints answered, and when it
// was whole again.
func (t text) regions() {
	groups := t.in.Judgement.Stats.Groups
	if len(groups) == 0 {
		return
	}
	columns, rest := statusColumns(groups)
	rows := [][]string{regionHead(columns, rest)}
	for _, g := range groups {
		rows = append(rows, t.regionRow(g, columns, rest))
	}
	t.line("")
	t.columns(rows, 2)
}

func regionHead(columns []int, rest bool) []string {
	head := []string{"region", "attempts"}
	for _, status := range columns {
		head = append(head, statusName(status))
	}
	if rest {
		head = append(head, "other")
	}
	return append(head, "longest", "trouble", "recovered")
}

func (t text) regionRow(g check.Group, columns []int, rest bool) []string {
	row := []string{clean(cmp.Or(g.Name, "all")), count(g.Attempts)}
	shown := 0
	for _, status := range columns {
		shown += g.Statuses[status]
		row = append(row, dash(g.Statuses[status]))
	}
	if rest {
		row = append(row, dash(bad(g)-shown))
	}
	longest := "-"
	if g.Longest > 0 {
		longest = Short(g.Longest)
	}
	trouble, recovered := t.trouble(g)
	return append(row, longest, trouble, recovered)
}

// trouble says when faults acted on a group, and when it was whole again.
func (t text) trouble(g check.Group) (string, string) {
	switch {
	case g.Troubled && g.Recovered > 0:
		return t.span(g), t.in.wall(g.Recovered).Format("15:04:05Z")
	case g.Troubled:
		return t.span(g), "never"
	case g.Attempts == 0:
		return "no attempts", ""
	case bad(g) > g.Statuses[0]:
		return "errors, yet no fault here", ""
	case bad(g) > 0:
		return "attempts cut short", ""
	case g.Longest > t.calm():
		return "late, yet no fault here", ""
	default:
		return "noticed nothing", ""
	}
}

func (t text) span(g check.Group) string {
	return t.in.wall(g.FirstFault).Format("15:04") + "-" + t.in.wall(g.LastFault).Format("15:04Z")
}

// bad is the number of a group's attempts that were not answered with 2xx.
func bad(g check.Group) int {
	n := 0
	for status, times := range g.Statuses {
		if status < 200 || status > 299 {
			n += times
		}
	}
	return n
}

// statusColumns picks the statuses that get a column, the commonest first in
// the choice and by number in the table; rest says that some got none.
func statusColumns(groups []check.Group) (columns []int, rest bool) {
	times := map[int]int{}
	for _, g := range groups {
		for status, n := range g.Statuses {
			if n > 0 && (status < 200 || status > 299) {
				times[status] += n
			}
		}
	}
	for status := range times {
		columns = append(columns, status)
	}
	slices.SortFunc(columns, func(a, b int) int { return cmp.Or(times[b]-times[a], a-b) })
	if len(columns) > most {
		columns, rest = columns[:most], true
	}
	// No answer (0) stands behind the answers.
	slices.SortFunc(columns, func(a, b int) int { return cmp.Compare(uint(a-1), uint(b-1)) })
	return columns, rest
}

func statusName(status int) string {
	if status == 0 {
		return "none"
	}
	return strconv.Itoa(status)
}

func dash(n int) string {
	if n == 0 {
		return "-"
	}
	return count(n)
}

// columns writes a table with the first row as its head: the first column and
// the last `left` ones flush left, numbers between them flush right.
func (t text) columns(rows [][]string, left int) {
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		// What stands before an empty last cell may reach into it.
		spans := row[len(row)-1] == ""
		for i, cell := range row {
			if !spans || i < len(row)-2 {
				widths[i] = max(widths[i], len([]rune(cell)))
			}
		}
	}
	for n, row := range rows {
		var b strings.Builder
		for i, cell := range row {
			if i > 0 {
				b.WriteString("  ")
			}
			if i == 0 || i >= len(row)-left {
				b.WriteString(pad(cell, widths[i]))
			} else {
				b.WriteString(padLeft(cell, widths[i]))
			}
		}
		line := "  " + strings.TrimRight(b.String(), " ")
		if n == 0 {
			line = t.paint.in(dim, line)
		}
		t.line("%s", line)
	}
}

// guarantees writes the table of what was judged: status, premise and what
// was measured on the way.
func (t text) guarantees() {
	wide := 0
	for _, r := range t.in.Judgement.Reports {
		wide = max(wide, len(r.Guarantee))
	}
	if wide == 0 {
		return
	}
	t.line("")
	for _, r := range t.in.Judgement.Reports {
		if r.Status == verdict.NotApplicable {
			continue
		}
		lead := "  " + pad(r.Guarantee, wide) + "  " + pad(word(r.Status), 7) + "  "
		body := wrap(lead, clean(t.looked(r)), len(lead), t.width)
		plain := "  " + pad(r.Guarantee, wide) + "  " + word(r.Status)
		colored := "  " + pad(r.Guarantee, wide) + "  " + t.paint.status(r.Status, word(r.Status))
		t.line("%s%s", colored, strings.TrimPrefix(body, plain))
	}
}

// looked adds what was expected of a guarantee to what was seen.
func (t text) looked(r check.Report) string {
	if e := t.in.expectation(r); e != "" {
		return looked(r) + "; " + e
	}
	return looked(r)
}

// looked puts together what a checker looked at and what it measured.
func looked(r check.Report) string {
	parts := []string{cmp.Or(r.Premise, "nothing to look at")}
	if r.Count > 0 {
		parts = append(parts, plural(r.Count, "finding"))
	}
	for _, n := range r.Numbers {
		parts = append(parts, fmt.Sprintf("%s %s", n.Name, n.Value))
	}
	if r.Status == verdict.Pass && r.Reason != "" {
		parts = append(parts, r.Reason)
	}
	return strings.Join(parts, "; ")
}
