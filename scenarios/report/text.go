package report

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/hookdrill/hookdrill/prober/history"
	"github.com/hookdrill/hookdrill/scenarios/check"
	"github.com/hookdrill/hookdrill/scenarios/verdict"
)

// Text writes the report for a reader: the verdict, the numbers that matter,
// the table of guarantees, and for each broken one its shortest story. The
// order is that of somebody who has been woken: what, how bad, where, why.
func Text(w io.Writer, in Input, o Options) error {
	if o.Width == 0 {
		o.Width = 80
	}
	b := bufio.NewWriter(w)
	t := text{Writer: b, in: in, width: o.Width, paint: paint(o.Color)}
	t.verdict()
	t.numbers()
	t.regions()
	t.guarantees()
	t.reasons()
	t.stories()
	t.tail()
	if err := b.Flush(); err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	return nil
}

type text struct {
	*bufio.Writer
	in    Input
	width int
	paint paint
}

func (t text) line(format string, args ...any) { fmt.Fprintf(t, format+"\n", args...) }

func (t text) wrapped(lead, body string, hang int) {
	t.line("%s", wrap(lead, clean(body), hang, t.width))
}

func (t text) verdict() {
	status := t.in.Judgement.Status
	lead := strings.ToUpper(status.String())
	first := wrap(lead+"  ", clean(t.in.Scenario)+": "+t.outcome(), len(lead)+2, t.width)
	t.line("%s%s", t.paint.status(status, lead), strings.TrimPrefix(first, lead))
	if t.in.Title != "" {
		t.wrapped("  ", t.in.Title, 2)
	}
	t.wrapped("  ", t.setting(), 2)
	if d := t.in.Judgement.Deviations; len(d) > 0 {
		t.wrapped("  ", "declares less than Standard Webhooks: "+strings.Join(d, "; "), 2)
	}
	if t.in.Trouble != "" {
		t.line("")
		t.line("%s", t.paint.in(yellow, wrap("  ", clean(t.in.Trouble), 2, t.width)))
	}
	if t.in.Judgement.Cut != "" {
		t.line("")
		t.line("%s", t.paint.in(yellow, wrap("  ", "not a whole run: "+clean(t.in.Judgement.Cut), 2, t.width)))
	}
}

// outcome is the verdict in a sentence, and whether it was expected.
func (t text) outcome() string {
	said := t.said()
	switch _, wrong := t.in.Outcome(); {
	case len(wrong) > 0:
		return said + "; not as expected"
	case t.in.expected():
		return said + ", as expected"
	default:
		return said
	}
}

func (t text) said() string {
	failed, unknown := t.in.with(verdict.Fail), t.in.with(verdict.Unknown)
	passed, spared := len(t.in.with(verdict.Pass)), len(t.in.with(verdict.NotApplicable))
	switch {
	case len(failed) > 0:
		return names(failed) + " broken"
	case len(unknown) > 0:
		return "could not judge " + names(unknown)
	case t.in.Judgement.Status != verdict.Pass && t.in.Judgement.Cut != "":
		return "cut off before it could be judged"
	case t.in.Judgement.Status != verdict.Pass:
		return "nothing was judged"
	case spared > 0:
		return fmt.Sprintf("%s held, %d not applicable", plural(passed, "guarantee"), spared)
	default:
		return plural(passed, "guarantee") + " held"
	}
}

func names(reports []check.Report) string {
	var all []string
	for _, r := range reports {
		all = append(all, r.Guarantee)
	}
	return strings.Join(all, ", ")
}

// setting says what was run against what, and in which time.
func (t text) setting() string {
	s := fmt.Sprintf("sender %s, seed %d, ", t.in.Sender, t.in.Seed)
	switch {
	case t.in.Judgement.World == history.Virtual:
		s += Short(t.in.End) + " of virtual time"
	case t.in.Judgement.World == history.Real && t.in.Scale > 1:
		s += fmt.Sprintf("%s at %gx real time", Short(t.in.End), t.in.Scale)
	default:
		s += Short(t.in.End) + " of real time"
	}
	if t.in.Elapsed > 0 {
		s += " in " + Short(t.in.Elapsed)
	}
	if t.in.Strict {
		s += ", judged by Standard Webhooks"
	}
	return s
}

func (t text) numbers() {
	s := t.in.Judgement.Stats
	t.line("")
	events := fmt.Sprintf("%s published, %s accepted", count(s.Events), count(s.Accepted))
	t.wrapped("  events       ", events, 15)
	owed := fmt.Sprintf("%s: %s acked, %s lost, %s undelivered",
		count(s.Obligations), count(s.Acked), count(s.Lost), count(s.Undelivered))
	if s.GivenUp > 0 {
		owed = fmt.Sprintf("%s: %s given up, %s acked, %s lost, %s undelivered",
			count(s.Obligations), count(s.GivenUp), count(s.Acked), count(s.Lost), count(s.Undelivered))
	}
	t.wrapped("  obligations  ", owed, 15)
	t.wrapped("  attempts     ", fmt.Sprintf("%s, %s (%s justified)",
		count(s.Attempts), plural(s.Duplicates, "duplicate"), count(s.Justified)), 15)
	if s.Acked > 0 {
		t.wrapped("  longest      ", t.longest(s), 15)
	}
	if s.PublishLate >= 100*time.Millisecond {
		t.wrapped("  publishing   ", "up to "+Short(s.PublishLate)+" later than planned", 15)
	}
}

func (t text) longest(s check.Stats) string {
	text := Short(s.Longest) + " from acceptance to ack"
	if s.LongestSubject != "" {
		text += ", " + s.LongestSubject
	}
	return text
}

// reasons says why what was not decided was not, before any story: nobody
// should read half a page of evidence and miss that the rest was not judged.
func (t text) reasons() {
	for _, r := range t.in.with(verdict.Unknown) {
		t.line("")
		t.heading(r, r.Sentence)
		t.wrapped("  ", "not judged: "+cmp.Or(r.Reason, "nothing to look at"), 2)
		t.story(r)
	}
	spared := t.in.with(verdict.NotApplicable)
	if len(spared) > 0 {
		t.line("")
	}
	for _, r := range spared {
		t.wrapped("not applicable  ", r.Guarantee+": "+spare(r), 16)
	}
}

// spare says why a guarantee does not apply, and what was seen of it.
func spare(r check.Report) string {
	why := cmp.Or(r.Reason, "the sender does not promise it")
	if r.Premise == "" {
		return why
	}
	r.Reason = ""
	return why + "; seen: " + looked(r)
}

// tail says where to look next.
func (t text) tail() {
	status := t.in.Judgement.Status
	if t.in.Reproduce != "" && status != verdict.Pass {
		// Behind a story the command belongs to it.
		if status != verdict.Fail {
			t.line("")
		}
		t.line("  reproduce: %s", clean(t.in.Reproduce))
	}
	if t.in.Dir != "" {
		t.line("")
		t.line("evidence: %s", clean(t.in.Dir))
	}
}
