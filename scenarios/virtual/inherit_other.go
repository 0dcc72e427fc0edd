//go:build !unix

package virtual

// keepFromChildren does nothing where handles are not inherited unasked.
func keepFromChildren(int) {}
