package canary

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/hookdrill/hookdrill/scenarios/verdict"
)

// gauges read the model when they are scraped: nothing is kept twice.
type gauges struct {
	p     *Prober
	descs map[string]*prometheus.Desc
}

// gaugeHelp lists all gauges of a region.
func gaugeHelp() map[string]string {
	return map[string]string{
		"webhook_canary_in_flight":                          "Canaries accepted, neither delivered nor lost.",
		"webhook_canary_oldest_in_flight_timestamp_seconds": "When the oldest of them was accepted; 0: there is none.",
		"webhook_canary_last_published_timestamp_seconds":   "When a canary was last accepted; 0: never.",
		"webhook_canary_last_delivered_timestamp_seconds":   "When a canary last arrived; 0: never.",
		"webhook_canary_success":                            "1 while the region is seen to be without trouble.",
		"webhook_canary_region_divergent":                   "1 while the region differs from the others.",
		"webhook_canary_region_success_ratio_delta":         "Share of good canaries of the last hour, less the mean of the others.",
		"webhook_canary_region_latency_ratio":               "Median latency over that of the others; 0: nothing to compare.",
		"webhook_canary_circuit_open":                       "1 while publishing is slowed down because the sender refuses it.",
	}
}

const (
	gaugeVerdict   = "webhook_canary_verdict"
	gaugeLimit     = "webhook_canary_budget_limit"
	gaugeRemaining = "webhook_canary_budget_remaining"
	gaugeReloadOK  = "webhook_prober_config_last_reload_successful"
	gaugeReloadAt  = "webhook_prober_config_last_reload_success_timestamp_seconds"
)

func newGauges(labels prometheus.Labels, p *Prober) *gauges {
	g := &gauges{p: p, descs: map[string]*prometheus.Desc{}}
	for name, help := range gaugeHelp() {
		g.descs[name] = prometheus.NewDesc(name, help, []string{"region"}, labels)
	}
	g.descs[gaugeVerdict] = prometheus.NewDesc(gaugeVerdict, "1 for the verdict that a gate would give now.", []string{"region", "verdict"}, labels)
	g.descs[gaugeLimit] = prometheus.NewDesc(gaugeLimit, "Most canaries of a window, over all regions.", []string{"window"}, labels)
	g.descs[gaugeRemaining] = prometheus.NewDesc(gaugeRemaining, "Canaries left of a window.", []string{"window"}, labels)
	g.descs[gaugeReloadOK] = prometheus.NewDesc(gaugeReloadOK, "1 unless the newest configuration was refused.", nil, nil)
	g.descs[gaugeReloadAt] = prometheus.NewDesc(gaugeReloadAt, "When the configuration in use was taken over.", nil, nil)
	return g
}

// Describe implements prometheus.Collector.
func (g *gauges) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range g.descs {
		ch <- d
	}
}

// Collect implements prometheus.Collector.
func (g *gauges) Collect(ch chan<- prometheus.Metric) {
	set := func(name string, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(g.descs[name], prometheus.GaugeValue, v, labels...)
	}
	v := g.p.view()
	for _, r := range v.regions {
		set("webhook_canary_in_flight", float64(r.InFlight), r.Region)
		set("webhook_canary_oldest_in_flight_timestamp_seconds", seconds(r.Oldest), r.Region)
		set("webhook_canary_last_published_timestamp_seconds", seconds(r.LastPublished), r.Region)
		set("webhook_canary_last_delivered_timestamp_seconds", seconds(r.LastDelivered), r.Region)
		set("webhook_canary_success", one(r.Healthy()), r.Region)
		set("webhook_canary_region_divergent", one(r.Divergent), r.Region)
		set("webhook_canary_region_success_ratio_delta", r.SuccessDelta, r.Region)
		set("webhook_canary_region_latency_ratio", r.LatencyRatio, r.Region)
		set("webhook_canary_circuit_open", one(r.Circuit), r.Region)
		for _, word := range []string{"pass", "fail", "no_data", "paused"} {
			set(gaugeVerdict, one(v.verdicts[r.Region] == word), r.Region, word)
		}
	}
	minute, perDay, left := float64(v.budget.PerMinute), float64(v.budget.PerDay), float64(v.left)
	perHour := min(minute*60, perDay)
	set(gaugeLimit, minute, "minute")
	set(gaugeLimit, perHour, "hour")
	set(gaugeLimit, perDay, "day")
	set(gaugeRemaining, min(max(minute-v.lastMinute, 0), left), "minute")
	set(gaugeRemaining, min(max(perHour-v.lastHour, 0), left), "hour")
	set(gaugeRemaining, left, "day")
	set(gaugeReloadOK, one(v.reloadErr == nil))
	set(gaugeReloadAt, seconds(v.loaded))
}

// view is what a scrape wants of the prober.
type view struct {
	regions  []RegionState
	verdicts map[string]string
	budget   Budget
	left     int
	// lastMinute and lastHour are what was published in them, in all regions.
	lastMinute, lastHour float64
	reloadErr            error
	loaded               time.Time
}

func (p *Prober) view() view {
	stopped := p.guard.whyStopped() != ""
	p.mu.Lock()
	defer p.mu.Unlock()
	v := view{verdicts: map[string]string{}, budget: p.guard.limits(), left: p.left, reloadErr: p.reloadErr, loaded: p.loaded}
	for _, r := range p.model.regions {
		v.lastMinute += float64(r.ledger.called(p.now().Add(-time.Minute)))
		v.lastHour += float64(r.ledger.called(p.now().Add(-hour)))
		v.regions = append(v.regions, p.model.state(r))
		a := p.model.Judge(Question{Name: r.name}, p.now(), stopped)
		switch {
		case stopped || p.standby:
			v.verdicts[r.name] = "paused"
		case a.Verdict == verdict.Pass:
			v.verdicts[r.name] = "pass"
		case a.Verdict == verdict.Fail:
			v.verdicts[r.name] = "fail"
		default:
			v.verdicts[r.name] = "no_data"
		}
	}
	return v
}

// limits returns the budget as the caps leave it.
func (g *guard) limits() Budget {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.budget
}

func one(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

func seconds(t time.Time) float64 {
	if t.IsZero() {
		return 0
	}
	return float64(t.UnixNano()) / 1e9
}
