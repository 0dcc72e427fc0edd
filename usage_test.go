package main

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"

	"github.com/hookdrill/hookdrill/scenarios"
	"github.com/hookdrill/hookdrill/scenarios/command"
)

func TestUsageErrors(t *testing.T) {
	for _, row := range []struct{ reason, line, want string }{
		{"a mistyped command", "ru", `unknown command "ru"; did you mean "run"?`},
		{"no command at all like it", "frobnicate", `unknown command "frobnicate"; see hookdrill --help`},
		{"a mistyped flag", "run --sede 7", "unknown flag: --sede; see hookdrill run --help"},
		{"a mistyped scenario", "run kustomer-2025-12-1", `scenario "kustomer-2025-12-1": neither in the corpus nor a file; did you mean "kustomer-2025-12-10"?`},
		{"a scenario like no other", "plan nothing-like-it-at-all", `scenario "nothing-like-it-at-all": neither in the corpus nor a file; see hookdrill list`},
		{"no status", "run --expect no-loss", `expectation "no-loss": want GUARANTEE=STATUS, such as no-loss=fail`},
		{"no such status", "run --expect no-loss=red", `expectation "no-loss=red": status "red": want pass, fail, unknown or not-applicable`},
		{"one expectation, two scenarios", "run --expect no-loss=fail told-to-wait quiet-when-done", "--expect needs a single scenario: others have other guarantees"},
		{"one expectation, all scenarios", "run --expect no-loss=fail --all", "--expect needs a single scenario: others have other guarantees"},
		{"virtual time has no scale", "run --scale 60", "--scale needs --real: virtual time has no scale"},
		{"time does not run backwards", "run --real --scale -1", "--scale -1: want more than 0"},
		{"all and some", "run --all told-to-wait", "--all takes no names"},
		{"nothing to play", "run --repeat 0", "--repeat 0: want at least 1"},
		{"no such format", "run -o html", `output "html": want text, json or junit, or one of them with =FILE`},
		{"told before anything is played", "run -o json=testdata/none/x", "output json: open testdata/none/x: no such file or directory"},
		{"no such colour", "run --color red", `color "red": want auto, always or never`},
		{"no such sender", "run --sender nginx", `profile "nginx": there is no such preset; there are alertmanager, convoy, http, outpost, registry, svix, webhookx`},
		{"nothing to judge", "check", "check wants RUN_DIR; see hookdrill check --help"},
		{"no such run", "check testdata/none", "history: open testdata/none: no such file or directory"},
		{"too much to judge", "check a b", `check wants RUN_DIR, got ["a" "b"]; see hookdrill check --help`},
		{"nothing to check", "validate", "validate wants FILE...; see hookdrill validate --help"},
		{"list has no arguments", "list x", `list takes no arguments, got ["x"]; see hookdrill list --help`},
		{"no such reference", "reference senders", `reference "senders": want faults or guarantees; see hookdrill reference --help`},
		{"no such schema", "schema scenarios", `schema "scenarios": want scenario, profile or probe; see hookdrill schema --help`},
		{"a sender without a place for its records", "sender", "sender needs --dir, for its records; see hookdrill sender --help"},
	} {
		got := cli(t, strings.Fields(row.line)...)
		if diff := cmp.Diff(seen{code: 2, stderr: "hookdrill: " + row.want + "\n"}, got, cmp.AllowUnexported(seen{})); diff != "" {
			t.Errorf("%s: hookdrill %s (-want +got):\n%s", row.reason, row.line, diff)
		}
	}
}

