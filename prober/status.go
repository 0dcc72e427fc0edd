package prober

import (
	"fmt"
	"net/http"
	"strings"
)

// StatusError is what an error of Publish or Subscribe wraps where an HTTP
// answer was the cause, so that a prober can tell a missing route from a
// missing backend.
type StatusError struct {
	// Code is the answer's status.
	Code int
	// Gateway says that the answer looks like that of something in front of
	// the sender's API: its body is no JSON.
	Gateway bool
	// Text is what it said, in short; empty: nothing worth repeating.
	Text string
}

// Error implements error.
func (e *StatusError) Error() string {
	text := strings.TrimSpace(fmt.Sprintf("%d %s", e.Code, http.StatusText(e.Code)))
	if e.Text != "" {
		text += ": " + e.Text
	}
	return text
}
