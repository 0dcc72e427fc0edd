package prober

import (
	"sync"
	"time"
)

const (
	// window is how many bytes a connection in memory holds for a reader
	// before its writer has to wait.
	window = 64 << 10
	// keep is the largest buffer that an idle connection holds on to.
	keep = 16 << 10
)

// buffer holds bytes on their way, at most window of them. Its array is used
// again and again: a write to a connection in use allocates nothing.
type buffer struct {
	b    []byte
	from int
}

func (b *buffer) len() int { return len(b.b) - b.from }

// put appends as much of p as there is room for.
func (b *buffer) put(p []byte) int {
	p = p[:min(len(p), window-b.len())]
	if len(p) == 0 {
		return 0
	}
	if b.from > 0 && len(b.b)+len(p) > cap(b.b) {
		b.b = b.b[:copy(b.b, b.b[b.from:])]
		b.from = 0
	}
	b.b = append(b.b, p...)
	return len(p)
}

// take moves bytes into p.
func (b *buffer) take(p []byte) int {
	n := copy(p, b.b[b.from:])
	b.from += n
	if b.from == len(b.b) {
		b.b, b.from = b.b[:0], 0
		if cap(b.b) > keep {
			b.b = nil
		}
	}
	return n
}

// deadline is a point in time at which waiting ends. Its timer runs only while
// somebody waits: net/http sets several deadlines for each request, and most
// are never waited for.
type deadline struct {
	at    time.Time
	timer *time.Timer
	armed bool
}

func (d *deadline) passed() bool { return !d.at.IsZero() && !time.Now().Before(d.at) }

func (d *deadline) set(t time.Time) {
	d.stop()
	d.at = t
}

func (d *deadline) stop() {
	if d.armed {
		d.timer.Stop()
		d.armed = false
	}
}

// arm makes cond be signalled when d has passed. The mutex of cond is held.
func (d *deadline) arm(cond *sync.Cond) {
	if d.at.IsZero() || d.armed {
		return
	}
	d.armed = true
	wait := time.Until(d.at)
	if d.timer != nil {
		d.timer.Reset(wait)
		return
	}
	d.timer = time.AfterFunc(wait, func() {
		cond.L.Lock()
		defer cond.L.Unlock()
		d.armed = false
		cond.Broadcast()
	})
}
