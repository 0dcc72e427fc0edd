package virtual

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/hookdrill/hookdrill/prober/history"
)

// Config is one virtual run as its parent wants it.
type Config struct {
	// Command starts the child, which must hand its job to Main or Play; nil:
	// this very binary, without arguments.
	Command []string
	// Env is added to the environment of this process, and wins over it.
	Env []string
	// Payload tells the child's Player what to play.
	Payload []byte
	// History is the file that the child writes. A file beside it, with .job
	// behind its name, is there while the child is.
	History string
	// Starts is the instant at which virtual time begins for the Player, from
	// 2000 to 2249.
	Starts time.Time
	// Planned is the number of events that the Player is to publish. What of
	// them a crash left unpublished is told in the history's End.
	Planned int
	// Limit is how long in real time virtual time may stand still; 0: 10 s.
	Limit time.Duration
	// Longest is the scenario time after which the run must have ended; 0: 90 days.
	Longest time.Duration
	// Log takes what the child prints; nil: nobody.
	Log io.Writer
	// Progress hears what the Player has to say, in order, from a goroutine
	// that has ended when Run returns; nil: nobody.
	Progress func(at time.Duration, text string)
}

// The defaults of a Config.
const (
	defaultLimit   = 10 * time.Second
	defaultLongest = 90 * 24 * time.Hour
)

// Outcome says how a run ended that nothing was wrong with but the sender.
type Outcome struct {
	// At is where virtual time was at last, to the second where the sender crashed.
	At time.Duration
	// Crash says how the sender ended the process, such as the first line of
	// its panic; "": the run ended as it should. A crash is a finding.
	Crash string
	// Stack is that of the goroutine that crashed, if it is known.
	Stack string
}

