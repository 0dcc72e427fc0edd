package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hookdrill/hookdrill/prober/canary"
	"github.com/hookdrill/hookdrill/prober/profile"
	"github.com/hookdrill/hookdrill/prober/strict"
	"github.com/hookdrill/hookdrill/prober/strict/stricttest"
	"github.com/hookdrill/hookdrill/scenarios"
	"github.com/hookdrill/hookdrill/scenarios/check"
	"github.com/hookdrill/hookdrill/scenarios/plan"
	"github.com/hookdrill/hookdrill/scenarios/suite"
)

// schemaNames are the arguments of `hookdrill schema`.
var schemaNames = []string{"scenario", "profile", "probe"}

// TestSchemas keeps the schemas that editors are pointed to as the program
// prints them, and at the address that they have in themselves.
func TestSchemas(t *testing.T) {
	for _, name := range schemaNames {
		got := cli(t, "schema", name)
		got.exits(t, 0)
		file := filepath.Join("docs", "schema", name+".schema.json")
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), got.stdout); diff != "" {
			t.Errorf("%s is stale, run make generate (-want +got):\n%s", file, diff)
		}
		if address := addressOf(name); !strings.Contains(got.stdout, `"$id": "`+address+`"`) || !strings.HasSuffix(address, filepath.ToSlash(file)) {
			t.Errorf("the schema of a %s is not at %s", name, address)
		}
	}
}

// addressOf returns where editors find a schema.
func addressOf(name string) string {
	return "https://raw.githubusercontent.com/hookdrill/hookdrill/main/docs/schema/" + name + ".schema.json"
}

// TestSchemasAreNamed wants each file that users copy to name its schema in its
// first line, and what the help says of that line to be so.
func TestSchemasAreNamed(t *testing.T) {
	named := func(what, text, schema string) {
		if first, _, _ := strings.Cut(text, "\n"); first != "# yaml-language-server: $schema="+addressOf(schema) {
			t.Errorf("%s begins with %q", what, first)
		}
	}
	for _, s := range scenarios.Corpus() {
		named(s.Name, string(s.Text), "scenario")
	}
	for _, name := range profile.Presets() {
		text, _ := profile.Preset(name)
		named(name, string(text), "profile")
	}
	mine := filepath.Join(t.TempDir(), "mine.yaml")
	cli(t, "profile", "init", mine, "--name", "mine", "--command", "my-sender").exits(t, 0)
	text, err := os.ReadFile(mine)
	if err != nil {
		t.Fatal(err)
	}
	named("profile init", string(text), "profile")
	help := cli(t, "schema", "--help").stdout
	for _, name := range schemaNames {
		if address := addressOf(name); !strings.Contains(help, filepath.Base(address)) || !strings.Contains(help, strings.TrimSuffix(address, filepath.Base(address))) {
			t.Errorf("the help does not say where the schema of a %s is:\n%s", name, help)
		}
	}
}

// TestSchemasTakeAll: every YAML file of the tree, and every one that a
// document shows, that a reader takes its schema takes, with the registries of
// this program.
func TestSchemasTakeAll(t *testing.T) {
	ask := map[string]func(text []byte) error{}
	formats := map[string]stricttest.Format{
		"scenario": {Schema: plan.Schema("", check.Kinds()), Parse: func(text []byte) error {
			_, err := plan.Parse("x", text, check.Kinds())
			return err
		}},
		"profile": {Format: strict.Format{Aliases: true}, Schema: profile.Schema("", suite.ProfileNames()), Parse: func(text []byte) error {
			p, err := profile.Parse("x", text)
			if err == nil {
				err = p.CheckNames(suite.ProfileNames())
			}
			return err
		}},
		"probe": {Schema: canary.Schema(""), Parse: func(text []byte) error {
			_, err := canary.Parse("x", text)
			return err
		}},
	}
	for name, f := range formats {
		ask[name] = f.Judge(t)
	}
	taken := map[string]int{}
	for file, text := range yamlTexts(t) {
		for name, f := range formats {
			if f.Parse(text) != nil {
				continue
			}
			taken[name]++
			if err := ask[name](text); err != nil {
				t.Errorf("%s is a %s that its schema refuses: %v", file, name, err)
			}
		}
	}
	if taken["scenario"] < len(scenarios.Corpus())+10 || taken["profile"] < len(profile.Presets())+3 || taken["probe"] < 2 {
		t.Errorf("%v: this test looked at too little", taken)
	}
}

// yamlTexts returns the YAML files of the tree, and what its documents show.
func yamlTexts(t *testing.T) map[string][]byte {
	t.Helper()
	all := map[string][]byte{}
	shown := regexp.MustCompile("(?ms)^```yaml\n(.*?)^```$")
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			// What somebody has run here before is not of the tree.
			if path == "hookdrill-runs" || strings.HasPrefix(d.Name(), ".") && path != "." {
				return filepath.SkipDir
			}
			return nil
		}
		ext := filepath.Ext(path)
		if ext != ".yaml" && ext != ".md" {
			return nil
		}
		text, err := os.ReadFile(path)
		switch ext {
		case ".yaml":
			all[path] = text
		case ".md":
			for i, m := range shown.FindAllSubmatch(text, -1) {
				all[path+" "+string(rune('a'+i))] = m[1]
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}
