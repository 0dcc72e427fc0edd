package command

import (
	"fmt"
	"net/http"
	"time"

	"github.com/hookdrill/hookdrill/chaos"
	"github.com/hookdrill/hookdrill/prober"
	"github.com/hookdrill/hookdrill/prober/canary"
	"github.com/hookdrill/hookdrill/prober/policy"
	"github.com/hookdrill/hookdrill/scenarios/refsender"
)

// incidentDemo is the incident of 10 December 2025 for a prober: what the
// scenario kustomer-2025-12-10 does to endpoints, done to the gateways before
// the prober's own. Times are those of the status page, and the start that of
// the scenario.
func incidentDemo(dir string, n prober.Network, scale float64) (canary.Demo, error) {
	const m = time.Minute
	d := canary.Demo{
		Dir: dir, Network: n, Scale: scale, Interval: m, AtMost: 4 * time.Hour,
		Starts: time.Date(2025, 12, 10, 3, 2, 0, 0, time.UTC),
		Steps: []canary.DemoStep{
			{At: 10 * m, Text: "a platform update begins in prod-2 and prod-4", Deploy: "update"},
			{At: 36 * m, Text: "status page: identified", Ask: "at 03:38, identified"},
			{At: 78 * m, Ask: "at 04:20, both regions down"},
			{At: 80 * m, Text: "the fix is in place in prod-2", Deploy: "fix", Region: "prod-2", Ends: true},
			{At: 110 * m, Text: "the fix is in place in prod-4; status page: resolved", Deploy: "fix", Region: "prod-4", Ends: true},
		},
	}
	for _, one := range []struct {
		name  string
		until time.Duration
	}{{"prod-1", 0}, {"prod-2", 80 * m}, {"prod-4", 110 * m}} {
		// Each canary stands for itself: one that waits for an older one of
		// its key would tell of the sender's order, not of the region.
		cfg := refsender.Default()
		cfg.Order = policy.OrderNone
		region := canary.DemoRegion{Name: one.name, Factory: refsender.New(cfg)}
		if one.until > 0 {
			fault, err := platformUpdate()
			if err != nil {
				return d, fmt.Errorf("demo: %w", err)
			}
			region.Gateway = gateway(fault, one.name, scale, 10*m, one.until)
		}
		d.Regions = append(d.Regions, region)
	}
	return d, nil
}

// platformUpdate is the deploy that meets what an earlier change left behind.
func platformUpdate() (chaos.Fault, error) {
	k, ok := chaos.KindByName("deploy")
	if !ok {
		return chaos.Fault{}, fmt.Errorf("there is no fault %q", "deploy")
	}
	return k.New(chaos.Args{"strategy": "rolling", "replicas": 4, "drain": 20 * time.Second, "start": 40 * time.Second,
		"leftover": chaos.Args{"routes-missing": 2, "service-absent": true}})
}

// gateway lets a fault answer in place of a region's endpoint while its window
// is open, and while it ends.
func gateway(f chaos.Fault, region string, scale float64, from, until time.Duration) func(time.Duration, http.Handler) http.Handler {
	return func(at time.Duration, next http.Handler) http.Handler {
		if at < from || at >= until+f.Tail {
			return nil
		}
		// Each request draws its gateway by its own instant.
		return f.HTTP(chaos.Request{Seed: 20251210, Endpoint: region, Number: uint32(at / time.Millisecond), Attempt: 1,
			Offset: at, From: from, Until: until, Scale: scale}, next)
	}
}
