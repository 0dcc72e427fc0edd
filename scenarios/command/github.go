package command

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/hookdrill/hookdrill/scenarios/suite"
)

// maxSummary is less than the 1 MiB above which GitHub drops a step's summary
// whole.
const maxSummary = 512 << 10

// verdictOf is a gate's verdict, for a workflow of GitHub Actions.
type verdictOf struct {
	what    string // the command, as people call it
	word    string
	code    int // the exit code
	reasons []string
}

// github tells a workflow of a verdict, where this runs in one: as an
// annotation, as outputs of the step, and in its summary. An exit code alone is
// red for a failure and for no verdict alike.
func (a *app) github(v verdictOf) error {
	if os.Getenv("GITHUB_ACTIONS") != "true" {
		return nil
	}
	text := strings.Join(v.reasons, "\n")
	switch v.code {
	case suite.Pass:
	case suite.Fail:
		fmt.Fprintf(a.stdout, "::error title=%s::%s\n", property("hookdrill "+v.what+": "+v.word), data(text))
	default:
		fmt.Fprintf(a.stdout, "::warning title=%s::%s\n", property("hookdrill "+v.what+": "+v.word), data(text))
	}
	var summary strings.Builder
	fmt.Fprintf(&summary, "### hookdrill %s: %s\n\n", v.what, v.word)
	for _, r := range v.reasons {
		if line := "- " + oneLine(r) + "\n"; summary.Len()+len(line) < maxSummary {
			summary.WriteString(line)
		}
	}
	return errors.Join(
		appendTo(os.Getenv("GITHUB_OUTPUT"), fmt.Sprintf("verdict=%s\nexit_code=%d\n", v.word, v.code)),
		appendTo(os.Getenv("GITHUB_STEP_SUMMARY"), summary.String()))
}

// data escapes the message of a workflow command, and property one of its
// properties, which end at a comma or a colon as well.
func data(s string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A").Replace(s)
}

func property(s string) string {
	return strings.NewReplacer(":", "%3A", ",", "%2C").Replace(data(s))
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// appendTo adds to a file that the workflow names; "": it names none.
func appendTo(file, text string) error {
	if file == "" {
		return nil
	}
	f, err := os.OpenFile(file, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = io.WriteString(f, text)
	return errors.Join(err, f.Close())
}
