package report

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
)

var update = flag.Bool("update", false, "rewrite golden files")

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// golden compares got with a file in testdata, or rewrites it.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s (-want +got), rewrite with -update:\n%s", path, diff)
	}
}

func TestGolden(t *testing.T) {
	formats := map[string]func(io.Writer, Input) error{
		"txt":  func(w io.Writer, in Input) error { return Text(w, in, Options{}) },
		"json": JSON,
		"xml":  func(w io.Writer, in Input) error { return JUnit(w, in) },
	}
	for _, row := range []struct {
		name, reason string
		in           Input
	}{
		{"pass", "what most runs end in", passing()},
		{"fail", "evidence, several findings, and a sender that prints escape sequences", failing()},
		{"unknown", "a broken assumption and a guarantee with an empty premise", undecided()},
		{"expected", "a run that fails as its sender's profile says, and is no failure for CI", expected()},
		{"unexpected", "the bug that a profile knows of does not occur any more", unexpected()},
		{"stubborn", "a pass of which something may be left", stubborn()},
		{"interrupted", "a run that was cut off, no region label, five kinds of bad answers", interrupted()},
		{"empty", "the zero value must not look like a pass anywhere", Input{Scenario: "x", Sender: "none"}},
	} {
		for ext, write := range formats {
			t.Run(row.name+"."+ext, func(t *testing.T) {
				var b bytes.Buffer
				if err := write(&b, row.in); err != nil {
					t.Fatal(err)
				}
				golden(t, row.name+"."+ext, b.Bytes())
			})
		}
	}
}

func TestColor(t *testing.T) {
	var plain, colored bytes.Buffer
	if err := errors.Join(Text(&plain, failing(), Options{}), Text(&colored, failing(), Options{Color: true})); err != nil {
		t.Fatal(err)
	}
	golden(t, "fail.color.txt", colored.Bytes())
	stripped := colored.String()
	for _, code := range []string{red, green, yellow, bold, dim, reset} {
		stripped = strings.ReplaceAll(stripped, code, "")
	}
	if diff := cmp.Diff(plain.String(), stripped); diff != "" {
		t.Errorf("colour changes more than colour:\n%s", diff)
	}
	if strings.Contains(plain.String(), "\x1b") {
		t.Error("a report without colour has an escape sequence in it")
	}
}

func TestFitsEightyColumns(t *testing.T) {
	for _, in := range []Input{passing(), failing(), expected(), unexpected(), stubborn(), undecided(), interrupted()} {
		var b bytes.Buffer
		if err := Text(&b, in, Options{}); err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(b.String()) {
			if n := len([]rune(strings.TrimRight(line, "\n"))); n > 80 && !strings.Contains(line, "reproduce:") {
				t.Errorf("%d columns: %s", n, line)
			}
		}
	}
}

func TestMachineFormatsAreWellFormed(t *testing.T) {
	for _, in := range []Input{passing(), failing(), expected(), unexpected(), undecided(), interrupted(), {}} {
		var j, x bytes.Buffer
		if err := errors.Join(JSON(&j, in), JUnit(&x, in)); err != nil {
			t.Fatal(err)
		}
		if !json.Valid(j.Bytes()) {
			t.Errorf("not JSON: %s", j.Bytes())
		}
		var suites junitSuites
		if err := xml.Unmarshal(x.Bytes(), &suites); err != nil {
			t.Errorf("not XML: %v", err)
		}
		if len(suites.Suites) != 1 {
			t.Fatalf("one run, %d suites", len(suites.Suites))
		}
		suite := suites.Suites[0]
		outcome, _ := in.Outcome()
		if green := suite.Failures+suite.Errors == 0; green != (outcome.String() == "pass") {
			t.Errorf("outcome %v, yet JUnit has %d failures and %d errors", outcome, suite.Failures, suite.Errors)
		}
	}
}

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, errors.New("no space left") }

func TestWriteErrorsAreReported(t *testing.T) {
	for name, err := range map[string]error{
		"text": Text(brokenWriter{}, passing(), Options{}), "json": JSON(brokenWriter{}, passing()), "junit": JUnit(brokenWriter{}, passing()),
	} {
		if err == nil || err.Error() != "write report: no space left" {
			t.Errorf("%s: error %v", name, err)
		}
	}
}
