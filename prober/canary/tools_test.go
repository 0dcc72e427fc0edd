package canary

import (
	"bytes"
	"maps"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// tool returns the path of a program of others, by the first of its names that
// is here. The test skips without, and says what it does not test.
func tool(t *testing.T, what string, names ...string) string {
	t.Helper()
	if testing.Short() {
		t.Skipf("not tested: %s: -short", what)
	}
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Skipf("not tested: %s: %s is not here", what, strings.Join(names, " or "))
	return ""
}

// patience bounds each wait for a program of others. A wait that succeeds
// takes seconds.
const patience = 30 * time.Second

// eventually asks until the answer is yes, and fails with the last answer.
func eventually(t *testing.T, what string, ask func() (got string, ok bool)) {
	t.Helper()
	again := time.NewTicker(100 * time.Millisecond)
	defer again.Stop()
	late := time.After(patience)
	for {
		got, ok := ask()
		if ok {
			return
		}
		select {
		case <-again.C:
		case <-late:
			t.Fatalf("%s: %s after %v", what, got, patience)
		}
	}
}

// listeningOn is how programs of Prometheus log their address.
const listeningOn = `msg="?Listening on"? .*address=([0-9.:]+)`

// start runs a program until the test ends, and returns what the pattern finds
// in its log.
func start(t *testing.T, path, pattern string, args ...string) string {
	t.Helper()
	var log lines
	cmd := exec.CommandContext(t.Context(), path, args...)
	cmd.Stdout, cmd.Stderr = &log, &log
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 10 * time.Second
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Wait() // it was told to end: its exit code says nothing
		if t.Failed() {
			t.Logf("%s:\n%s", path, log.String())
		}
	})
	return log.find(t, pattern)
}

// lines is a log that can be read while it is written.
type lines struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// find waits for a pattern, and returns its first group.
func (l *lines) find(t *testing.T, pattern string) string {
	t.Helper()
	re := regexp.MustCompile(pattern)
	var found string
	eventually(t, pattern, func() (string, bool) {
		m := re.FindStringSubmatch(l.String())
		if m == nil {
			return "it is not in:\n" + l.String(), false
		}
		found = m[1]
		return "", true
	})
	return found
}

// words lists what is in a set.
func words(set map[string]bool) string {
	return strings.Join(slices.Sorted(maps.Keys(set)), " ")
}
