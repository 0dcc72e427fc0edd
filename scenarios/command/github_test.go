package command

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestGitHub tells a workflow of each verdict, and nobody else.
func TestGitHub(t *testing.T) {
	for _, row := range []struct {
		reason, actions string
		v               verdictOf
		stdout          string
		output, summary string
	}{
		{"elsewhere", "", verdictOf{"gate", "fail", 1, []string{"r"}}, "", "", ""},
		{"a pass needs no annotation", "true", verdictOf{"gate", "pass", 0, []string{"eu: 5 canaries arrived on time"}}, "",
			"verdict=pass\nexit_code=0\n", "### hookdrill gate: pass\n\n- eu: 5 canaries arrived on time\n"},
		{"a failure, with what a workflow command would read as its own", "true", verdictOf{"gate", "fail", 1, []string{"eu: 100% late", "us, too"}},
			"::error title=hookdrill gate%3A fail::eu: 100%25 late%0Aus, too\n",
			"verdict=fail\nexit_code=1\n", "### hookdrill gate: fail\n\n- eu: 100% late\n- us, too\n"},
		{"no verdict is no failure", "true", verdictOf{"probe", "inconclusive", 3, []string{"a\nb"}},
			"::warning title=hookdrill probe%3A inconclusive::a%0Ab\n",
			"verdict=inconclusive\nexit_code=3\n", "### hookdrill probe: inconclusive\n\n- a b\n"},
	} {
		dir := t.TempDir()
		output, summary := filepath.Join(dir, "output"), filepath.Join(dir, "summary")
		t.Setenv("GITHUB_ACTIONS", row.actions)
		t.Setenv("GITHUB_OUTPUT", output)
		t.Setenv("GITHUB_STEP_SUMMARY", summary)
		var stdout strings.Builder
		if err := (&app{stdout: &stdout}).github(row.v); err != nil {
			t.Errorf("%s: %v", row.reason, err)
		}
		if stdout.String() != row.stdout || text(output) != row.output || text(summary) != row.summary {
			t.Errorf("%s:\nprinted %q\noutputs %q\nsummary %q", row.reason, stdout.String(), text(output), text(summary))
		}
	}
}

// TestGitHubSummaryIsBounded keeps below the size at which GitHub drops it.
func TestGitHubSummaryIsBounded(t *testing.T) {
	summary := filepath.Join(t.TempDir(), "summary")
	t.Setenv("GITHUB_ACTIONS", "true")
	t.Setenv("GITHUB_OUTPUT", "")
	t.Setenv("GITHUB_STEP_SUMMARY", summary)
	reasons := make([]string, 100)
	for i := range reasons {
		reasons[i] = strings.Repeat("x", 20_000)
	}
	if err := (&app{stdout: &strings.Builder{}}).github(verdictOf{"gate", "fail", 1, reasons}); err != nil {
		t.Fatal(err)
	}
	if n := len(text(summary)); n > maxSummary || n < maxSummary-30_000 {
		t.Errorf("the summary is %d bytes", n)
	}
}

func text(file string) string {
	b, err := os.ReadFile(file)
	if err != nil {
		return ""
	}
	return string(b)
}
