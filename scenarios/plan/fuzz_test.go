package plan

import (
	"io"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Whatever the bytes: no panic, errors say where, and what compiles compiles
// to the same plan again.
func FuzzParse(f *testing.F) {
	files, err := filepath.Glob("testdata/*.yaml")
	more, err2 := filepath.Glob("testdata/invalid/*.yaml")
	if err != nil || err2 != nil {
		f.Fatal(err, err2)
	}
	for _, file := range append(files, more...) {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	placed := regexp.MustCompile(`^fuzz\.yaml:(\d+:\d+: .| and \d+ more$)`)
	schema := formatOf(faults(), false).Judge(f)
	f.Fuzz(func(t *testing.T, text []byte) {
		s, err := parseHere("fuzz.yaml", text)
		if err == nil {
			if err := schema(text); err != nil {
				t.Errorf("the schema: %v", err)
			}
		}
		var p *Plan
		if err == nil {
			p, err = Compile(s, 0)
		}
		if err != nil {
			for line := range strings.Lines(err.Error()) {
				if !placed.MatchString(strings.TrimSuffix(line, "\n")) {
					t.Errorf("no position: %q", line)
				}
			}
			return
		}
		again, err := Compile(s, 0)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(p, again, samePlan()); diff != "" {
			t.Errorf("compiled twice:\n%s", diff)
		}
		if events, _ := p.amounts(); events > 100_000 {
			return
		}
		if err := Describe(io.Discard, p); err != nil {
			t.Error(err)
		}
		before := Publish{At: -1}
		for e := range p.Publishes() {
			if e.At <= before.At || e.At >= p.TrafficEnd {
				t.Fatalf("an event at %s after one at %s, traffic ends at %s", e.At, before.At, p.TrafficEnd)
			}
			before = e
		}
	})
}

// samePlan compares functions by whether there is one.
func samePlan() cmp.Option {
	return cmp.FilterPath(func(p cmp.Path) bool {
		return p.Last().Type() != nil && p.Last().Type().Kind() == reflect.Func
	}, cmp.Comparer(func(a, b any) bool { return reflect.ValueOf(a).IsNil() == reflect.ValueOf(b).IsNil() }))
}
