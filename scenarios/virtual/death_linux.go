package virtual

import (
	"os/exec"
	"syscall"
)

// dieWithParent makes the kernel kill the child when the thread that starts
// it ends. The caller keeps to that thread until the child is gone.
func dieWithParent(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}
