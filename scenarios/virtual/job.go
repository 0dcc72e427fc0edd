// Package virtual gives every run in virtual time a process of its own.
//
// The child, the hookdrill binary or a test binary started once more, plays
// inside a testing/synctest bubble and leaves it by os.Exit: that alone ends
// a run cleanly whatever a sender leaves behind (sleepers, a goroutine stuck
// on a mutex, one that spins). The parent reads the history that the child
// wrote and judges it; it never passes on the child's exit code, for 2 is
// also what any Go panic exits with.
package virtual

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"
)

// Player plays one run in the calling bubble and writes its history. It ends
// early when ctx does, which means that somebody interrupted the run, and
// that is no error. progress may be called from any goroutine of the run.
type Player func(ctx context.Context, history io.Writer, progress func(at time.Duration, text string)) error

// Job is what a child has to do.
type Job struct {
	// Payload is for the Player: whatever it needs to know what to play.
	Payload []byte `json:"payload"`
	// History is the file that the child creates.
	History string `json:"history"`
	// Starts is the instant that the clock shows when the Player is called.
	Starts time.Time `json:"starts"`
	// Limit is how long in real time virtual time may stand still.
	Limit time.Duration `json:"limit"`
	// Longest is the scenario time after which the run must have ended.
	Longest time.Duration `json:"longest"`

	// broken is why the job could not be read; Play reports it.
	broken error
}

// jobVariable names the environment variable that makes a child of a process.
// Its value is the job's file: a scenario's text may be longer than an
// environment variable can be.
const jobVariable = "HOOKDRILL_VIRTUAL"

// FromEnv returns the job of this process, and whether it has one. A process
// that has one must do nothing else than hand it to Main or Play.
func FromEnv() (Job, bool) {
	name := os.Getenv(jobVariable)
	if name == "" {
		return Job{}, false
	}
	var job Job
	text, err := os.ReadFile(name)
	if err == nil {
		err = json.Unmarshal(text, &job)
	}
	if err != nil {
		job.broken = fmt.Errorf("job of a virtual run: %w", err)
	}
	return job, true
}

// A bubble's clock begins in 2000 and counts nanoseconds since 1970 in 64 bits.
var (
	earliest = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	latest   = time.Date(2250, 1, 1, 0, 0, 0, 0, time.UTC)
)

func (j *Job) check() error {
	switch {
	case j.History == "":
		return errors.New("virtual run: no file for the history")
	case j.Starts.Before(earliest) || !j.Starts.Before(latest):
		return fmt.Errorf("virtual run: starts %s: virtual time runs from 2000 to 2249",
			j.Starts.Format(time.RFC3339))
	case j.Limit <= 0 || j.Longest <= 0:
		return fmt.Errorf("virtual run: limit %s and longest %s must be above 0", j.Limit, j.Longest)
	}
	return nil
}

// save writes the job to the file that FromEnv reads.
func (j *Job) save(name string) error {
	text, err := json.Marshal(j)
	if err != nil {
		return fmt.Errorf("job of a virtual run: %w", err)
	}
	return os.WriteFile(name, text, 0o600)
}
