package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hookdrill/hookdrill/scenarios"
)

// fences finds the fenced blocks of a Markdown text.
var fences = regexp.MustCompile("(?ms)^```([a-z]+)\n(.*?)^```$")

// blocks returns the fenced blocks of a file in one language.
func blocks(t *testing.T, file, language string) []string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, m := range fences.FindAllStringSubmatch(string(text), -1) {
		if m[1] == language {
			found = append(found, m[2])
		}
	}
	if len(found) == 0 {
		t.Fatalf("%s has no block of %s: this test looked at nothing", file, language)
	}
	return found
}

// atSpeed skips what plays the incident of 18,000 events, where that would take
// a minute. make test runs these tests without the race detector, too.
func atSpeed(t *testing.T) {
	t.Helper()
	if raced {
		t.Skip("it takes a minute with the race detector; make test runs it without")
	}
}

// TestReadmeCommands runs what the README tells a reader to run. A command is
// to exit with 0 unless a comment says `exit N`.
func TestReadmeCommands(t *testing.T) {
	atSpeed(t)
	// The files that they write, and the directory of runs, belong elsewhere.
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	sh := strings.Join(blocks(t, "README.md", "sh"), "")
	t.Chdir(t.TempDir())
	if err := os.Symlink(filepath.Join(here, "scenarios"), "scenarios"); err != nil {
		t.Fatal(err)
	}
	ran := 0
	for line := range strings.Lines(sh) {
		command, comment, _ := strings.Cut(line, " #")
		rest, ours := strings.CutPrefix(strings.TrimSpace(command), "go run . ")
		if !ours {
			continue
		}
		ran++
		want := 0
		if _, code, found := strings.Cut(comment, "exit "); found {
			if want, err = strconv.Atoi(strings.TrimSpace(code)); err != nil {
				t.Fatal(err)
			}
		}
		if got := cli(t, words(t, rest)...); got.code != want {
			t.Errorf("go run . %s: exit %d, want %d\n%s%s", rest, got.code, want, got.stdout, got.stderr)
		}
	}
	if ran < 5 {
		t.Errorf("%d commands in the README: this test looked at too little", ran)
	}
}

// TestReadmeReport keeps the README's picture of a failure as the program
// draws it.
func TestReadmeReport(t *testing.T) {
	atSpeed(t)
	picture := blocks(t, "README.md", "text")[0]
	command, _, _ := strings.Cut(picture, "\n")
	rest, ours := strings.CutPrefix(command, "$ go run . run ")
	if !ours {
		t.Fatalf("the picture does not begin with its command: %s", command)
	}
	got, _ := play(t, words(t, rest)...)
	got.exits(t, 1)
	fresh := command + "\n" + stable(got.stdout)
	if *update {
		text, err := os.ReadFile("README.md")
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile("README.md", []byte(strings.Replace(string(text), picture, fresh, 1)), 0o600); err != nil {
			t.Fatal(err)
		}
		picture = fresh
	}
	if diff := cmp.Diff(picture, fresh); diff != "" {
		t.Errorf("the picture is stale, run go test -run TestReadme . -update (-want +got):\n%s", diff)
	}
}

// TestDocumentedScenarios parses every scenario that a document shows.
func TestDocumentedScenarios(t *testing.T) {
	file := filepath.Join("docs", "scenario-format.md")
	for _, text := range blocks(t, file, "yaml") {
		s := scenarios.Scenario{Name: "example", File: file, Text: []byte(text)}
		if _, err := s.Plan(0); err != nil {
			t.Errorf("%v in:\n%s", err, text)
		}
	}
}

// TestLinks follows the links of the documents to files.
func TestLinks(t *testing.T) {
	link := regexp.MustCompile(`\]\(([^)#:]+)\)`)
	for _, file := range []string{"README.md", "CONTRIBUTING.md", "CHANGELOG.md", "docs/scenario-format.md",
		"docs/track-record.md", "docs/bring-your-own-sender.md", "docs/probe.md"} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range link.FindAllStringSubmatch(string(text), -1) {
			if _, err := os.Stat(filepath.Join(filepath.Dir(file), m[1])); err != nil {
				t.Errorf("%s links to %v", file, err)
			}
		}
	}
}
