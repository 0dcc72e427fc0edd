package history

import (
	"io"
	"sync"
	"time"
)

// Recorder puts entries into one total order and writes them: sequence and
// offset are taken under one lock. Its methods are safe for concurrent use
// and never fail; what could not be kept is counted and said in the End.
type Recorder struct {
	clock func() time.Duration

	mu      sync.Mutex
	w       io.Writer
	buf     []byte
	seq     uint32
	dropped uint64
	err     error
}
