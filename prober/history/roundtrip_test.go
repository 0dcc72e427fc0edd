package history

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func TestWhatWasRecordedIsRead(t *testing.T) {
	file, want := record(t)
	got, err := Read(bytes.NewReader(file))
	if err != nil {
		t.Fatalf("%v\n%s", err, file)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-recorded +read\n%s", diff)
	}
}

func TestFileAsAHumanSeesIt(t *testing.T) {
	file, _ := record(t)
	name := filepath.Join("testdata", "history.jsonl")
	if *update {
		if err := os.WriteFile(name, file, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(string(file), "\n")); diff != "" {
		t.Errorf("-golden +recorded\n%s", diff)
	}
}

// A file may have been through jq -c or a formatter: names in another order,
// spaces between them, other escapes.
func TestAnyOrderOfFieldsIsRead(t *testing.T) {
	file, want := record(t)
	var other bytes.Buffer
	for line := range bytes.Lines(file) {
		var object map[string]json.RawMessage
		if err := json.Unmarshal(line, &object); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		sorted, err := json.MarshalIndent(object, " ", "\t")
		if err != nil {
			t.Fatal(err)
		}
		text := strings.ReplaceAll(string(sorted), "\n", " ")
		other.WriteString("\t" + strings.ReplaceAll(text, `"kind":`, `"\u006bind" :`) + " \r\n\n")
	}
	got, err := Read(&other)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-recorded +read\n%s", diff)
	}
}
