package main

import (
	"encoding/json"
	"encoding/xml"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const (
	small  = "testdata/small.yaml"
	never  = "testdata/never.yaml"
	faulty = "reference:drop-on-404"
)

func TestExitCodes(t *testing.T) {
	for _, row := range []struct {
		reason string
		code   int
		line   []string
		stderr string
	}{
		{"a correct sender", 0, []string{small}, ""},
		{"a sender that loses events", 1, []string{small, "--sender", faulty}, ""},
		{"a sender that crashes by itself is at fault, too", 1, []string{"answers-from-hell", "--sender", "reference:crash-on-bad-answer"}, ""},
		{"what is expected came out", 0, []string{small, "--sender", faulty, "--expect", "no-loss=fail"}, "hookdrill: small: all came out as expected\n"},
		{"the expected failure did not come", 1, []string{small, "--expect", "no-loss=fail"}, "hookdrill: no-loss: expected fail, got pass\n"},
		{"a fault that never acted", 3, []string{never}, ""},
		{"a failure counts more than what is unknown", 1, []string{never, small, "--sender", faulty}, ""},
		{"what is unknown counts more than a pass", 3, []string{never, small}, ""},
	} {
		t.Run(row.reason, func(t *testing.T) {
			got, _ := play(t, row.line...)
			got.exits(t, row.code)
			if diff := cmp.Diff(row.stderr, got.stderr); diff != "" {
				t.Errorf("stderr (-want +got):\n%s", diff)
			}
		})
	}
}

func TestEnvironmentFails(t *testing.T) {
	got := cli(t, "run", small, "--runs", "/dev/null/runs")
	got.exits(t, 4)
	if want := "hookdrill: run directory: mkdir /dev/null: not a directory\n"; got.stderr != want {
		t.Errorf("stderr %q, want %q", got.stderr, want)
	}
	got, dir := play(t, small, "--real", "--scale", "9999", "-o", "json")
	got.exits(t, 4)
	dir, err := filepath.EvalSymlinks(dir)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(got.stderr, "at most") || !strings.Contains(got.stderr, "\nhookdrill: evidence: "+dir+"\n") {
		t.Errorf("stderr does not say up to which scale, and where the evidence is:\n%s", got.stderr)
	}
	if s := series(t, got.stdout); s.Verdict != "unknown" || s.Runs[0].NotPlayed == "" {
		t.Errorf("JSON of a run that could not take place: %+v", s)
	}
}

type document struct {
	Verdict    string
	NotPlayed  string `json:"not_played"`
	Scenario   struct{ Name string }
	Guarantees []struct{ Name, Status string }
	Run        struct{ Reproduce string }
}

type documents struct {
	SchemaVersion int `json:"schema_version"`
	Verdict       string
	Runs          []document
}

func series(t *testing.T, text string) documents {
	t.Helper()
	var s documents
	if err := json.Unmarshal([]byte(text), &s); err != nil {
		t.Fatalf("%v in:\n%s", err, text)
	}
	if s.SchemaVersion != 1 || len(s.Runs) == 0 {
		t.Fatalf("no series of version 1: %+v", s)
	}
	return s
}

func TestMachineReadsStandardOutput(t *testing.T) {
	junit := filepath.Join(t.TempDir(), "report.xml")
	got, _ := play(t, small, never, "--sender", faulty, "-o", "json", "-o", "junit="+junit)
	got.exits(t, 1)
	s := series(t, got.stdout)
	var outcomes []string
	for _, r := range s.Runs {
		outcomes = append(outcomes, r.Scenario.Name+" "+r.Verdict)
	}
	if diff := cmp.Diff([]string{"small fail", "never unknown"}, outcomes); diff != "" || s.Verdict != "fail" {
		t.Errorf("verdict %s (-want +got):\n%s", s.Verdict, diff)
	}
	for _, progress := range []string{"[1/2] small\n", "[2/2] never\n", "fault on: no-route: status (code: 404), at eu\n", "end: settled\n"} {
		if !strings.Contains(got.stderr, progress) {
			t.Errorf("progress does not have %q", progress)
		}
	}
	text, err := os.ReadFile(junit)
	if err != nil {
		t.Fatal(err)
	}
	var suites struct {
		Suites []struct {
			Name     string `xml:"name,attr"`
			Failures int    `xml:"failures,attr"`
			Errors   int    `xml:"errors,attr"`
		} `xml:"testsuite"`
	}
	if err := xml.Unmarshal(text, &suites); err != nil {
		t.Fatal(err)
	}
	if len(suites.Suites) != 2 || suites.Suites[0].Failures != 1 || suites.Suites[1].Errors != 1 {
		t.Errorf("JUnit does not have a suite with a failure and one with an error: %+v", suites)
	}
}

func TestQuiet(t *testing.T) {
	got, _ := play(t, small, "-q", "-o", "json")
	got.exits(t, 0)
	if got.stderr != "" {
		t.Errorf("stderr of a quiet run: %s", got.stderr)
	}
	if text, _ := play(t, small, "--quiet"); !strings.HasPrefix(text.stdout, "PASS  small: ") {
		t.Errorf("a quiet run does not begin with its verdict:\n%s", text.stdout)
	}
}

func TestReportOfSeveral(t *testing.T) {
	got, _ := play(t, small, never, "--sender", faulty)
	got.exits(t, 1)
	_, table, found := strings.Cut(got.stdout, "  scenario  verdict     seconds\n")
	lines := strings.Split(table, "\n")
	if !found || len(lines) < 4 || !strings.HasPrefix(lines[0], "  small     FAIL ") || !strings.HasSuffix(lines[0], "no-loss") ||
		!strings.HasPrefix(lines[1], "  never     UNKNOWN ") || !strings.HasPrefix(lines[3], "FAIL  2 runs: 1 fail, 1 unknown in ") {
		t.Errorf("no table at the end:\n%s", got.stdout)
	}
}

func TestRepeat(t *testing.T) {
	got, _ := play(t, small, "--repeat", "3")
	got.exits(t, 0)
	if !strings.Contains(got.stdout, "\nsmall: same history in 3 of 3\n") {
		t.Errorf("stdout does not say how often the history was the same:\n%s", got.stdout)
	}
}

// TestRunDirectory sees that all evidence is there, and that it gives the same
// verdict when it is judged again.
func TestRunDirectory(t *testing.T) {
	got, dir := play(t, small, "--sender", faulty)
	got.exits(t, 1)
	entries, err := os.ReadDir(dir + "/.")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	want := []string{"history.jsonl", "plan.json", "report.txt", "scenario.yaml", "sender.log", "verdict.json"}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
	scenario, err := os.ReadFile(small)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(scenario), read(t, dir, "scenario.yaml")); diff != "" {
		t.Errorf("scenario.yaml (-want +got):\n%s", diff)
	}
	first := read(t, dir, "verdict.json")
	again := cli(t, "check", dir, "-o", "json")
	again.exits(t, 1)
	var before, after document
	if err := json.Unmarshal([]byte(first), &before); err != nil {
		t.Fatal(err)
	}
	after = series(t, again.stdout).Runs[0]
	if diff := cmp.Diff(before, after); diff != "" || before.Verdict != "fail" {
		t.Errorf("check decides otherwise (-run +check):\n%s", diff)
	}
	if text := read(t, dir, "report.txt"); !strings.HasPrefix(text, "FAIL  small: no-loss broken\n") {
		t.Errorf("report.txt:\n%s", text)
	}
	cli(t, "check", filepath.Join(dir, "history.jsonl")).exits(t, 1)
	cli(t, "check", dir, "--expect", "no-loss=fail").exits(t, 0)
}

