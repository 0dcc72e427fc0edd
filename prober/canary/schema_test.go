package canary

import (
	"testing"

	"github.com/hookdrill/hookdrill/prober/strict/stricttest"
)

func format() stricttest.Format {
	return stricttest.Format{Schema: Schema(""), Parse: func(text []byte) error {
		_, err := Parse("x", text)
		return err
	}}
}

func TestSchemaTakes(t *testing.T) {
	files := stricttest.Files(t, "testdata/full.yaml")
	files["minimal"] = []byte(minimal + "sender: webhooks\nadmin: {token: {file: token}}\n")
	stricttest.Valid(t, format(), files)
}

func TestSchemaRefuses(t *testing.T) {
	texts := map[string][]byte{}
	for _, m := range mistakes() {
		texts[m.reason] = []byte(m.text)
	}
	stricttest.Invalid(t, format(), texts, unseen())
}

// unseen are the mistakes that the schema does not see, with the reason.
func unseen() map[string]string {
	const (
		looksUp  = "names are looked up in other parts of the file"
		compares = "JSON Schema compares no two values"
	)
	return map[string]string{
		"a collector that is not allowed": looksUp, "a window of a region that is none": looksUp, "a window without time": compares,
		"faster than the floor": "a pattern knows no lengths of durations", "lost before late": compares, "more than its budget": "it takes arithmetic",
		"off loopback without a token": "what is loopback takes more than a pattern", "twice": "JSON has each key once",
		"where it receives is not allowed": looksUp,
	}
}

func TestSchemaAndReader(t *testing.T) {
	files := stricttest.Files(t, "testdata/full.yaml")
	stricttest.Mutated(t, format(), files)
	stricttest.Keys(t, format(), files["testdata/full.yaml"])
}
