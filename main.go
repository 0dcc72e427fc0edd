// Hookdrill rehearses webhook outages: it stands up fake customer endpoints,
// breaks them and the sender as production does, and proves from recorded
// evidence whether every accepted event was delivered.
package main

import (
	"context"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/hookdrill/hookdrill/scenarios/suite"
	"github.com/hookdrill/hookdrill/scenarios/virtual"
)

func main() {
	// A child that plays a virtual run is no command line.
	if job, ok := virtual.FromEnv(); ok {
		virtual.Main(job, suite.Player(job.Payload))
	}
	ctx, stop := interruptible()
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// interruptible returns a context that the first SIGINT or SIGTERM ends. The
// second has its usual effect: whoever presses Ctrl-C twice means it.
func interruptible() (ctx context.Context, stop func()) {
	ctx, cancel := context.WithCancelCause(context.Background())
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	quit, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		select {
		case s := <-signals:
			signal.Stop(signals)
			if number, ok := s.(syscall.Signal); ok {
				cancel(suite.Interrupted{Signal: number})
			}
		case <-quit:
		}
	}()
	return ctx, func() {
		signal.Stop(signals)
		close(quit)
		<-ended
		cancel(nil)
	}
}

// self is how the user called this program, for commands to paste.
func self() string {
	binary, err := os.Executable()
	if err == nil && strings.Contains(binary, string(filepath.Separator)+"go-build") {
		return "go run ."
	}
	name := filepath.Base(os.Args[0])
	if _, err := exec.LookPath(name); err == nil {
		return name
	}
	return os.Args[0]
}
