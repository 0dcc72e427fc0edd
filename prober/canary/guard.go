package canary

import (
	"os"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// guard decides whether a canary may be published. Its clock is the machine's
// own and not the prober's: a clock that is scaled or set cannot hurry it.
type guard struct {
	mu       sync.Mutex
	limiter  *rate.Limiter
	last     map[string]time.Time // by region, the newest publish
	paused   string               // who stopped it; empty: nobody
	killFile string
	budget   Budget
	cooldown time.Duration
}

func newGuard(c *Config) *guard {
	g := &guard{last: map[string]time.Time{}}
	g.adopt(c)
	return g
}

// adopt takes over another configuration. The caps hold whatever it says: it
// could have been made without Parse.
func (g *guard) adopt(c *Config) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.budget = Budget{
		PerMinute: min(max(c.Budget.PerMinute, 1), CapPerMinute),
		PerDay:    min(max(c.Budget.PerDay, 1), CapPerDay),
		InFlight:  min(max(c.Budget.InFlight, 1), CapInFlight),
	}
	g.killFile, g.cooldown = c.KillFile, max(c.Cooldown, FloorInterval)
	limit := rate.Limit(float64(g.budget.PerMinute) / 60)
	// The burst lets regions share an instant; it saves nothing up for later
	// beyond that, so a prober that stood still does not catch up.
	burst := min(max(len(c.Regions), 1), g.budget.PerMinute, 10)
	if g.limiter == nil {
		g.limiter = rate.NewLimiter(limit, burst)
		return
	}
	g.limiter.SetLimit(limit)
	g.limiter.SetBurst(burst)
}

// load is what a region's sender has to bear now.
type load struct {
	inFlight int
	circuit  bool
	// quiet is how long nothing was published there, by the prober's clock.
	quiet time.Duration
}

// check returns the reason for which nothing may be published in a region
// now, or "". What it lets pass is counted as published.
func (g *guard) check(region string, l load) (reason string, budget Budget) {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := time.Now()
	last, published := g.last[region]
	switch {
	case g.stopped() != "":
		return SkipKilled, g.budget
	case l.circuit && l.quiet < g.cooldown:
		return SkipCircuit, g.budget
	case l.inFlight >= CapInFlight:
		return SkipBacklog, g.budget
	case l.inFlight >= g.budget.InFlight && l.quiet < Heartbeat:
		return SkipBacklog, g.budget
	case published && now.Sub(last) < FloorInterval-FloorInterval/20:
		// A twentieth is for timers that ring early after one that rang late.
		return SkipRate, g.budget
	case !g.limiter.AllowN(now, 1):
		return SkipRate, g.budget
	}
	g.last[region] = now
	return "", g.budget
}

// stopped says what has stopped all publishing; "": nothing.
func (g *guard) stopped() string {
	if g.paused != "" {
		return g.paused
	}
	if g.killFile != "" {
		// Anything but a clear "it is not there" stops: a kill switch that
		// fails must fail to stop.
		if _, err := os.Lstat(g.killFile); !os.IsNotExist(err) {
			return "the file " + g.killFile
		}
	}
	return ""
}

func (g *guard) pause(by string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.paused = by
}

func (g *guard) whyStopped() string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.stopped()
}
