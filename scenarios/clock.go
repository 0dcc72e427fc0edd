package scenarios

import (
	"context"
	"sync/atomic"
	"time"
)

// clock turns the time of the world into scenario time. Before start it
// stands at zero: what the sender does while it is being set up is no part of
// the plan.
type clock struct {
	base  atomic.Pointer[time.Time]
	scale float64
}

func (c *clock) start() {
	now := time.Now()
	c.base.Store(&now)
}

// now returns the offset since start in scenario time.
func (c *clock) now() time.Duration {
	base := c.base.Load()
	if base == nil {
		return 0
	}
	return scaleUp(time.Since(*base), c.scale)
}

// wait returns when offset has come, or the error of ctx if that ends first.
func (c *clock) wait(ctx context.Context, offset time.Duration) error {
	return sleep(ctx, scaleDown(offset-c.now(), c.scale))
}

// pause waits for a span of scenario time.
func (c *clock) pause(ctx context.Context, span time.Duration) error {
	return sleep(ctx, scaleDown(span, c.scale))
}

func sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// scaleUp and scaleDown leave virtual time alone: a float64 holds nanoseconds
// exactly for a hundred days only.
func scaleUp(d time.Duration, scale float64) time.Duration {
	if scale == 1 {
		return d
	}
	return time.Duration(float64(d) * scale)
}

func scaleDown(d time.Duration, scale float64) time.Duration {
	if scale == 1 {
		return d
	}
	return time.Duration(float64(d) / scale)
}
