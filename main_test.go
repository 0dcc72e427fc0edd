package main

import (
	"bytes"
	"context"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/hookdrill/hookdrill/scenarios/suite"
	"github.com/hookdrill/hookdrill/scenarios/virtual"
)

var update = flag.Bool("update", false, "rewrite golden files, and the report in README.md")

// TestMain is three programs: the child that plays a virtual run, the sender
// of a real one, and the tests.
func TestMain(m *testing.M) {
	if job, ok := virtual.FromEnv(); ok {
		virtual.Main(job, suite.Player(job.Payload))
	}
	if len(os.Args) > 1 && os.Args[1] == "sender" {
		main()
	}
	goleak.VerifyTestMain(m)
}

// seen is what a command line said, and how it ended.
type seen struct {
	code           int
	stdout, stderr string
}

func cli(t *testing.T, line ...string) seen {
	t.Helper()
	return cliContext(t.Context(), line...)
}

func cliContext(ctx context.Context, line ...string) seen {
	var stdout, stderr lockedBuffer
	code := run(ctx, line, &stdout, &stderr)
	return seen{code, stdout.String(), stderr.String()}
}

// play runs `run` with a directory for its evidence, and returns that too.
func play(t *testing.T, line ...string) (seen, string) {
	t.Helper()
	runs := t.TempDir()
	s := cli(t, append([]string{"run", "--runs", runs}, line...)...)
	return s, filepath.Join(runs, "latest")
}

func (s seen) exits(t *testing.T, code int) {
	t.Helper()
	if s.code != code {
		t.Fatalf("exit %d, want %d; stdout:\n%s\nstderr:\n%s", s.code, code, s.stdout, s.stderr)
	}
}

// lockedBuffer may be read while a run writes to it.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// golden compares got with a file in testdata, or rewrites it.
func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got), rewrite with -update:\n%s", file, diff)
	}
}

var (
	clockTimes = regexp.MustCompile(`virtual time in [0-9.hmµs]+`)
	runNames   = regexp.MustCompile(`evidence: .*/[0-9TZ]+-`)
)

// stable takes out of a report what is different each time.
func stable(report string) string {
	report = clockTimes.ReplaceAllString(report, "virtual time in 1.6s")
	return runNames.ReplaceAllString(report, "evidence: hookdrill-runs/20260101T000000Z-")
}

// words splits a command as a POSIX shell does.
func words(t *testing.T, command string) []string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "sh", "-c", `eval "set -- $1"; printf '%s\0' "$@"`, "sh", command).Output()
	if err != nil {
		t.Fatalf("%s: %v", command, err)
	}
	return strings.Split(strings.TrimSuffix(string(out), "\x00"), "\x00")
}
