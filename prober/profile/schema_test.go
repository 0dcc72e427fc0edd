package profile

import (
	"testing"

	"github.com/hookdrill/hookdrill/prober/strict"
	"github.com/hookdrill/hookdrill/prober/strict/stricttest"
)

func schemaFormat() stricttest.Format {
	return stricttest.Format{Format: strict.Format{Aliases: true}, Schema: Schema("", Names{}), Parse: func(text []byte) error {
		_, err := Parse("x", text)
		return err
	}}
}

func TestSchemaTakes(t *testing.T) {
	files := stricttest.Files(t, "presets/*.yaml", "testdata/*.yaml", "testdata/pysender/profile.yaml")
	stricttest.Valid(t, schemaFormat(), files)
}

func TestSchemaRefuses(t *testing.T) {
	stricttest.Invalid(t, schemaFormat(), stricttest.Files(t, "testdata/invalid/*.yaml"), unseen())
}

// unseen are the invalid files that the schema takes, with the reason.
func unseen() map[string]string {
	const (
		looksUp   = "names are looked up in other parts of the file"
		templates = "only templates know what is in templates"
		pattern   = "only the parser of regular expressions knows"
	)
	return map[string]string{
		"all-once": "it takes counting", "bad-pattern": pattern, "key-twice": "JSON has each key once", "near-file": looksUp,
		"no-such-command": looksUp, "no-such-file": looksUp, "no-such-speed": looksUp, "not-a-range": "JSON Schema compares no two values",
		"pattern-group": pattern, "template-captured-later": templates, "template-field": templates, "template-function": templates,
		"template-port": templates, "template-syntax": templates, "two-commands-alike": looksUp, "who-delivers": "it takes counting",
	}
}

func TestSchemaAndReader(t *testing.T) {
	files := stricttest.Files(t, "testdata/everything.yaml")
	stricttest.Mutated(t, schemaFormat(), files)
	stricttest.Keys(t, schemaFormat(), files["testdata/everything.yaml"])
}
