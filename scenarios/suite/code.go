package suite

import (
	"context"
	"errors"
	"fmt"
	"syscall"

	"github.com/hookdrill/hookdrill/scenarios/verdict"
)

// The exit codes.
const (
	// Pass: every guarantee that applies was looked at, and holds.
	Pass = 0
	// Fail: a guarantee is broken.
	Fail = 1
	// Usage: the command line or a file is wrong.
	Usage = 2
	// Unknown: it could not be judged.
	Unknown = 3
	// Environment: the run could not take place.
	Environment = 4
	// Signal plus a signal's number: somebody stopped it.
	Signal = 128
)

// Error is an error that knows its exit code. One without a cause has been
// reported already.
type Error struct {
	Code int
	Err  error
}

// Error implements error.
func (e *Error) Error() string {
	if e.Err == nil {
		return fmt.Sprintf("exit %d", e.Code)
	}
	return e.Err.Error()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// UsageError makes err exit with Usage, or is nil as err is.
func UsageError(err error) error { return coded(Usage, err) }

func environment(err error) error { return coded(Environment, err) }

func coded(code int, err error) error {
	if err == nil {
		return nil
	}
	return &Error{Code: code, Err: err}
}

// exit makes an error of a code that was reported already.
func exit(code int) error {
	if code == Pass {
		return nil
	}
	return &Error{Code: code}
}

func codeOf(s verdict.Status) int {
	switch s {
	case verdict.Pass:
		return Pass
	case verdict.Fail:
		return Fail
	default:
		return Unknown
	}
}

// worse returns the code that a suite of both exits with. An unknown must not
// mask a failure, and neither must an environment that broke down later.
func worse(a, b int) int {
	for _, code := range []int{Fail, Environment, Unknown} {
		if a == code || b == code {
			return code
		}
	}
	return max(a, b)
}

// Interrupted is the cause of a context that a signal has ended.
type Interrupted struct{ Signal syscall.Signal }

// Error implements error.
func (i Interrupted) Error() string { return i.Signal.String() }

// Cut returns the exit code for a context that a signal has ended.
func Cut(ctx context.Context) (code int, cut bool) {
	if i, ok := errors.AsType[Interrupted](context.Cause(ctx)); ok {
		return Signal + int(i.Signal), true
	}
	return 0, false
}
