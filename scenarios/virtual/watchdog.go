package virtual

import (
	"runtime"
	"time"
)

// The watchdog looks a hundred times within the job's limit. Each look is a
// beat, too, and a crash is dated by the last of them. It must have looked a
// few times in vain: a machine that was suspended, or too busy to look, must
// not look like a sender that is stuck.
const (
	pace    = 100
	enough  = 10
	minPace = time.Millisecond
)

// watch runs outside the bubble, in real time. It ends the process when
// neither virtual time nor the history has moved for the job's limit, and
// says why.
func (c *child) watch() {
	type life struct{ at, bytes int64 }
	var last life
	moved, vain := time.Now(), 0
	for range time.Tick(max(c.job.Limit/pace, minPace)) {
		now := life{c.at.Load(), c.history.bytes.Load()}
		at := time.Duration(now.at)
		c.report.send(message{Kind: beat, At: at})
		if now != last {
			last, moved, vain = now, time.Now(), 0
			continue
		}
		if vain++; vain < enough || time.Since(moved) < c.job.Limit {
			continue
		}
		text, stack := standstill(at, parseStacks(allStacks()))
		c.report.exit(message{Kind: blocked, At: at, Text: text, Stack: stack})
	}
}

// allStacks returns the stacks of all goroutines, as a crash prints them.
func allStacks() string {
	for size := 1 << 20; ; size *= 2 {
		buf := make([]byte, size)
		if n := runtime.Stack(buf, true); n < size || size >= 1<<28 {
			return string(buf[:n])
		}
	}
}
