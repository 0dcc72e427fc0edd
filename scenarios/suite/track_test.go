package suite

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hookdrill/hookdrill/prober/profile"
	"github.com/hookdrill/hookdrill/scenarios"
)

// row is one of the track record's: a guarantee that somebody's sender breaks.
// test is empty where a profile drives it, and otherwise the test of the
// nested module that does.
type row struct{ scenario, guarantee, sender, test string }

var (
	recordRow   = regexp.MustCompile("(?m)^\\| [^|]+ \\| [^|]+ \\| ([a-z0-9-]+) \\| ([a-z-]+): [^|]+ \\| `([^`]+)` \\| \\d{4}-\\d\\d-\\d\\d \\|$")
	byProfile   = regexp.MustCompile(`^hookdrill run ([a-z0-9-]+) --sender ([a-z]+)$`)
	byTest      = regexp.MustCompile(`^go test -run (Test[A-Za-z]+)/([a-z0-9-]+) \.$`)
	knownFailed = regexp.MustCompile(`KnownFailing\("([a-z0-9-]+)", "([a-z-]+)"`)
)

// record reads docs/track-record.md.
func record(t *testing.T) []row {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "track-record.md"))
	if err != nil {
		t.Fatal(err)
	}
	var rows []row
	for _, m := range recordRow.FindAllStringSubmatch(string(text), -1) {
		r := row{scenario: m[1], guarantee: m[2]}
		played := ""
		if c := byProfile.FindStringSubmatch(m[3]); c != nil {
			played, r.sender = c[1], c[2]
		} else if c := byTest.FindStringSubmatch(m[3]); c != nil {
			r.test, played = c[1], c[2]
		}
		if played != r.scenario {
			t.Errorf("%s: the command %q does not play it", r.scenario, m[3])
		}
		rows = append(rows, r)
	}
	if lines := strings.Count(string(text), "\n| ") - 1; len(rows) != lines || lines < 15 {
		t.Fatalf("%d rows of %d can be read", len(rows), lines)
	}
	return rows
}

// TestTrackRecordIsExpected: what the record says has to stand where a run
// looks for it, so that it fails when it is over.
func TestTrackRecordIsExpected(t *testing.T) {
	var said, expected []string
	nested := map[string]bool{}
	files, err := filepath.Glob(filepath.Join("..", "thirdparty", "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range knownFailed.FindAllStringSubmatch(string(text), -1) {
			for _, test := range regexp.MustCompile(`func (Test[A-Za-z]+)\(`).FindAllStringSubmatch(string(text), -1) {
				nested[fmt.Sprint(test[1], m[1], m[2])] = true
			}
		}
	}
	for _, r := range record(t) {
		switch {
		case r.test == "":
			said = append(said, fmt.Sprint(r.sender, " ", r.scenario, " ", r.guarantee))
		case !nested[fmt.Sprint(r.test, r.scenario, r.guarantee)]:
			t.Errorf("%s expects no failure of %s in %s", r.test, r.guarantee, r.scenario)
		}
	}
	for _, name := range profile.Presets() {
		p, err := profile.Load(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range p.Expected {
			expected = append(expected, fmt.Sprint(name, " ", d.Scenario, " ", d.Guarantee))
		}
	}
	slices.Sort(said)
	slices.Sort(expected)
	if diff := cmp.Diff(expected, said); diff != "" {
		t.Errorf("the record is not what the profiles expect (-profiles +record):\n%s", diff)
	}
}

// TestTrackRecordIsReproduced plays what profiles drive. The rest is the nested
// module's.
func TestTrackRecordIsReproduced(t *testing.T) {
	minutes(t, "the track record")
	played := map[string]bool{}
	for _, r := range record(t) {
		name := r.sender + "/" + r.scenario
		if r.test != "" || played[name] {
			continue
		}
		played[name] = true
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := exec.LookPath(realSenders()[r.sender]); err != nil {
				t.Skipf("not reproduced: %s: %v", r.sender, err)
			}
			s, err := scenarios.Find(r.scenario)
			if err != nil {
				t.Fatal(err)
			}
			playSender(t, s, r.sender, nil)
		})
	}
}
