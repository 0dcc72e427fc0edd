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

func TestSchemaAndReader(t *testing.T) {
	files := stricttest.Files(t, "testdata/full.yaml")
	stricttest.Mutated(t, format(), files)
	stricttest.Keys(t, format(), files["testdata/full.yaml"])
}
