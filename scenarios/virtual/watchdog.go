package virtual

import (
	"runtime"
	"time"
)

// looks is how often the watchdog looks within the job's limit. Each look is
// a beat, too, and a crash is dated by the last of them.
const looks = 100

// watch runs outside the bubble, in real time. It ends the process when
// neither virtual time nor the history has moved for the job's limit, and
// says why. It counts looks, not time that passed: a machine that was
// suspended must not look like a sender that is stuck.
func (c *child) watch() {
	type life struct{ at, bytes int64 }
	var last life
	still := 0
	for range time.Tick(max(c.job.Limit/looks, time.Millisecond)) {
		now := life{c.at.Load(), c.history.bytes.Load()}
		at := time.Duration(now.at)
		c.report.send(message{Kind: beat, At: at})
		if now != last {
			last, still = now, 0
			continue
		}
		if still++; still < looks {
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
