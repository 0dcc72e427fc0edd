package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/hookdrill/hookdrill"

// arrows says which rooms a room may import: DESIGN.md's table. A package that
// is not listed may import nothing of ours, and fails the test.
var arrows = map[string][]string{
	"": {"scenarios/command", "scenarios/suite", "scenarios/virtual"},
	"scenarios/command": {"prober", "prober/strict", "prober/event", "prober/history", "prober/policy", "prober/signature", "prober/profile",
		"prober/dependency", "prober/resolver", "prober/canary", "chaos", "scenarios", "scenarios/plan", "scenarios/check",
		"scenarios/verdict", "scenarios/report", "scenarios/virtual", "scenarios/explore", "scenarios/refsender", "scenarios/suite"},
	"scenarios/suite": {"scenarios/virtual", "scenarios/report", "scenarios", "scenarios/check", "scenarios/plan",
		"scenarios/refsender", "scenarios/verdict", "prober", "prober/profile", "prober/history",
		"prober/signature"}, // `profile check` says whether an attempt is signed well
	"scenarios/sendertest": {"scenarios/virtual", "scenarios/report", "scenarios/explore", "scenarios", "scenarios/check",
		"scenarios/plan", "scenarios/refsender", "prober", "prober/policy", "prober/event", "prober/history", "scenarios/verdict"},
	"scenarios/virtual":   {"scenarios", "scenarios/plan", "prober", "prober/history"},
	"scenarios/report":    {"scenarios", "scenarios/check", "scenarios/plan", "scenarios/verdict", "prober/history", "prober/event"},
	"scenarios/explore":   {"scenarios", "scenarios/check", "scenarios/plan", "scenarios/verdict", "chaos"},
	"prober/canary":       {"prober/canary/otlp", "prober/strict", "prober/profile", "prober", "prober/policy", "prober/history", "prober/signature", "prober/event", "scenarios/verdict"},
	"scenarios":           {"prober/strict", "scenarios/check", "scenarios/plan", "scenarios/verdict", "prober", "prober/dependency", "prober/resolver", "prober/policy", "prober/history", "prober/event", "chaos"},
	"scenarios/refsender": {"prober", "prober/strict", "prober/policy", "prober/history", "prober/signature", "prober/event"},
	"prober/profile": {"prober", "prober/strict", "prober/dependency", "prober/policy", "prober/event",
		"prober/history"}, // what a sender says of a delivery is written down in its words
	"scenarios/check": {"scenarios/plan", "scenarios/verdict", "prober/policy", "prober/history", "prober/event"},
	"scenarios/plan":  {"chaos", "prober/strict", "prober/policy", "prober/event"},
	"prober":          {"prober/history", "prober/signature", "prober/policy", "prober/event"},
	"chaos":           {}, "prober/event": {}, "prober/policy": {}, "prober/history": {}, "prober/signature": {},
	"scenarios/verdict": {}, "prober/dependency": {}, "prober/resolver": {}, "prober/strict": {}, "prober/strict/stricttest": {"prober/strict"}, "prober/canary/otlp": {},
}

// testers are the only rooms that may import testing: it registers flags and
// does not belong into a program.
var testers = []string{"scenarios/virtual", "scenarios/sendertest", "prober/strict/stricttest"}

// TestImports keeps the rooms and their arrows as the design has them.
func TestImports(t *testing.T) {
	for _, p := range listPackages(t) {
		room := strings.TrimPrefix(strings.TrimPrefix(p.ImportPath, module), "/")
		allowed, known := arrows[room]
		if !known {
			t.Errorf("package %s is no room of the design", p.ImportPath)
			continue
		}
		for _, imported := range p.Imports {
			if imported == "testing" && !slices.Contains(testers, room) {
				t.Errorf("%s imports testing; only %v may", p.ImportPath, testers)
			}
			to, ours := strings.CutPrefix(imported, module+"/")
			if ours && !slices.Contains(allowed, to) {
				t.Errorf("%s imports %s, against the arrows", p.ImportPath, imported)
			}
		}
	}
}

// TestMainIsImportedByNobody keeps the top level a program.
func TestMainIsImportedByNobody(t *testing.T) {
	for _, p := range listPackages(t) {
		if slices.Contains(p.Imports, module) {
			t.Errorf("%s imports the program", p.ImportPath)
		}
	}
}

type listed struct {
	ImportPath string
	Imports    []string
}

func listPackages(t *testing.T) []listed {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-json=ImportPath,Imports", "./...")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, stderr.Bytes())
	}
	var all []listed
	for d := json.NewDecoder(bufio.NewReader(bytes.NewReader(out))); ; {
		var p listed
		switch err := d.Decode(&p); {
		case errors.Is(err, io.EOF):
			if len(all) < 10 {
				t.Fatalf("go list named %d packages: this test looked at nothing", len(all))
			}
			return all
		case err != nil:
			t.Fatal(err)
		}
		all = append(all, p)
	}
}
