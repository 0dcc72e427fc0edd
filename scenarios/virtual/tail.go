package virtual

import "io"

// tailSize is enough for the stack of the goroutine that panicked.
const tailSize = 64 << 10

// tail keeps the end of what a child prints and hands all of it on. os/exec
// writes to it from one goroutine, which has ended when Wait returns.
type tail struct {
	log  io.Writer
	kept []byte
}

// Write never fails: a log that cannot be written must not look like a
// child that cannot print.
func (t *tail) Write(b []byte) (int, error) {
	if t.log != nil {
		if _, err := t.log.Write(b); err != nil {
			t.log = nil
		}
	}
	t.kept = append(t.kept, b...)
	// Moving the end to the front is worth its while only now and then.
	if len(t.kept) > 2*tailSize {
		t.kept = append(t.kept[:0], t.kept[len(t.kept)-tailSize:]...)
	}
	return len(b), nil
}

func (t *tail) String() string { return string(t.kept[max(0, len(t.kept)-tailSize):]) }
