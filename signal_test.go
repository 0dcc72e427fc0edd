package main

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/hookdrill/hookdrill/scenarios/suite"
)

// onLine ends a context when a line of the progress contains a text.
type onLine struct {
	lockedBuffer
	text string
	then func()
}

func (o *onLine) Write(p []byte) (int, error) {
	n, err := o.lockedBuffer.Write(p)
	if o.then != nil && strings.Contains(o.String(), o.text) {
		o.then()
		o.then = nil
	}
	return n, err
}

// TestInterrupted sees that whoever presses Ctrl-C gets what is known so far,
// and no pass.
func TestInterrupted(t *testing.T) {
	runs := t.TempDir()
	ctx, cancel := context.WithCancelCause(t.Context())
	defer cancel(nil)
	stdout := &onLine{text: "fault on: no-route", then: func() { cancel(suite.Interrupted{Signal: syscall.SIGINT}) }}
	var stderr lockedBuffer
	code := run(ctx, []string{"run", small, never, "--real", "--scale", "60", "--runs", runs}, stdout, &stderr)
	seen{code, stdout.String(), stderr.String()}.exits(t, 130)
	for _, want := range []string{"UNKNOWN  small: ", "not a whole run: interrupted at +00:0", " of 300 planned events",
		"  never     NOT PLAYED      0.0  interrupted before its turn\n", "UNKNOWN  2 runs: 1 unknown, 1 not played"} {
		if !strings.Contains(stdout.String(), want) {
			t.Errorf("the report does not have %q:\n%s", want, stdout.String())
		}
	}
	again := cli(t, "check", filepath.Join(runs, "latest"))
	again.exits(t, 3)
	if !strings.Contains(again.stdout, "not a whole run: interrupted at +00:0") {
		t.Errorf("check does not say that the run was interrupted:\n%s", again.stdout)
	}
}

func TestInterruptedInVirtualTime(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	defer cancel(nil)
	stdout := &onLine{text: "start: ", then: func() { cancel(suite.Interrupted{Signal: syscall.SIGTERM}) }}
	var stderr lockedBuffer
	code := run(ctx, []string{"run", "--runs", t.TempDir()}, stdout, &stderr)
	got := seen{code, stdout.String(), stderr.String()}
	got.exits(t, 143)
	if !strings.Contains(got.stdout, "not a whole run: interrupted at ") {
		t.Errorf("the report does not say that the run was interrupted:\n%s", got.stdout)
	}
}

// TestKilled sees that a hookdrill that is killed itself leaves a history, and
// that nobody takes it for a pass.
func TestKilled(t *testing.T) {
	binary := filepath.Join(t.TempDir(), "hookdrill")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	runs := t.TempDir()
	cmd := exec.CommandContext(t.Context(), binary, "run", small, "--real", "--scale", "10", "--runs", runs)
	var printed lockedBuffer
	cmd.Stdout, cmd.Stderr = &printed, &printed
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	latest := filepath.Join(runs, "latest")
	kept := func() bool {
		text, err := os.ReadFile(filepath.Join(latest, suite.HistoryFile))
		return err == nil && bytes.Contains(text, []byte(`"kind":"attempt"`))
	}
	for tick := range ticks(t, 30*time.Second) {
		if kept() {
			break
		}
		if !tick {
			t.Errorf("no attempt in the history:\n%s", printed.String())
			break
		}
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // it was killed
	got := cli(t, "check", latest)
	got.exits(t, 3)
	if want := "not a whole run: the history has no end: the run was killed"; !strings.Contains(got.stdout, want) || !strings.HasPrefix(got.stdout, "UNKNOWN") {
		t.Errorf("the report does not begin with UNKNOWN, or does not say %q:\n%s", want, got.stdout)
	}
}

// ticks yields true often, and false once when it has been too long.
func ticks(t *testing.T, longest time.Duration) func(yield func(bool) bool) {
	t.Helper()
	return func(yield func(bool) bool) {
		often, late := time.NewTicker(20*time.Millisecond), time.NewTimer(longest)
		defer often.Stop()
		defer late.Stop()
		for {
			select {
			case <-often.C:
				if !yield(true) {
					return
				}
			case <-late.C:
				yield(false)
				return
			}
		}
	}
}