// TestInvalidFiles sees that every file that the parser's tests know is
// reported by its own name, with line and column, and each in its own words.
func TestInvalidFiles(t *testing.T) {
	dir := filepath.Join("scenarios", "plan", "testdata", "invalid")
	var line, want []string
	for _, name := range []string{"deploy-strategy", "duration-bad", "fault-no-kind", "empty", "endpoint-name-taken"} {
		file := filepath.Join(dir, name+".yaml")
		text, err := os.ReadFile(filepath.Join(dir, name+".txt"))
		if err != nil {
			t.Fatal(err)
		}
		for message := range strings.SplitSeq(strings.TrimSpace(string(text)), "\n") {
			want = append(want, "hookdrill: "+strings.Replace(message, name+".yaml:", file+":", 1))
		}
		line = append(line, file)
	}
	line = append(line, "testdata/small.yaml")
	got := cli(t, append([]string{"validate"}, line...)...)
	got.exits(t, 2)
	if diff := cmp.Diff("testdata/small.yaml: ok\n", got.stdout); diff != "" {
		t.Errorf("the valid one (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(strings.Join(want, "\n")+"\n", got.stderr); diff != "" {
		t.Errorf("the invalid ones (-want +got):\n%s", diff)
	}
	for _, command := range []string{"run", "plan"} {
		if alone := cli(t, command, line[0]); alone.code != 2 || !strings.HasPrefix(got.stderr, alone.stderr) {
			t.Errorf("%s says of the same file: exit %d, %s", command, alone.code, alone.stderr)
		}
	}
}

// TestHelp keeps what every command says about itself, and that it fits into
// 80 columns and shows how it is used.
func TestHelp(t *testing.T) {
	var all strings.Builder
	for _, c := range append([]string{""}, commands()...) {
		got := cli(t, append(strings.Fields(c), "--help")...)
		got.exits(t, 0)
		all.WriteString("$ " + strings.TrimSpace("hookdrill "+c) + " --help\n" + got.stdout + "\n")
		if c != "" && !strings.Contains(got.stdout, "\nExamples:\n  hookdrill "+c) {
			t.Errorf("%s shows no example", c)
		}
	}
	for line := range strings.Lines(all.String()) {
		if n := len([]rune(strings.TrimSuffix(line, "\n"))); n > 80 {
			t.Errorf("%d columns: %s", n, line)
		}
	}
	golden(t, "help.txt", all.String())
	if bare, help := cli(t), cli(t, "--help"); bare != help {
		t.Errorf("without a command: %+v, want what --help says", bare)
	}
}

// commands are the commands that somebody can call, in their order, those
// below others too.
func commands() []string {
	var names []string
	var walk func(above string, all []*cobra.Command)
	walk = func(above string, all []*cobra.Command) {
		for _, c := range all {
			if c.Name() == "help" || c.Name() == "completion" {
				continue
			}
			names = append(names, above+c.Name())
			walk(above+c.Name()+" ", c.Commands())
		}
	}
	walk("", command.New(io.Discard, io.Discard, "hookdrill").Commands())
	return names
}

func TestListAndShow(t *testing.T) {
	short, long := cli(t, "list"), cli(t, "list", "--long")
	short.exits(t, 0)
	long.exits(t, 0)
	all := scenarios.Corpus()
	if n := strings.Count(short.stdout, "\n"); n != len(all) {
		t.Errorf("%d lines for %d scenarios:\n%s", n, len(all), short.stdout)
	}
	for _, s := range all {
		p, err := s.Plan(0)
		if err != nil {
			t.Fatal(err)
		}
		caught := strings.Join(p.Catches, ", ")
		if caught == "" {
			caught = "no bug switch: a correct sender must stand it"
		}
		if want := p.Name + "\n  " + p.Title + "\n  stands for  " + p.Source + "\n  catches     " + caught + "\n"; !strings.Contains(long.stdout, want) {
			t.Errorf("list --long does not have\n%s", want)
		}
		if !strings.Contains(short.stdout, p.Title) {
			t.Errorf("list does not have %s", p.Title)
		}
		if diff := cmp.Diff(seen{stdout: string(s.Text)}, cli(t, "show", s.Name), cmp.AllowUnexported(seen{})); diff != "" {
			t.Errorf("show %s (-want +got):\n%s", s.Name, diff)
		}
	}
}

func TestPlan(t *testing.T) {
	own, given := cli(t, "plan", "testdata/small.yaml"), cli(t, "plan", "testdata/small.yaml", "--seed", "5")
	own.exits(t, 0)
	golden(t, "plan.txt", own.stdout)
	if own != given {
		t.Error("--seed with the file's own seed makes another plan")
	}
	if other := cli(t, "plan", "testdata/small.yaml", "--seed", "6"); other.code != 0 || other == own {
		t.Errorf("--seed changes nothing, or fails: exit %d", other.code)
	}
}

// TestReferences keeps the documents that are printed by the program as the
// program prints them.
func TestReferences(t *testing.T) {
	for _, name := range []string{"faults", "guarantees"} {
		got := cli(t, "reference", name)
		got.exits(t, 0)
		want, err := os.ReadFile(filepath.Join("docs", name+".md"))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), got.stdout); diff != "" {
			t.Errorf("docs/%s.md is stale, run make generate (-want +got):\n%s", name, diff)
		}
	}
}

func TestSenderBugs(t *testing.T) {
	got := cli(t, "sender", "--bugs")
	got.exits(t, 0)
	for _, bug := range []string{"drop-on-404\n  a 404 ends a delivery", "crash-on-bad-answer\n"} {
		if !strings.Contains(got.stdout, bug) {
			t.Errorf("the list does not have %q", bug)
		}
	}
}
