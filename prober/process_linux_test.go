package prober

import (
	"os/exec"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// TestProcDiesWithUs kills the process that started a child, as SIGKILL on
// hookdrill does.
func TestProcDiesWithUs(t *testing.T) {
	n := newLine(t)
	cfg := childConfig("parent", n.addr())
	parent := exec.Command(cfg.Argv[0])
	parent.Env = cfg.Env
	if err := parent.Start(); err != nil {
		t.Fatal(err)
	}
	child, _ := n.child()
	if err := parent.Process.Kill(); err != nil {
		t.Error(err)
	}
	_ = parent.Wait() // it tells that the parent was killed
	ended(t, child)
}

// TestProcIsAwayFromTheTerminal: Ctrl-C goes to the group of the foreground.
func TestProcIsAwayFromTheTerminal(t *testing.T) {
	p, _, _ := startChild(t, "serve")
	if group, err := unix.Getpgid(p.Pid()); err != nil || group != p.Pid() {
		t.Errorf("child %d is in group %d (%v), want one of its own", p.Pid(), group, err)
	}
}

func TestProcPauses(t *testing.T) {
	p, conn, _ := startChild(t, "serve")
	if err := p.Pause(); err != nil {
		t.Fatal(err)
	}
	if err := unix.Waitid(unix.P_PID, p.Pid(), nil, unix.WSTOPPED|unix.WNOWAIT, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Write([]byte("x")); err != nil {
		t.Fatal(err)
	}
	if ping(t, conn, 20*time.Millisecond) {
		t.Error("a paused child answers")
	}
	if err := p.Resume(); err != nil {
		t.Fatal(err)
	}
	if !ping(t, conn, 10*time.Second) {
		t.Error("a resumed child does not answer")
	}
}
