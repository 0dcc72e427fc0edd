package plan

import (
	"testing"

	"github.com/hookdrill/hookdrill/chaos"
	"github.com/hookdrill/hookdrill/prober/strict/stricttest"
)

// formatOf is the format with a registry of faults, as Parse reads it or, for
// files that are whole, as Load does.
func formatOf(kinds []chaos.Kind, load bool) stricttest.Format {
	parse := func(text []byte) error {
		s, err := newReader("x", kinds, guarantees()).parse(text)
		if err == nil && load {
			_, err = Compile(s, 0)
		}
		return err
	}
	return stricttest.Format{Schema: schemaOf("", kinds, guarantees()), Parse: parse}
}

func TestSchemaTakes(t *testing.T) {
	stricttest.Valid(t, formatOf(faults(), true), stricttest.Files(t, "testdata/everything.yaml", "testdata/keys.yaml", incident))
}

func TestSchemaRefuses(t *testing.T) {
	stricttest.Invalid(t, formatOf(faults(), true), stricttest.Files(t, "testdata/invalid/*.yaml"), unseen())
}

// unseen are the invalid files that the schema takes, with the reason.
func unseen() map[string]string {
	const (
		compares  = "JSON Schema compares no two values"
		looksUp   = "names are looked up in other parts of the file"
		computes  = "it takes arithmetic"
		lengths   = "a pattern knows no lengths of durations and no sizes"
		once      = "JSON has each key once"
		registry  = "only the fault's constructor knows"
		unwritten = "control characters are written by nobody who looks at an editor's marks"
	)
	return map[string]string{
		"attempts-backwards": compares, "attempts-connect": registry, "attempts-ordinal": computes, "attempts-probability": computes,
		"body-too-small": lengths, "distribution-backwards": compares, "distribution-extra": "what the text form takes is no matter of a pattern",
		"drain-at-most": lengths, "duplicate-key": once, "duration-too-long": lengths, "endpoint-name-taken": looksUp,
		"endpoints-too-many": computes, "events-too-many": computes, "fault-header-twice": "upper and lower case are the same only in headers",
		"fault-header-value": unwritten, "fault-kind-twice": once, "fault-refused": registry, "guarantee-twice": once,
		"guarantee-where-value": looksUp, "heal-elsewhere": looksUp, "heal-of-nobody": looksUp, "heal-too-early": looksUp, "heal-too-late": looksUp,
		"heal-trigger": looksUp, "heal-unknown": looksUp, "keys-unknown": looksUp, "latency-backwards": compares, "line-id-taken": looksUp,
		"line-too-short": lengths, "line-until-before-at": compares, "place-publish-connect": registry, "rate-no-event": computes,
		"rate-too-high": computes, "sender-away": compares, "sender-every-too-short": compares, "size-too-much": lengths,
		"title-control": unwritten, "where-endpoint": looksUp, "where-label": looksUp, "where-nobody": looksUp, "where-value": looksUp,
	}
}

func TestSchemaAndReader(t *testing.T) {
	files := stricttest.Files(t, "testdata/everything.yaml", "testdata/keys.yaml")
	stricttest.Mutated(t, formatOf(faults(), false), files)
	stricttest.Keys(t, formatOf(faults(), false), files["testdata/everything.yaml"])
	// The registry of package chaos, with each kind of fault.
	files = stricttest.Files(t, "testdata/faults.yaml")
	stricttest.Mutated(t, formatOf(chaos.Kinds(), false), files)
	stricttest.Keys(t, formatOf(chaos.Kinds(), false), files["testdata/faults.yaml"])
}
