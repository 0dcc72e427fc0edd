package suite

import (
	"slices"
	"strings"
	"testing"

	"github.com/hookdrill/hookdrill/scenarios"
	"github.com/hookdrill/hookdrill/scenarios/refsender"
)

// small is the most events that a scenario has, so that the corpus can be
// played under the race detector. The others are large for a reason.
const small = 2500

func large() map[string]string {
	return map[string]string{
		scenarios.Default:      "the incident lasted so long, and had so many customers",
		"kustomer-and-a-crash": "likewise",
		"herd-after-recovery":  "a small herd is no stampede",
	}
}

func TestCorpus(t *testing.T) {
	all := scenarios.Corpus()
	if len(all) < 16 {
		t.Errorf("%d scenarios, want 16 or more", len(all))
	}
	var bugs []string
	for _, b := range refsender.Bugs() {
		bugs = append(bugs, b.Name)
	}
	for _, s := range all {
		_, p := corpus(t, s.Name, 0)
		if p.Name != s.Name {
			t.Errorf("%s: the file is named otherwise than its scenario, %s", s.File, p.Name)
		}
		if !strings.HasPrefix(string(s.Text), "# ") {
			t.Errorf("%s: no comment at its head says what it stands for", s.File)
		}
		if p.Source == "" || p.Title == "" {
			t.Errorf("%s: no source or no title", s.File)
		}
		for _, bug := range p.Catches {
			if !slices.Contains(bugs, bug) {
				t.Errorf("%s: catches %s, which is no bug of the reference sender", s.File, bug)
			}
		}
		events := 0
		for range p.Publishes() {
			events++
		}
		if _, may := large()[s.Name]; events > small && !may {
			t.Errorf("%s: %d events, want at most %d", s.File, events, small)
		}
	}
}
