package dependency

import (
	"bytes"
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/rs/zerolog"
)

const (
	// tailLines is how much of a process's output is kept to be told.
	tailLines = 12
	// ioGrace is how long the output of one that has ended may stay open.
	ioGrace = 2 * time.Second
)

// child is one process of a dependency, with all that it starts in its group.
// It has less to do than prober.Proc, which this room may not import.
type child struct {
	name   string
	cmd    *exec.Cmd
	exited chan struct{}
	tail   *tail
}

func startChild(s *server, c command) (*child, error) {
	ch := &child{name: filepath.Base(c.argv[0]), exited: make(chan struct{})}
	ch.tail = &tail{log: s.spec.Log.With().Str("dependency", s.spec.Name).Str("process", ch.name).Logger()}
	ch.cmd = exec.Command(c.argv[0], c.argv[1:]...)
	ch.cmd.Dir, ch.cmd.Env = s.dir, withEnv(c.env)
	ch.cmd.Stdout, ch.cmd.Stderr = ch.tail, ch.tail
	ch.cmd.WaitDelay = ioGrace
	ch.cmd.SysProcAttr = childAttr(s.cred)
	started := make(chan error, 1)
	go ch.live(started)
	if err := <-started; err != nil {
		<-ch.exited
		return nil, fmt.Errorf("start %s: %w", ch.name, err)
	}
	return ch, nil
}

// live keeps its thread until the end: the kernel takes the death of the
// thread that made a child for the parent's.
func (c *child) live(started chan<- error) {
	defer close(c.exited)
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	err := c.cmd.Start()
	started <- err
	if err != nil {
		return
	}
	_ = c.cmd.Wait() // ProcessState says it too
	// What it left of its group; its number stays taken while there is any.
	c.signal(syscall.SIGKILL)
}

func (c *child) signal(s syscall.Signal) { _ = syscall.Kill(-c.cmd.Process.Pid, s) }

func (c *child) kill() {
	select {
	case <-c.exited:
	default:
		c.signal(syscall.SIGKILL)
		<-c.exited
	}
}

// stop sends quit to the process alone, which tells its own children.
func (c *child) stop(ctx context.Context, quit syscall.Signal) error {
	select {
	case <-c.exited:
		return fmt.Errorf("%s had ended by itself: %s%s", c.name, c.cmd.ProcessState, c.story())
	default:
	}
	_ = c.cmd.Process.Signal(quit) // it may have ended just now
	select {
	case <-c.exited:
		return nil
	case <-ctx.Done():
		c.kill()
		return fmt.Errorf("%s was killed, since it did not end: %w", c.name, context.Cause(ctx))
	}
}

func (c *child) story() string {
	if lines := c.tail.last(); lines != "" {
		return "; its last lines:\n  " + lines
	}
	return "; it printed nothing"
}

// tail is the end of an output, by lines.
type tail struct {
	log zerolog.Logger

	mu    sync.Mutex
	part  []byte
	lines []string
}

// maxPart bounds a line without an end.
const maxPart = 4 << 10

// Write implements io.Writer.
func (t *tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.part = append(t.part, b...)
	for {
		line, rest, ended := bytes.Cut(t.part, []byte("\n"))
		if !ended && len(line) < maxPart {
			return len(b), nil
		}
		t.part = append([]byte(nil), rest...)
		t.take(strings.TrimSpace(string(line)))
	}
}

func (t *tail) take(line string) {
	if line == "" {
		return
	}
	t.log.Debug().Msg(line)
	if len(t.lines) == tailLines {
		t.lines = t.lines[1:]
	}
	t.lines = append(t.lines, line)
}

func (t *tail) last() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	lines := slices.Clone(t.lines)
	if part := strings.TrimSpace(string(t.part)); part != "" {
		lines = append(lines, part)
	}
	return strings.Join(lines, "\n  ")
}
