package sendertest_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestExampleModule is what somebody else's module goes through: it compiles,
// its sender fails with the story of what was lost, and passes when the bug is
// gone. The module is copied, so that the go command may complete its go.mod.
func TestExampleModule(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds a module of its own")
	}
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("testdata/example")); err != nil {
		t.Fatal(err)
	}
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	change(t, filepath.Join(dir, "go.mod"), "=> ../../../..", "=> "+root)
	sums, err := os.ReadFile(filepath.Join(root, "go.sum"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "go.sum"), sums, 0o600); err != nil {
		t.Fatal(err)
	}

	out, err := goTest(t, dir)
	if err == nil {
		t.Error("the bug was not found")
	}
	for _, want := range []string{
		"--- FAIL: TestDelivery/ingress-404-for-a-minute",
		"no-loss  FAIL  an accepted event was never acknowledged by a subscribed endpoint",
		"attempt 1   404  (ingress)",
		"-- sender made no further attempt; it declares 404 retryable",
		"reproduce: go test -run '^TestDelivery$/^ingress-404-for-a-minute$' .",
		"--- PASS: TestDelivery/refused-then-up",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("it does not say %q", want)
		}
	}

	change(t, filepath.Join(dir, "notifier.go"), "status < 500", "status < 300")
	corrected, err := goTest(t, dir)
	if err != nil {
		t.Errorf("the corrected one fails: %v", err)
	}
	if t.Failed() {
		t.Logf("with the bug:\n%s\ncorrected:\n%s", out, corrected)
	}
}

// change replaces what must be there once in a file.
func change(t *testing.T, file, old, with string) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(text), old); n != 1 {
		t.Fatalf("%s has %q %d times, want once", file, old, n)
	}
	if err := os.WriteFile(file, []byte(strings.Replace(string(text), old, with, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
}

// goTest runs the module's tests with what the module cache holds.
func goTest(t *testing.T, dir string) (string, error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "test", "-count=1", "-v", ".")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOFLAGS=-mod=mod", "GOPROXY=off", "GOSUMDB=off", "GOWORK=off")
	out, err := cmd.CombinedOutput()
	return string(out), err
}
