//go:build !linux

package prober

import (
	"os/exec"
	"syscall"
)

// procAttr cannot ask for the child's death with its parent here: killing
// hookdrill leaves it behind.
func procAttr() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

// reap waits for the end of cmd and calls over. A signal sent in between may
// go nowhere, or in theory to a group that got the same number.
func reap(cmd *exec.Cmd, over func()) error {
	err := cmd.Wait()
	over()
	return err
}
