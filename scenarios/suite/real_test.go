package suite

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hookdrill/hookdrill/prober/history"
	"github.com/hookdrill/hookdrill/prober/profile"
	"github.com/hookdrill/hookdrill/scenarios"
	"github.com/hookdrill/hookdrill/scenarios/report"
	"github.com/hookdrill/hookdrill/scenarios/verdict"
)

// realEnv asks for the tests against senders that others wrote: minutes of
// real time, which `go test ./...` is not to take.
const realEnv = "HOOKDRILL_REAL"

// realSenders are the profiles whose senders Debian has, and their binaries.
func realSenders() map[string]string {
	return map[string]string{"alertmanager": "prometheus-alertmanager", "registry": "docker-registry"}
}

// TestRealSenders plays the brief scenarios against senders from Debian
// packages. What is known of them stands under expected in their profiles:
// each of those guarantees has to fail, and every other one to hold.
func TestRealSenders(t *testing.T) {
	minutes(t, "Alertmanager and the registry")
	for sender, binary := range realSenders() {
		t.Run(sender, func(t *testing.T) {
			t.Parallel()
			if _, err := exec.LookPath(binary); err != nil {
				t.Skipf("not tested: %s: %v", sender, err)
			}
			version, err := exec.CommandContext(t.Context(), binary, "--version").CombinedOutput()
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("%s", version)
			known := 0
			for _, s := range scenarios.Corpus() {
				if !strings.HasPrefix(s.Name, brief) {
					continue
				}
				t.Run(s.Name, func(t *testing.T) { playSender(t, s, sender, nil) })
				known += len(expectedOf(t, sender, s.Name))
			}
			p, err := profile.Load(sender)
			if err != nil {
				t.Fatal(err)
			}
			if known != len(p.Expected) {
				t.Errorf("%d of %d deviations belong to the scenarios that were played", known, len(p.Expected))
			}
		})
	}
}

// minutes skips what takes minutes of real time, unless it was asked for.
func minutes(t *testing.T, what string) {
	t.Helper()
	if os.Getenv(realEnv) == "" {
		t.Skipf("not tested: %s, which takes minutes of real time: make test-real and make track-record do it", what)
	}
}

func expectedOf(t *testing.T, sender, scenario string) verdict.Expected {
	t.Helper()
	s, err := newSubject(sender)
	if err != nil {
		t.Fatal(err)
	}
	_, p := corpus(t, scenario, 0)
	want, _ := s.expected(p)
	return want
}

// realRuns is how often a run may be played that could not be judged, since
// the machine stood still in it.
const realRuns = 3

// playSender plays a scenario against the sender of a profile, in real time,
// and compares what came out with what is expected: what the profile does, and
// want beside it.
func playSender(t *testing.T, s scenarios.Scenario, sender string, want verdict.Expected) *history.History {
	t.Helper()
	text, err := report.ParseOutputs([]string{"text"})
	if err != nil {
		t.Fatal(err)
	}
	for n := 1; ; n++ {
		var out bytes.Buffer
		runs := filepath.Join(t.TempDir(), "runs")
		err := Run(t.Context(), []scenarios.Scenario{s}, Options{
			Judging: Judging{Want: want, Outputs: text, Stdout: &out, Stderr: &out, Program: "hookdrill"},
			Sender:  sender, Runs: runs, Quiet: true, Repeat: 1,
		})
		switch code := exitCode(err); {
		case code == Unknown && n < realRuns:
			t.Logf("played again: it could not be judged\n%s", out.String())
			continue
		case code != Pass:
			t.Errorf("exit %d: %v\n%s", code, err, out.String())
		}
		return historyIn(t, runs)
	}
}

// historyIn reads the history of the only run in a directory.
func historyIn(t *testing.T, runs string) *history.History {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(runs, "2*", HistoryFile))
	if err != nil || len(files) != 1 {
		t.Fatalf("histories %q, %v", files, err)
	}
	h, err := history.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	return h
}
