package prober

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"sync"
	"syscall"
	"time"

	"github.com/rs/zerolog"
)

// Output is one of the two streams of a process.
type Output string

// The streams of a process.
const (
	Stdout Output = "stdout"
	Stderr Output = "stderr"
)

// ProcConfig says which process to start. It has to stay in the foreground:
// what it leaves behind when it ends is killed.
type ProcConfig struct {
	// Name is what errors and log lines call it.
	Name string
	// Argv is the command and its arguments.
	Argv []string
	// Dir is its working directory; empty means ours.
	Dir string
	// Env is its environment; nil means ours.
	Env []string
	// Ready looks at each line of its output until it returns true for one:
	// that is when the process is ready. It is called by one goroutine at a
	// time. Nil means that it is ready as soon as it runs.
	Ready func(from Output, line string) bool
	// Log takes its output, an entry a line.
	Log zerolog.Logger
}

// Proc is a process of a sender, with all that it has started: a process
// group of its own, so that the terminal's Ctrl-C does not reach it, and
// signals sent here reach all of it. On Linux the kernel kills it when this
// process is gone. It implements Process but for the methods of Sender.
type Proc struct {
	cfg    ProcConfig
	cmd    *exec.Cmd
	output output
	exited chan struct{}

	mu sync.Mutex
	// gone says that the pid may belong to another process soon.
	gone bool
}

// ioGrace is how long the output of a process that has ended may stay open,
// in the hands of one that left the group.
const ioGrace = 2 * time.Second

// StartProc starts a process and returns when it is ready. Where it ends
// before that, or ctx does, nothing is left of it, and the error has its last
// lines. ctx bounds the start alone.
func StartProc(ctx context.Context, cfg ProcConfig) (*Proc, error) {
	if len(cfg.Argv) == 0 {
		return nil, fmt.Errorf("start %s: no command", cfg.Name)
	}
	if err := context.Cause(ctx); err != nil {
		return nil, fmt.Errorf("start %s: %w", cfg.Name, err)
	}
	p := &Proc{cfg: cfg, exited: make(chan struct{})}
	p.output.init(cfg)
	started := make(chan error, 1)
	go p.live(started)
	if err := <-started; err != nil {
		<-p.exited
		return nil, fmt.Errorf("start %s: %w", cfg.Name, err)
	}
	if cfg.Ready == nil {
		return p, nil // also one that has done its work and ended by now
	}
	select {
	case <-p.output.ready:
		return p, nil
	case <-p.exited:
		return nil, p.notReady(errors.New(p.ExitReason()))
	case <-ctx.Done():
		if err := p.Kill(); err != nil {
			return nil, p.notReady(errors.Join(context.Cause(ctx), err))
		}
		return nil, p.notReady(context.Cause(ctx))
	}
}

func (p *Proc) notReady(why error) error {
	return fmt.Errorf("%s did not become ready: %w%s", p.cfg.Name, why, p.output.story())
}

// live is the life of the process. It keeps its thread until the end: the
// kernel takes the death of the thread that made a child, not that of the
// process, for the parent's.
func (p *Proc) live(started chan<- error) {
	defer close(p.exited)
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	p.cmd = exec.Command(p.cfg.Argv[0], p.cfg.Argv[1:]...)
	p.cmd.Dir, p.cmd.Env = p.cfg.Dir, p.cfg.Env
	p.cmd.Stdout, p.cmd.Stderr = p.output.stream(Stdout), p.output.stream(Stderr)
	p.cmd.WaitDelay = ioGrace
	p.cmd.SysProcAttr = procAttr()
	err := p.cmd.Start()
	started <- err
	if err != nil {
		return
	}
	// The error says again what ProcessState holds.
	_ = reap(p.cmd, p.sweep)
	p.output.flush()
}

// sweep ends what a process has left of its group.
func (p *Proc) sweep() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.gone = true
	_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL) // mostly there is nothing
}

// signal sends a signal to the whole group.
func (p *Proc) signal(s syscall.Signal) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	err := os.ErrProcessDone
	if !p.gone {
		err = syscall.Kill(-p.cmd.Process.Pid, s)
	}
	if err != nil {
		return fmt.Errorf("send %s to %s: %w", s, p.cfg.Name, err)
	}
	return nil
}

// Kill implements Process. It is no error that the process has ended before.
func (p *Proc) Kill() error {
	if err := p.signal(syscall.SIGKILL); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	<-p.exited
	return nil
}

// Terminate implements Process. A paused process ends when it is resumed.
func (p *Proc) Terminate() error { return p.signal(syscall.SIGTERM) }

// Pause implements Process.
func (p *Proc) Pause() error { return p.signal(syscall.SIGSTOP) }

// Resume implements Process.
func (p *Proc) Resume() error { return p.signal(syscall.SIGCONT) }

// Exited implements Process.
func (p *Proc) Exited() <-chan struct{} { return p.exited }

// Stop asks the process to end, also if it is paused, and waits for it. When
// ctx ends first the process is killed, and the error says so.
func (p *Proc) Stop(ctx context.Context) error {
	for _, s := range []syscall.Signal{syscall.SIGTERM, syscall.SIGCONT} {
		if err := p.signal(s); err != nil && !errors.Is(err, os.ErrProcessDone) {
			return err
		}
	}
	select {
	case <-p.exited:
		return nil
	case <-ctx.Done():
		err := fmt.Errorf("stop %s: killed, since it did not end: %w", p.cfg.Name, context.Cause(ctx))
		return errors.Join(err, p.Kill())
	}
}

// ExitReason implements Process: the exit status or the signal, and for a Go
// program that panicked, its message. Empty means that the process lives.
func (p *Proc) ExitReason() string {
	select {
	case <-p.exited:
	default:
		return ""
	}
	if p.cmd.ProcessState == nil {
		return "cannot be known"
	}
	reason := p.cmd.ProcessState.String()
	if last := p.output.panicked(); last != "" {
		reason += ": " + last
	}
	return reason
}

// LastLines returns the latest lines of the process's output, at most 20.
func (p *Proc) LastLines() []string { return p.output.last() }

// Pid returns the process's id, which is also its group's.
func (p *Proc) Pid() int { return p.cmd.Process.Pid }
