package scenarios

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"strings"

	"github.com/hookdrill/hookdrill/prober/strict"
	"github.com/hookdrill/hookdrill/scenarios/check"
	"github.com/hookdrill/hookdrill/scenarios/plan"
)

//go:embed corpus/*.yaml
var corpus embed.FS

// Default is the scenario that is run when nobody names one: the incident that
// hookdrill began with.
const Default = "kustomer-2025-12-10"

// Scenario is one scenario file.
type Scenario struct {
	// Name is the corpus name, or the path of a file.
	Name string
	// File is what positions in errors are given in.
	File string
	Text []byte
}

// Corpus returns the scenarios that hookdrill carries, by name. It panics when
// there are none: a build without them would pass everything.
func Corpus() []Scenario {
	files, err := fs.Glob(corpus, "corpus/*.yaml")
	if err != nil || len(files) == 0 {
		panic(fmt.Sprintf("scenarios: no corpus in this build: %v", err))
	}
	all := make([]Scenario, 0, len(files))
	for _, f := range files {
		text, err := corpus.ReadFile(f)
		if err != nil {
			panic(fmt.Sprintf("scenarios: corpus: %v", err)) // it was listed a moment ago
		}
		all = append(all, Scenario{Name: strings.TrimSuffix(path.Base(f), ".yaml"), File: path.Base(f), Text: text})
	}
	return all
}

// Find returns the scenario of the corpus with that name, or the one in the
// file of that name.
func Find(name string) (Scenario, error) {
	var names []string
	for _, s := range Corpus() {
		if s.Name == name {
			return s, nil
		}
		names = append(names, s.Name)
	}
	text, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		hint := "see hookdrill list"
		if near := strict.Nearest(name, names); near != "" {
			hint = fmt.Sprintf("did you mean %q?", near)
		}
		return Scenario{}, fmt.Errorf("scenario %q: neither in the corpus nor a file; %s", name, hint)
	}
	if err != nil {
		return Scenario{}, fmt.Errorf("scenario: %w", err)
	}
	return Scenario{Name: name, File: name, Text: text}, nil
}

// Plan compiles the scenario. A zero seed is the file's own.
func (s Scenario) Plan(seed uint64) (*plan.Plan, error) {
	return plan.Load(s.File, s.Text, check.Kinds(), seed)
}
