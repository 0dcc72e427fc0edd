package prober

import "sync"

// Crew runs functions side by side, each in a goroutine that it keeps for a
// later one: the stack of a fresh goroutine grows anew each time, which costs
// more than many a call. A panic of a function is nobody's to recover. The
// zero value is not ready; NewCrew makes one.
type Crew struct {
	work chan func()
	all  sync.WaitGroup
	end  sync.Once
}

// NewCrew returns a crew without goroutines. Close ends it.
func NewCrew() *Crew { return &Crew{work: make(chan func())} }

// Go begins f and does not block. It must not be called after Close.
func (c *Crew) Go(f func()) {
	select {
	case c.work <- f:
	default: // nobody is idle
		c.all.Go(func() {
			f()
			for f := range c.work {
				f()
			}
		})
	}
}

// Close waits for what was begun and ends the goroutines.
func (c *Crew) Close() {
	c.end.Do(func() { close(c.work) })
	c.all.Wait()
}
