//go:build unix

package virtual

import "syscall"

// keepFromChildren keeps processes that a sender starts from inheriting fd:
// they would hold the pipe open after the child is gone.
func keepFromChildren(fd int) { syscall.CloseOnExec(fd) }
