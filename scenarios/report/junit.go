package report

import (
	"cmp"
	"encoding/xml"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/hookdrill/hookdrill/scenarios/check"
	"github.com/hookdrill/hookdrill/scenarios/verdict"
)

type junitSuites struct {
	XMLName xml.Name     `xml:"testsuites"`
	Suites  []junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name       string          `xml:"name,attr"`
	Tests      int             `xml:"tests,attr"`
	Failures   int             `xml:"failures,attr"`
	Errors     int             `xml:"errors,attr"`
	Skipped    int             `xml:"skipped,attr"`
	Time       string          `xml:"time,attr"`
	Properties []junitProperty `xml:"properties>property"`
	Cases      []junitCase     `xml:"testcase"`
}

type junitProperty struct {
	Name  string `xml:"name,attr"`
	Value string `xml:"value,attr"`
}

type junitCase struct {
	Class   string       `xml:"classname,attr"`
	Name    string       `xml:"name,attr"`
	File    string       `xml:"file,attr,omitempty"`
	Line    int          `xml:"line,attr,omitempty"`
	Failure *junitDetail `xml:"failure"`
	Error   *junitDetail `xml:"error"`
	Skipped *junitDetail `xml:"skipped"`
	Output  string       `xml:"system-out,omitempty"`
}

type junitDetail struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr,omitempty"`
	Text    string `xml:",chardata"`
}

// JUnit writes the reports as CI servers read them: a suite for each run, and
// in it one testcase for each guarantee, a failure where it is broken, an
// error where it could not be judged, skipped where the sender does not
// promise it, or where it is broken as expected.
func JUnit(w io.Writer, all ...Input) error {
	var suites junitSuites
	for _, in := range all {
		suites.Suites = append(suites.Suites, newJUnitSuite(in))
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	e := xml.NewEncoder(w)
	e.Indent("", "  ")
	if err := e.Encode(suites); err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	if _, err := io.WriteString(w, "\n"); err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	return nil
}

func newJUnitSuite(in Input) junitSuite {
	s := junitSuite{
		Name: "hookdrill." + in.Scenario,
		Time: fmt.Sprintf("%.3f", in.Elapsed.Seconds()),
		Properties: []junitProperty{
			{"verdict", in.Judgement.Status.String()}, {"sender", in.Sender},
			{"seed", strconv.FormatUint(in.Seed, 10)}, {"world", in.Judgement.World}, {"reproduce", in.Reproduce},
		},
	}
	for _, r := range in.Judgement.Reports {
		s.add(s.guarantee(in, r))
	}
	for _, name := range in.unjudged() {
		text := fmt.Sprintf("expected %v, but it is not judged in this scenario", in.Expected[name])
		s.add(junitCase{Class: s.Name, Name: name, Failure: &junitDetail{Message: text, Type: "expected"}})
	}
	s.add(wholeRun(in, s))
	return s
}

func (s *junitSuite) add(c junitCase) {
	s.Tests++
	switch {
	case c.Failure != nil:
		s.Failures++
	case c.Error != nil:
		s.Errors++
	case c.Skipped != nil:
		s.Skipped++
	}
	s.Cases = append(s.Cases, c)
}

func (s *junitSuite) guarantee(in Input, r check.Report) junitCase {
	c := junitCase{Class: s.Name, Name: r.Guarantee, Line: r.Line}
	if r.Line > 0 {
		c.File = in.File
	}
	if want, named := in.Expected[r.Guarantee]; named {
		detail := &junitDetail{Message: in.expectation(r), Type: "expected", Text: junitStory(in, r)}
		if want == r.Status {
			c.Skipped = detail
		} else {
			c.Failure = detail
		}
		return c
	}
	switch r.Status {
	case verdict.Pass:
		c.Output = looked(r)
	case verdict.NotApplicable:
		c.Skipped = &junitDetail{Message: spare(r)}
	case verdict.Fail:
		c.Failure = &junitDetail{Message: r.Sentence, Type: r.Status.String(), Text: junitStory(in, r)}
	default:
		c.Error = &junitDetail{Message: cmp.Or(r.Reason, "nothing to look at"), Type: r.Status.String(), Text: junitStory(in, r)}
	}
	return c
}

// wholeRun is a testcase for the run itself. Without it a run that was cut
// off, or in which nothing was judged, would show as all green in a CI server
// that looks at testcases alone.
func wholeRun(in Input, s junitSuite) junitCase {
	c := junitCase{Class: s.Name, Name: "whole-run"}
	switch {
	case in.NotPlayed != "":
		c.Error = &junitDetail{Message: in.NotPlayed, Type: "environment"}
	case in.Trouble != "":
		c.Error = &junitDetail{Message: in.Trouble, Type: "environment"}
	case in.Judgement.Cut != "":
		c.Error = &junitDetail{Message: in.Judgement.Cut, Type: "cut"}
	case in.Judgement.Status == verdict.Unknown && s.Errors == 0 && !in.expected():
		c.Error = &junitDetail{Message: "nothing was judged", Type: "unknown"}
	}
	return c
}

func junitStory(in Input, r check.Report) string {
	var b strings.Builder
	for _, f := range r.Findings {
		fmt.Fprintf(&b, "\n%s\n", f.Subject)
		for _, l := range f.Story {
			if l.Aside {
				fmt.Fprintf(&b, "  -- %s\n", l.Text)
				continue
			}
			fmt.Fprintf(&b, "  %s  %s  %s\n", Offset(l.At), in.wall(l.At).Format(time.TimeOnly+"Z"), l.Text)
		}
	}
	if more := r.Count - len(r.Findings); more > 0 {
		fmt.Fprintf(&b, "\nand %d more\n", more)
	}
	if in.Reproduce != "" && b.Len() > 0 {
		fmt.Fprintf(&b, "\nreproduce: %s\n", in.Reproduce)
	}
	return b.String()
}
