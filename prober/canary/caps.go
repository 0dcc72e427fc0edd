package canary

import "time"

// The hard caps. No configuration lifts them: a prober that was told to do
// harm must not be able to.
const (
	// FloorInterval is the shortest time between two canaries of a region.
	FloorInterval = time.Second
	// CapPerMinute and CapPerDay bound all regions together.
	CapPerMinute = 600
	CapPerDay    = 100_000
	// CapInFlight bounds the canaries that a region's sender owes at a time:
	// an outage must not end in a flood.
	CapInFlight = 1000
	// CapBody bounds a canary's body in bytes.
	CapBody = 64 << 10
	// CapRegions bounds the regions of one prober.
	CapRegions = 64
	// Heartbeat is the rate at which a region is still probed while its
	// backlog is full or its circuit open: often enough to see the end of the
	// outage, too seldom to matter.
	Heartbeat = time.Minute
)

// maxKeys bounds the ordering keys of a region; a token's key number is the
// region's number times this, plus the key.
const maxKeys = 64

// capped returns the configuration within the caps that no Parse may have
// seen to. scale is how fast the prober's time passes: the floor is of the
// machine's.
func (c *Config) capped(scale float64) *Config {
	one, floor := *c, time.Duration(float64(FloorInterval)*scale)
	one.Interval, one.RouteInterval = max(c.Interval, floor), max(c.RouteInterval, floor)
	one.Timeout = min(max(c.Timeout, time.Millisecond), time.Minute)
	one.Keys, one.Size = min(max(c.Keys, 1), maxKeys), min(c.Size, CapBody)
	one.Jitter = min(max(c.Jitter, 0), 1)
	return &one
}
