package virtual

import (
	"encoding/json"
	"fmt"
	"os"
	"sync"
	"time"
)

// pipeFD is the child's end of the pipe on which it reports: the first file
// behind the standard three.
const pipeFD = 3

// message is one line on the pipe from child to parent.
type message struct {
	Kind messageKind   `json:"kind"`
	At   time.Duration `json:"at"`
	Text string        `json:"text,omitempty"`
	// Stack goes with blocked.
	Stack string `json:"stack,omitempty"`
}

type messageKind string

const (
	// began: the Player is about to be called.
	began messageKind = "began"
	// beat: the child lives; At is where virtual time is.
	beat messageKind = "beat"
	// progress: Text is what the Player has to say.
	progress messageKind = "progress"
	// The last words. A child that ends without one was ended.
	done    messageKind = "done"
	failed  messageKind = "failed"
	blocked messageKind = "blocked"
)

// reporter is the child's side of the pipe. It is used from inside the bubble
// and from outside: waiting for a plain mutex holds virtual time up for that
// moment only, where a channel could not be shared at all.
type reporter struct {
	mu   sync.Mutex
	pipe *os.File
}

func (r *reporter) send(m message) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.write(m)
}

// exit says the last word and ends the process. It keeps the lock, so that
// the Player's end and the watchdog cannot both have the last word.
func (r *reporter) exit(m message) {
	r.mu.Lock()
	r.write(m)
	os.Exit(0)
}

// write ends the process when the line cannot be written: nobody is there any
// more to read what this child finds out.
func (r *reporter) write(m message) {
	line, err := json.Marshal(m)
	if err == nil {
		_, err = r.pipe.Write(append(line, '\n'))
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "virtual run: report to the parent: %v\n", err)
		os.Exit(1)
	}
}
