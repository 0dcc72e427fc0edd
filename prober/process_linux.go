package prober

import (
	"errors"
	"os/exec"
	"syscall"

	"golang.org/x/sys/unix"
)

func procAttr() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

// reap waits for the end of cmd. over is called between its end and the
// moment from which the kernel may give its pid away.
func reap(cmd *exec.Cmd, over func()) error {
	for {
		err := unix.Waitid(unix.P_PID, cmd.Process.Pid, nil, unix.WEXITED|unix.WNOWAIT, nil)
		if !errors.Is(err, unix.EINTR) {
			break // any other error is one of Wait's too
		}
	}
	over()
	return cmd.Wait()
}
