package virtual

import (
	"context"
	"os"
	"os/signal"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// Play plays the job of this process in a bubble and ends the process. It is
// for a test that finds itself in a child; a plain binary calls Main.
func Play(t *testing.T, job Job, player Player) {
	keepFromChildren(pipeFD)
	c := &child{job: job, report: &reporter{pipe: os.NewFile(pipeFD, "report")}}
	if err := job.broken; err != nil {
		c.report.exit(message{Kind: failed, Text: err.Error()})
	}
	file, err := os.Create(job.History)
	if err != nil {
		c.report.exit(message{Kind: failed, Text: err.Error()})
	}
	c.history.file = file

	// The first call of Notify starts a goroutine that reads signals for ever.
	// Started in the bubble, it would stop the clock.
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	// Nobody waits for these two: the process ends before they could.
	go func() {
		for range signals {
			c.interrupted.Store(true)
		}
	}()
	go c.watch()
	synctest.Test(t, func(t *testing.T) { c.live(t, player) })
}

// child is what the bubble shares with the goroutines outside. A channel made
// on one side and used on the other stops the clock or ends the process, so
// that all of it is atomic.
type child struct {
	job         Job
	report      *reporter
	history     counted
	at          atomic.Int64
	interrupted atomic.Bool
}

// live runs inside the bubble and does not return.
func (c *child) live(t *testing.T, player Player) {
	time.Sleep(time.Until(c.job.Starts))
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go c.tick(time.Now(), cancel)

	c.report.send(message{Kind: began})
	var err error
	returned := false
	ended := make(chan struct{})
	// A goroutine of its own, because the one that testing gave us would
	// dress a panic up as a failed test.
	go func() {
		defer close(ended)
		err = c.perform(ctx, player)
		returned = true
	}()
	<-ended
	at := time.Since(c.job.Starts)
	if closing := c.history.file.Close(); err == nil {
		err = closing
	}
	switch {
	case !returned:
		c.report.exit(message{Kind: failed, At: at, Text: "the goroutine that played the run ended itself (runtime.Goexit)"})
	case err != nil:
		c.report.exit(message{Kind: failed, At: at, Text: err.Error()})
	default:
		c.report.exit(message{Kind: done, At: at})
	}
}

// perform calls the Player. Its name marks that goroutine in a stack dump.
//
//go:noinline
func (c *child) perform(ctx context.Context, player Player) error {
	return player(ctx, &c.history, func(at time.Duration, text string) {
		c.report.send(message{Kind: progress, At: at, Text: text})
	})
}

// tick publishes virtual time once a second and carries an interruption into
// the bubble. Because it never stops, a run in which everybody waits for ever
// is no deadlock to the runtime: Longest is what ends it.
func (c *child) tick(starts time.Time, cancel context.CancelFunc) {
	for now := range time.Tick(time.Second) {
		at := now.Sub(starts)
		c.at.Store(int64(at))
		if c.interrupted.Load() {
			cancel()
		}
		if at > c.job.Longest {
			dump := parseStacks(allStacks())
			text, stack := overrun(at, dump)
			c.report.exit(message{Kind: blocked, At: at, Text: text, Stack: stack})
		}
	}
}

// counted is the history's file. The bytes that went into it are a sign of
// life within a busy virtual second.
type counted struct {
	file  *os.File
	bytes atomic.Int64
}

func (c *counted) Write(b []byte) (int, error) {
	n, err := c.file.Write(b)
	c.bytes.Add(int64(n))
	return n, err
}
