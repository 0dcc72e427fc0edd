//go:build !linux

package dependency

import "syscall"

// childAttr cannot ask for the child's death with its parent here.
func childAttr(cred *syscall.Credential) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Credential: cred}
}
