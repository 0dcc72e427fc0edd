package report

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/hookdrill/hookdrill/scenarios/verdict"
)

// Summary writes a table of several runs, a line each, and how many ended in
// which way. Of one run it writes nothing: that has just been reported.
func Summary(w io.Writer, all []Input, o Options) error {
	if len(all) < 2 {
		return nil
	}
	if o.Width == 0 {
		o.Width = 80
	}
	b := bufio.NewWriter(w)
	t := text{Writer: b, width: o.Width, paint: paint(o.Color)}
	wide := len("scenario")
	for _, in := range all {
		wide = max(wide, len([]rune(clean(in.Scenario))))
	}
	t.line("")
	t.line("%s", t.paint.in(dim, "  "+pad("scenario", wide)+"  "+pad("verdict", 10)+"  seconds"))
	var elapsed time.Duration
	for _, in := range all {
		elapsed += in.Elapsed
		t.summaryRow(in, wide)
	}
	status := worst(all)
	lead := strings.ToUpper(status.String())
	switch expected := allExpected(all); {
	case expected && status != verdict.Pass:
		status, lead = verdict.Pass, "AS EXPECTED"
	case !expected && status == verdict.Pass:
		status, lead = verdict.Fail, "NOT AS EXPECTED"
	}
	t.line("")
	t.line("%s  %s in %s", t.paint.status(status, lead), tally(all), Short(elapsed))
	if err := b.Flush(); err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	return nil
}

// allExpected reports whether all runs came out as expected; one of which
// nothing was expected, by passing.
func allExpected(all []Input) bool {
	for _, in := range all {
		if in.NotPlayed != "" || in.Trouble != "" || in.Judgement.Status != verdict.Pass && !in.expected() {
			return false
		}
		if status, _ := in.Outcome(); status != verdict.Pass {
			return false
		}
	}
	return len(all) > 0
}

func (t text) summaryRow(in Input, wide int) {
	status, why := word(in.Judgement.Status), ""
	_, wrong := in.Outcome()
	switch {
	case in.Trouble != "" && in.Judgement.Status != verdict.Fail:
		why = in.Trouble
	case in.NotPlayed == "" && len(wrong) > 0:
		why = strings.Join(wrong, "; ")
	case in.Judgement.Status == verdict.Fail && in.expected():
		why = names(in.with(verdict.Fail)) + ", as expected"
	case in.NotPlayed != "":
		status = "NOT PLAYED"
		why, _, _ = strings.Cut(in.NotPlayed, "\n")
	case in.Judgement.Status == verdict.Fail:
		why = names(in.with(verdict.Fail))
	case in.Judgement.Cut != "":
		why = "not a whole run"
	case in.Judgement.Status == verdict.Unknown:
		why = names(in.with(verdict.Unknown))
	}
	lead := "  " + pad(clean(in.Scenario), wide) + "  "
	rest := pad(status, 10) + "  " + padLeft(fmt.Sprintf("%.1f", in.Elapsed.Seconds()), 7) + "  "
	line := wrap(lead+rest, clean(why), len([]rune(lead+rest)), t.width)
	painted := t.paint.status(in.Judgement.Status, status)
	t.line("%s%s%s", lead, painted, strings.TrimPrefix(line, lead+status))
}

// tally says how many runs ended in which way.
func tally(all []Input) string {
	times := map[string]int{}
	for _, in := range all {
		if in.NotPlayed != "" {
			times["not played"]++
			continue
		}
		times[in.Judgement.Status.String()]++
	}
	parts := []string{plural(len(all), "run")}
	for _, s := range []string{"fail", "unknown", "not played", "pass"} {
		if times[s] > 0 {
			parts = append(parts, count(times[s])+" "+s)
		}
	}
	return parts[0] + ": " + strings.Join(parts[1:], ", ")
}
