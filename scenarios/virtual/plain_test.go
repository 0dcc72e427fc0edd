package virtual_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hookdrill/hookdrill/scenarios/virtual"
)

// TestPlainBinary guards what Main relies on: that testing.Main still gives a
// binary that is no test a *testing.T that synctest takes, that nothing is
// printed, and that the command line is left alone.
func TestPlainBinary(t *testing.T) {
	binary := filepath.Join(t.TempDir(), "plain")
	if out, err := exec.Command("go", "build", "-o", binary, "./testdata/plain").CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	var log bytes.Buffer
	var at time.Duration
	var text string
	cfg := virtual.Config{
		Command: []string{binary, "run", "--no-such-flag", "-test.v"},
		History: filepath.Join(t.TempDir(), "history.jsonl"), Starts: starts, Log: &log,
		Progress: func(a time.Duration, s string) { at, text = a, s },
	}
	got, err := virtual.Run(t.Context(), cfg)
	if err != nil {
		t.Fatalf("%v\n%s", err, log.String())
	}
	if diff := cmp.Diff(virtual.Outcome{At: time.Hour}, got); diff != "" {
		t.Errorf("outcome (-want +got): %s", diff)
	}
	if at != time.Hour || text != "0 arguments" {
		t.Errorf("the player said %q at %s", text, at)
	}
	if log.Len() != 0 {
		t.Errorf("printed %q; want nothing", log.String())
	}
	if text, err := os.ReadFile(cfg.History); err != nil || string(text) != "first line\n" {
		t.Errorf("history %q, %v; want the line that the player wrote", text, err)
	}

	out, err := exec.Command(binary, "-test.v").CombinedOutput()
	if want := "this is the command line [-test.v]\n"; err != nil || string(out) != want {
		t.Errorf("without a job: %q, %v; want %q", out, err, want)
	}
}

func TestTestCommand(t *testing.T) {
	got, err := virtual.TestCommand("TestA/b.c/d#01")
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"-test.run=^TestA$/^b\\.c$/^d#01$", "-test.count=1"}
	if diff := cmp.Diff(want, got[1:]); diff != "" {
		t.Errorf("(-want +got): %s", diff)
	}
}