// Run plays one run in a child process and returns when the child is gone.
// When ctx ends, the child is asked to end the run in an orderly way, and is
// killed if it does not; an interrupted run that ended in an orderly way is
// no error. A sender that took the child down is none either: the history
// then ends by saying so. Every error means that the environment failed: a *Blocked where
// the sender cannot live in virtual time, a *Broken where hookdrill itself
// panicked. The history holds what was flushed, whatever is returned.
func Run(ctx context.Context, cfg Config) (_ Outcome, err error) {
	job := Job{Payload: cfg.Payload, History: cfg.History, Starts: cfg.Starts, Limit: cfg.Limit, Longest: cfg.Longest}
	if job.Limit == 0 {
		job.Limit = defaultLimit
	}
	if job.Longest == 0 {
		job.Longest = defaultLongest
	}
	if err := job.check(); err != nil {
		return Outcome{}, err
	}
	jobFile := cfg.History + ".job"
	if err := job.save(jobFile); err != nil {
		return Outcome{}, fmt.Errorf("virtual run: %w", err)
	}
	defer func() { _ = os.Remove(jobFile) }() // it is beside the history for whoever looks

	// A child that its sender takes down cleans nothing up.
	temp, err := os.MkdirTemp("", "hookdrill-")
	if err != nil {
		return Outcome{}, fmt.Errorf("virtual run: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(temp)) }()

	printed := &tail{log: cfg.Log}
	cmd, err := command(ctx, cfg, jobFile, temp, job.Limit, printed)
	if err != nil {
		return Outcome{}, fmt.Errorf("virtual run: %w", err)
	}
	heard, err := attend(cmd, cfg.Progress)
	if err != nil {
		return Outcome{}, fmt.Errorf("virtual run: %w", err)
	}
	outcome, err := judge(ctx, heard, cmd.ProcessState, printed.String())
	if outcome.Crash == "" {
		return outcome, err
	}
	if err := history.Complete(cfg.History, outcome.Crash, outcome.At, cfg.Planned); err != nil {
		return Outcome{}, fmt.Errorf("virtual run: %s: %w", outcome.Crash, err)
	}
	return outcome, nil
}

// command prepares the child's process.
func command(ctx context.Context, cfg Config, jobFile, temp string, limit time.Duration, out io.Writer) (*exec.Cmd, error) {
	args := cfg.Command
	if len(args) == 0 {
		binary, err := os.Executable()
		if err != nil {
			return nil, err
		}
		args = []string{binary}
	}
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	// One thread and a lazy collector halve the time of a run: only one
	// goroutine at a time has anything to do. The memory limit keeps the lazy
	// collector from taking the whole machine. A panic's stack must be there.
	cmd.Env = slices.Concat(os.Environ(),
		[]string{"GOMAXPROCS=1", "GOGC=400", "GOTRACEBACK=single", "TMPDIR=" + temp},
		unlessSet("GOMEMLIMIT", "2GiB"), cfg.Env, []string{jobVariable + "=" + jobFile})
	cmd.Stdout, cmd.Stderr = out, out
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	// Long enough for the child's watchdog to say why the run does not end.
	cmd.WaitDelay = limit + limit/2
	dieWithParent(cmd)
	return cmd, nil
}

func unlessSet(name, value string) []string {
	if _, set := os.LookupEnv(name); set {
		return nil
	}
	return []string{name + "=" + value}
}

// account is what a child has told.
type account struct {
	began bool
	// at is the newest that is known of virtual time.
	at time.Duration
	// last is its last word; its Kind is "" where there was none.
	last message
}

// attend starts the child and listens to it until it is gone. How it ended is
// in cmd.ProcessState.
func attend(cmd *exec.Cmd, tell func(time.Duration, string)) (account, error) {
	read, write, err := os.Pipe()
	if err != nil {
		return account{}, err
	}
	defer func() { _ = read.Close() }() // what could be read was
	cmd.ExtraFiles = []*os.File{write}
	// The child dies with the thread that started it, see dieWithParent.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	err = cmd.Start()
	_ = write.Close() // the child has a copy of its own
	if err != nil {
		return account{}, err
	}
	var heard account
	var listening error
	over := make(chan struct{})
	go func() {
		defer close(over)
		listening = heard.listen(read, tell)
	}()
	waiting := cmd.Wait()
	// A process that the sender started and left may hold the pipe open.
	if err := read.SetReadDeadline(time.Now().Add(time.Second)); err != nil {
		return account{}, err
	}
	<-over
	if cmd.ProcessState == nil {
		return account{}, waiting
	}
	return heard, listening
}

func (a *account) listen(pipe io.Reader, tell func(time.Duration, string)) error {
	in := bufio.NewReader(pipe)
	for {
		line, err := in.ReadBytes('\n')
		if errors.Is(err, io.EOF) || errors.Is(err, os.ErrDeadlineExceeded) {
			// What is left is the half line of a child that was killed.
			return nil
		}
		if err != nil {
			return fmt.Errorf("listen to the child: %w", err)
		}
		var m message
		if err := json.Unmarshal(line, &m); err != nil {
			return fmt.Errorf("listen to the child: %q: %w", line, err)
		}
		a.at = max(a.at, m.At)
		switch m.Kind {
		case began:
			a.began = true
		case progress:
			if tell != nil {
				tell(m.At, m.Text)
			}
		case done, failed, blocked:
			a.last = m
		}
	}
}

// judge says what a child's end means.
func judge(ctx context.Context, heard account, state *os.ProcessState, printed string) (Outcome, error) {
	switch heard.last.Kind {
	case done:
		return Outcome{At: heard.at}, nil
	case failed:
		return Outcome{}, fmt.Errorf("virtual run: %s", heard.last.Text)
	case blocked:
		return Outcome{}, &Blocked{At: heard.last.At, Sentence: heard.last.Text, Stack: heard.last.Stack}
	}
	if status, ok := state.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		err := context.Cause(ctx)
		if err != nil && !heard.began {
			return Outcome{}, fmt.Errorf("virtual run: interrupted before it began: %w", err)
		}
		if err != nil {
			return Outcome{}, fmt.Errorf("virtual run: killed, because it did not end when it was interrupted: %w", err)
		}
		return Outcome{}, fmt.Errorf("virtual run: the child was ended by a signal at %s (%s); the system does that when memory runs out",
			offset(heard.at), status.Signal())
	}
	if !heard.began {
		return Outcome{}, fmt.Errorf("virtual run: the child ended before it began (%s): %s", state, lastWords(printed))
	}
	return crash(heard.at, state, printed)
}

// lastWords returns the line that is most likely to say why a child ended.
func lastWords(printed string) string {
	if line, _ := lastCrash(printed); line != "" {
		return line
	}
	lines := strings.Split(strings.TrimSpace(printed), "\n")
	if last := lines[len(lines)-1]; last != "" {
		return last
	}
	return "it printed nothing"
}