func read(t *testing.T, dir, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestReproduceLine runs what a failure says that one should run.
func TestReproduceLine(t *testing.T) {
	for _, row := range []struct {
		reason string
		line   []string
	}{
		{"virtual", []string{small, "--sender", faulty, "--seed", "11"}},
		{"judged by another yardstick", []string{small, "--sender", faulty, "--strict"}},
		{"a name that a shell would read as something else", []string{copied(t, "it's small; $HOME.yaml"), "--sender", faulty}},
		{"a scenario of the corpus", []string{"brief-deploy", "--sender", faulty}},
		{"real time", []string{small, "--sender", faulty, "--real", "--scale", "200"}},
	} {
		t.Run(row.reason, func(t *testing.T) {
			first, _ := play(t, row.line...)
			first.exits(t, 1)
			_, command, found := strings.Cut(first.stdout, "\n  reproduce: ")
			command, _, _ = strings.Cut(command, "\n")
			args := words(t, command)
			at := slices.Index(args, "run")
			// `go run . run ...`, or a binary's path.
			if args[0] == "go" {
				at = 3
			}
			if !found || at < 1 {
				t.Fatalf("no command to reproduce this:\n%s", first.stdout)
			}
			again, _ := play(t, args[at+1:]...)
			again.exits(t, 1)
			if a, b := verdictLine(first.stdout), verdictLine(again.stdout); a != b || a == "" {
				t.Errorf("%s gives %q, not %q", command, b, a)
			}
		})
	}
}

func verdictLine(report string) string {
	for line := range strings.Lines(report) {
		if strings.HasPrefix(line, "FAIL  ") {
			return line
		}
	}
	return ""
}

func copied(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(small)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}
