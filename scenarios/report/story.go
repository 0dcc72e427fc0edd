package report

import (
	"strings"

	"github.com/hookdrill/hookdrill/scenarios/check"
	"github.com/hookdrill/hookdrill/scenarios/verdict"
)

// stories writes what broke each failed guarantee.
func (t text) stories() {
	for _, r := range t.in.with(verdict.Fail) {
		t.line("")
		t.heading(r, r.Sentence)
		t.story(r)
	}
}

func (t text) heading(r check.Report, sentence string) {
	lead := r.Guarantee + "  " + word(r.Status)
	body := wrap(lead+"  ", clean(sentence), len(lead)+2, t.width)
	t.line("%s  %s%s", t.paint.in(bold, r.Guarantee), t.paint.status(r.Status, word(r.Status)),
		strings.TrimPrefix(body, lead))
}

// story writes the shortest finding whole, and of the others what they are
// about: they tell the same, and the machine formats have them.
func (t text) story(r check.Report) {
	best := shortest(r.Findings)
	if best < 0 {
		return
	}
	f := r.Findings[best]
	t.wrapped("  ", f.Subject, 4)
	for _, l := range f.Story {
		if l.Aside {
			t.line("%s", t.paint.in(dim, wrap("    -- ", clean(l.Text), 7, t.width)))
			continue
		}
		lead := "    " + Offset(l.At) + "  "
		t.wrapped(lead, l.Text, len(lead))
	}
	t.others(r, best)
}

func (t text) others(r check.Report, best int) {
	if r.Count <= 1 {
		return
	}
	var subjects []string
	for i, f := range r.Findings {
		if i != best && len(subjects) < 3 {
			subjects = append(subjects, strings.ReplaceAll(clean(f.Subject), " ", glue))
		}
	}
	text := "and " + count(r.Count-1) + " more"
	if len(subjects) > 0 {
		text += ": " + strings.Join(subjects, "; ")
	}
	if len(subjects) > 0 && len(subjects) < r.Count-1 {
		text += "; ..."
	}
	// A subject is one word to whoever copies it, and stays on its line.
	t.line("%s", strings.ReplaceAll(wrap("  ", text, 4, t.width), glue, " "))
}

// glue is a space at which no line is broken.
const glue = "\u00a0"

// shortest returns the index of the finding that is told in the fewest lines;
// -1: there is none.
func shortest(findings []check.Finding) int {
	best := -1
	for i, f := range findings {
		if len(f.Story) > 0 && (best < 0 || len(f.Story) < len(findings[best].Story)) {
			best = i
		}
	}
	if best < 0 && len(findings) > 0 {
		return 0
	}
	return best
}
