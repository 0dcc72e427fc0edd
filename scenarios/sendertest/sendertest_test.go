package sendertest_test

import (
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/hookdrill/hookdrill/scenarios/refsender"
	"github.com/hookdrill/hookdrill/scenarios/sendertest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestReference is the corpus itself: the reference sender stands all of it.
func TestReference(t *testing.T) {
	sendertest.Run(t, refsender.New(refsender.Default()))
}

// subjectVariable names the row of subjects that TestSubject puts to the test.
const subjectVariable = "HOOKDRILL_TEST_SUBJECT"

// TestSubject is what the other tests run in a process of its own, to see how
// it fails.
func TestSubject(t *testing.T) {
	name := os.Getenv(subjectVariable)
	if name == "" {
		t.Skip("this is what TestSubjects runs")
	}
	for _, s := range subjects {
		if s.name == name {
			sendertest.Run(t, s.factory, append(s.opts, sendertest.Scenario("short", []byte(short)))...)
		}
	}
}

func TestSubjects(t *testing.T) {
	for _, s := range subjects {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestSubject$", "-test.v")
			cmd.Env = append(os.Environ(), subjectVariable+"="+s.name)
			out, err := cmd.CombinedOutput()
			var exit *exec.ExitError
			if err != nil && !errors.As(err, &exit) {
				t.Fatal(err)
			}
			if failed := err != nil; failed != s.fails {
				t.Errorf("failed is %v, want %v since %s", failed, s.fails, s.reason)
			}
			for _, want := range s.says {
				if !strings.Contains(string(out), want) {
					t.Errorf("it does not say %q", want)
				}
			}
			if t.Failed() {
				t.Logf("\n%s", out)
			}
		})
	}
}
