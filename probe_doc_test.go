package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hookdrill/hookdrill/prober/canary"
	"github.com/hookdrill/hookdrill/prober/profile"
)

// TestProbeDocument reads the files that docs/probe.md shows, holds its dry run
// against ours, and wants its commands to be ones that there are.
func TestProbeDocument(t *testing.T) {
	doc := filepath.Join("docs", "probe.md")
	before, err := os.ReadFile(doc)
	if err != nil {
		t.Fatal(err)
	}
	here, err := filepath.Abs(doc)
	if err != nil {
		t.Fatal(err)
	}
	files, commands := blocks(t, doc, "yaml"), strings.Join(blocks(t, doc, "sh"), "")
	if _, err := profile.Parse("sender-eu.yaml", []byte(files[1])); err != nil {
		t.Error(err)
	}
	pushing := strings.Replace(files[0], "canary.example.com]", "canary.example.com, collector.example.com]", 1) + files[2]
	if _, err := canary.Parse("probe.yaml", []byte(pushing)); err != nil {
		t.Error(err)
	}
	t.Chdir(t.TempDir())
	for name, text := range map[string]string{"probe.yaml": files[0], "sender-eu.yaml": files[1],
		"sender-us.yaml": strings.ReplaceAll(files[1], "eu", "us")} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	ran := 0
	for line := range strings.Lines(commands) {
		rest, ours := strings.CutPrefix(strings.TrimSpace(line), "hookdrill ")
		if !ours {
			continue
		}
		ran++
		if !strings.HasSuffix(rest, "--dry-run") {
			// It would probe. A flag that there is none of is told before help.
			cli(t, append(words(t, rest), "--help")...).exits(t, 0)
			continue
		}
		got := cli(t, words(t, rest)...)
		got.exits(t, 0)
		after := fill(string(before), "text", got.stdout)
		if *update {
			if err := os.WriteFile(here, []byte(after), 0o600); err != nil {
				t.Fatal(err)
			}
		} else if diff := cmp.Diff(string(before), after); diff != "" {
			t.Errorf("the dry run is stale, run go test -run TestProbeDocument . -update (-want +got):\n%s", diff)
		}
	}
	if ran < 5 {
		t.Errorf("%d commands in %s: this test looked at too little", ran, doc)
	}
	caps := fmt.Sprintf("no more than %d canaries a minute and %d a day", canary.CapPerMinute, canary.CapPerDay)
	flying := fmt.Sprintf("while a region owes %d.", canary.CapInFlight)
	for _, want := range []string{caps, flying} {
		if !strings.Contains(strings.Join(strings.Fields(string(before)), " "), want) {
			t.Errorf("%s does not say %q", doc, want)
		}
	}
}
