package report

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hookdrill/hookdrill/prober/history"
	"github.com/hookdrill/hookdrill/scenarios/check"
	"github.com/hookdrill/hookdrill/scenarios/plan"
)

func TestParseOutputs(t *testing.T) {
	for _, row := range []struct {
		reason string
		in     []string
		want   []Output
		err    string
	}{
		{"text is the default", nil, []Output{{"text", ""}}, ""},
		{"files leave the text on standard output", []string{"junit=a.xml", "json=b=c"},
			[]Output{{"text", ""}, {"junit", "a.xml"}, {"json", "b=c"}}, ""},
		{"a machine reads standard output", []string{"json"}, []Output{{"json", ""}}, ""},
		{"text may go to a file beside", []string{"json", "text=t"}, []Output{{"json", ""}, {"text", "t"}}, ""},
		{"two on standard output", []string{"json", "junit"}, nil,
			`output "junit": json goes to standard output already; write junit=FILE`},
		{"unknown", []string{"html"}, nil, `output "html": want text, json or junit, or one of them with =FILE`},
		{"no file", []string{"json="}, nil, `output "json=": the name of the file is missing`},
	} {
		got, err := ParseOutputs(row.in)
		if message(err) != row.err {
			t.Errorf("%s: error %q, want %q", row.reason, message(err), row.err)
		}
		if diff := cmp.Diff(row.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", row.reason, diff)
		}
	}
}

func message(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func TestReports(t *testing.T) {
	dir := t.TempDir()
	file := func(name string) string { return filepath.Join(dir, name) }
	outputs := []Output{{"text", ""}, {"text", file("r.txt")}, {"json", file("r.json")}, {"junit", file("r.xml")}}
	broken := Input{Scenario: "nobody-answers-the-door", Sender: "reference", Elapsed: 120 * time.Millisecond,
		NotPlayed: "start the sender: it ended before it was ready: exit status 1\nand more"}
	for _, row := range []struct {
		name, reason string
		runs         []Input
	}{
		{"one", "no table, yet the same form for machines", []Input{passing()}},
		{"several", "each way to end, a table, and the worst of them", []Input{passing(), failing(), broken, undecided(), interrupted()}},
		{"expected", "nothing came otherwise than it was expected to", []Input{passing(), expected()}},
		{"unexpected", "a deviation that is gone turns a series red", []Input{passing(), unexpected()}},
		{"none", "interrupted before the first: no pass", nil},
	} {
		var stdout bytes.Buffer
		r, err := Open(&stdout, outputs, Options{Color: true})
		if err != nil {
			t.Fatal(err)
		}
		for _, in := range row.runs {
			if err := r.Add(in); err != nil {
				t.Fatal(err)
			}
		}
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
		if colored := bytes.Contains(stdout.Bytes(), []byte(reset)); colored != (len(row.runs) > 0) {
			t.Errorf("%s: colour on standard output: %v", row.reason, colored)
		}
		for _, ext := range []string{"txt", "json", "xml"} {
			b, err := os.ReadFile(file("r." + ext))
			if err != nil {
				t.Fatal(err)
			}
			golden(t, "series."+row.name+"."+ext, b)
		}
	}
}

func TestOpenTellsAtOnce(t *testing.T) {
	file := filepath.Join(t.TempDir(), "r.json")
	_, err := Open(&bytes.Buffer{}, []Output{{"json", file}, {"junit", filepath.Join(file, "x")}}, Options{})
	if want := "output junit: open " + filepath.Join(file, "x") + ": not a directory"; message(err) != want {
		t.Errorf("error %q, want %q", message(err), want)
	}
}

func TestColorIsDecided(t *testing.T) {
	terminal, err := os.Open(os.DevNull) // a character device, as a terminal is
	if err != nil {
		t.Fatal(err)
	}
	defer terminal.Close()
	none := func(string) string { return "" }
	set := func(name string) func(string) string {
		return func(n string) string { return map[string]string{name: "dumb"}[n] }
	}
	if on, err := Color("auto", terminal, none); !on || err != nil {
		t.Errorf("auto on a terminal: %v, %v", on, err)
	}
	for name, env := range map[string]func(string) string{"NO_COLOR": set("NO_COLOR"), "TERM=dumb": set("TERM")} {
		if on, _ := Color("auto", terminal, env); on {
			t.Errorf("auto with %s colours", name)
		}
		if on, _ := Color("always", terminal, env); !on {
			t.Errorf("always with %s does not colour", name)
		}
	}
	if on, _ := Color("auto", &bytes.Buffer{}, none); on {
		t.Error("auto colours what is no terminal")
	}
	if on, _ := Color("never", terminal, none); on {
		t.Error("never colours")
	}
	if _, err := Color("sometimes", terminal, none); message(err) != `color "sometimes": want auto, always or never` {
		t.Errorf("error %q", message(err))
	}
}

func TestNewInput(t *testing.T) {
	starts := time.Date(2025, 12, 10, 3, 2, 0, 0, time.UTC)
	p := &plan.Plan{Name: "n", Title: "t"}
	h := &history.History{
		Header:    history.Header{File: "f.yaml", Seed: 7, Sender: "reference", Starts: starts, Scale: 60, Build: "b"},
		Published: []history.Published{{At: 2 * time.Second}},
		Attempts:  []history.Attempt{{FirstByte: 3 * time.Second}},
		Notes:     []history.Note{{At: time.Second}},
	}
	want := Input{Scenario: "n", Title: "t", File: "f.yaml", Seed: 7, Sender: "reference", Starts: starts, Scale: 60,
		Build: "b", End: 3 * time.Second, Judgement: check.Judgement{Cut: "cut"}}
	if diff := cmp.Diff(want, NewInput(p, h, check.Judgement{Cut: "cut"})); diff != "" {
		t.Errorf("a history that was cut off (-want +got):\n%s", diff)
	}
	h.End = &history.End{At: time.Minute}
	if got := NewInput(p, h, check.Judgement{}).End; got != time.Minute {
		t.Errorf("the end is at %v, want the End entry's", got)
	}
}

func TestPlanJSON(t *testing.T) {
	p := &plan.Plan{
		Name: "n", Seed: 7, Run: "r1", TrafficEnd: time.Minute, Drain: plan.Drain{AtMost: time.Hour},
		Endpoints: []plan.Endpoint{{Name: "eu-1", Labels: map[string]string{"region": "eu"}, Topics: []string{"t"}, Secret: "whsec_secret"}},
		Streams:   []plan.Stream{{For: time.Minute, Count: 60, Keys: 4, Topics: []int{0}}},
		Faults: []plan.Fault{{ID: "f", Line: 9, Summary: "status 503", From: time.Second, Until: 2 * time.Second,
			Endpoints: []int{0}, Ends: []time.Duration{1500 * time.Millisecond}}},
		Verbs:      []plan.Verb{{ID: "v", Line: 10, Action: plan.ActionKill, For: time.Second, Trigger: &plan.Trigger{Milestone: "request-whole", Nth: 3, By: time.Minute}}},
		Marks:      []plan.Mark{{At: time.Second, Text: "m"}},
		Guarantees: []plan.Guarantee{{Name: "recovery", Line: 12, Args: map[string]any{"within": 45 * time.Minute}, Endpoints: []int{0}}},
	}
	b, err := PlanJSON(p)
	if err != nil {
		t.Fatal(err)
	}
	if !json.Valid(b) || bytes.Contains(b, []byte("whsec_")) {
		t.Errorf("not JSON, or with a secret in it:\n%s", b)
	}
	golden(t, "plan.json", b)
}
