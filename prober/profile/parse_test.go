package profile

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestInvalid: one file a message, with its exact text beside it.
func TestInvalid(t *testing.T) {
	files, err := filepath.Glob("testdata/invalid/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no files: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".yaml"), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			_, err = Parse(filepath.Base(file), text)
			if err == nil {
				t.Fatal("it is valid")
			}
			golden(t, strings.TrimSuffix(file, ".yaml")+".txt", []byte(err.Error()+"\n"))
		})
	}
}

func TestPresetsAreValid(t *testing.T) {
	if got, want := fmt.Sprint(Presets()), "[alertmanager convoy http outpost registry svix webhookx]"; got != want {
		t.Errorf("presets %s, want %s", got, want)
	}
	for _, name := range Presets() {
		if p := load(t, name); p.Name != name {
			t.Errorf("preset %s calls itself %s", name, p.Name)
		}
	}
	for name, want := range map[string]string{
		"svxi":           `profile "svxi": there is no such preset; did you mean "svix"?; there are alertmanager, convoy, http, outpost, registry, svix, webhookx`,
		"./nowhere.yaml": "profile: open ./nowhere.yaml: no such file or directory",
	} {
		if _, err := Load(name); fmt.Sprint(err) != want {
			t.Errorf("load %s: %v, want %s", name, err, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	files, err := filepath.Glob("testdata/invalid/*.yaml")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	for _, name := range Presets() {
		text, _ := Preset(name)
		f.Add(text)
	}
	schema := schemaFormat().Judge(f)
	f.Fuzz(func(t *testing.T, text []byte) {
		p, err := Parse("x.yaml", text)
		if err == nil {
			if err := schema(text); err != nil {
				t.Errorf("the schema: %v", err)
			}
		}
		if (p == nil) != (err != nil) {
			t.Errorf("profile %v, error %v", p, err)
		}
		if err != nil && !strings.HasPrefix(err.Error(), "x.yaml:") {
			t.Errorf("an error without a place: %v", err)
		}
	})
}

// tooHigh are indexes that the parser refuses, and the schema does not.
var tooHigh = regexp.MustCompile(`\[[0-9]{5,}\]`)

func FuzzPath(f *testing.F) {
	for _, s := range []string{"", "a", "a.b[0].c", "events[*].target", "[0][*]", "a..b", "a[", "a[x]", "a]b"} {
		f.Add(s, `{"a": {"b": [{"c": 1}]}}`)
	}
	form := regexp.MustCompile(pathForm)
	f.Fuzz(func(t *testing.T, s, doc string) {
		p, err := ParsePath(s)
		high := err != nil && tooHigh.MatchString(s)
		if fits := form.MatchString(s); fits != (err == nil) && !high {
			t.Errorf("%q: the schema's form says %v, the parser %v", s, fits, err)
		}
		if err != nil {
			return
		}
		if p.String() != s {
			t.Errorf("%q is written as %q", s, p)
		}
		if v, err := decodeJSON([]byte(doc)); err == nil {
			for _, found := range p.find(v) {
				_, _ = scalar(found)
			}
		}
	})
}
