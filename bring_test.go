package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hookdrill/hookdrill/scenarios"
)

// TestBringYourOwnSender does what the document tells a reader to do, and
// holds what came out against what it shows.
func TestBringYourOwnSender(t *testing.T) {
	for _, binary := range []string{"python3", "redis-server"} {
		if _, err := exec.LookPath(binary); err != nil {
			t.Skipf("not tested: how to bring in a sender in Python with its queue in Redis: %v", err)
		}
	}
	doc := filepath.Join("docs", "bring-your-own-sender.md")
	before, err := os.ReadFile(doc)
	if err != nil {
		t.Fatal(err)
	}
	program, err := os.ReadFile(filepath.Join("prober", "profile", "testdata", "pysender", "sender.py"))
	if err != nil {
		t.Fatal(err)
	}
	commands := strings.SplitN(blocks(t, doc, "sh")[0], "\n", 2)
	here, err := filepath.Abs(doc)
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	if err := os.WriteFile("sender.py", program, 0o600); err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, command := range commands {
		rest, ours := strings.CutPrefix(strings.TrimSpace(command), "hookdrill ")
		if !ours {
			t.Fatalf("%q is no command of ours", command)
		}
		got := cli(t, words(t, rest)...)
		got.exits(t, 0)
		out = append(out, got.stdout)
	}
	profile, err := os.ReadFile("mine.yaml")
	if err != nil {
		t.Fatal(err)
	}
	comments := regexp.MustCompile(`(?m)^( *#.*)?\n`)
	after := fill(string(before), "yaml", comments.ReplaceAllString(string(profile), ""))
	after = fill(after, "text", checked(out[1]))
	if *update {
		if err := os.WriteFile(here, []byte(after), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(string(before), after); diff != "" {
		t.Errorf("%s is stale, run go test -run TestBring . -update (-want +got):\n%s", doc, diff)
	}
}

// TestBringYourOwnSenderFurther: what the document adds to a profile is what the
// tests of that sender add, and its scenario is one.
func TestBringYourOwnSenderFurther(t *testing.T) {
	doc := filepath.Join("docs", "bring-your-own-sender.md")
	all := blocks(t, doc, "yaml")
	if len(all) != 3 {
		t.Fatalf("%d blocks of YAML, want 3", len(all))
	}
	status, err := os.ReadFile(filepath.Join("prober", "profile", "testdata", "pysender", "status.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(status), all[1]); diff != "" {
		t.Errorf("what it says of itself (-tests +document):\n%s", diff)
	}
	s := scenarios.Scenario{Name: "example", File: doc, Text: []byte(all[2])}
	if _, err := s.Plan(0); err != nil {
		t.Error(err)
	}
}

// fill puts a text into the only block of a language.
func fill(doc, language, text string) string {
	open := "\n```" + language + "\n"
	from := strings.Index(doc, open) + len(open)
	to := from + strings.Index(doc[from:], "```")
	return doc[:from] + text + doc[to:]
}

// checked takes out of a transcript what is different each time.
func checked(text string) string {
	for pattern, with := range map[string]string{
		`127\.0\.0\.1:\d+`:            "127.0.0.1:PORT",
		`\d{4}-\d\d-\d\dT[0-9:.]+Z`:   "TIME",
		`"pad": ?"[^"]*"`:             `"pad": "..."`,
		`"sum": ?"[^"]*"`:             `"sum": "..."`,
		`application/json, \d+ bytes`: "application/json, N bytes",
	} {
		text = regexp.MustCompile(pattern).ReplaceAllString(text, with)
	}
	return text
}
