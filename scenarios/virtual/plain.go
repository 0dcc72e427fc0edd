package virtual

import (
	"os"
	"testing"
)

// Main plays the job of a process that is no test, and does not return. It
// must be called before anything else looks at the command line.
//
// synctest wants a *testing.T, and a zero one breaks at its first error.
// testing.Main, kept for systems that simulate `go test`, is the only way to
// come by one in a plain binary: it registers the flags of a test only when
// called, and prints nothing because Play ends the process. TestPlainBinary
// fails if a new Go changes any of this.
func Main(job Job, player Player) {
	// It would take the arguments for flags of a test.
	os.Args = os.Args[:1]
	testing.Main(
		func(_, _ string) (bool, error) { return true, nil },
		[]testing.InternalTest{{Name: "virtual", F: func(t *testing.T) { Play(t, job, player) }}},
		nil, nil)
}
