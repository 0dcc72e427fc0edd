package check

import (
	"fmt"
	"strings"
)

// text writes a report in full, for golden comparison.
func text(r Report) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %v: %s\n", r.Guarantee, r.Status, r.Sentence)
	fmt.Fprintf(&b, "  premise: %s\n", r.Premise)
	if r.Reason != "" {
		fmt.Fprintf(&b, "  reason: %s\n", r.Reason)
	}
	for _, n := range r.Numbers {
		fmt.Fprintf(&b, "  %s: %s\n", n.Name, n.Value)
	}
	if r.Count > 0 {
		fmt.Fprintf(&b, "  %d findings\n", r.Count)
	}
	for _, f := range r.Findings {
		fmt.Fprintf(&b, "  %s\n", f.Subject)
		for _, l := range f.Story {
			if l.Aside {
				fmt.Fprintf(&b, "    -- %s\n", l.Text)
				continue
			}
			fmt.Fprintf(&b, "    %s  %s\n", offset(l.At), l.Text)
		}
	}
	return b.String()
}

func contains(s, part string) bool { return strings.Contains(s, part) }
