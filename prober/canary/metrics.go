package canary

import (
	"runtime/debug"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// metrics are the series of prober.md 3.2. All of them are there from the
// start, with the value zero: a rate over a series that appears with its first
// failure misses that failure.
type metrics struct {
	registry *prometheus.Registry
	p        *Prober
	labels   prometheus.Labels

	requests, published, delivered, lost, recovered   *prometheus.CounterVec
	duplicates, disorder, rejected, failures, skipped *prometheus.CounterVec
	latency, publishing, scheduling, attempts         *prometheus.HistogramVec
	mu                                                sync.Mutex
	known                                             map[string]bool
}

func newMetrics(c *Config, p *Prober) *metrics {
	m := &metrics{registry: prometheus.NewRegistry(), p: p, known: map[string]bool{},
		labels: prometheus.Labels{"env": c.Env, "sender": c.Sender, "probe": "canary"}}
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		v := prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help, ConstLabels: m.labels}, append([]string{"region"}, labels...))
		m.registry.MustRegister(v)
		return v
	}
	m.requests = counter("webhook_canary_publish_requests_total", "Calls of the publish API.", "class")
	m.published = counter("webhook_canary_published_total", "Canaries that the sender accepted.")
	m.delivered = counter("webhook_canary_delivered_total", "First receipts; late: past late_after.", "timeliness")
	m.lost = counter("webhook_canary_lost_total", "Canaries past lost_after without a receipt.")
	m.recovered = counter("webhook_canary_recovered_total", "Canaries that arrived after they were counted as lost.")
	m.duplicates = counter("webhook_canary_duplicate_deliveries_total", "Further receipts of a canary.")
	m.disorder = counter("webhook_canary_out_of_order_deliveries_total", "First receipts after one of a later canary of the key.")
	m.rejected = counter("webhook_canary_rejected_deliveries_total", "Arrivals that were refused.", "reason")
	m.failures = counter("webhook_canary_failures_total", "Failures by stage and class.", "stage", "class")
	m.skipped = counter("webhook_canary_skipped_total", "Canaries that were not published.", "reason")
	m.latency = m.histogram("webhook_canary_delivery_latency_seconds", "From acceptance to first receipt.",
		0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 7200, 14400)
	m.publishing = m.histogram("webhook_canary_publish_duration_seconds", "Duration of publish calls.",
		prometheus.DefBuckets...)
	m.attempts = m.histogram("webhook_canary_delivery_attempts", "Attempts that a delivery took, where the sender tells.",
		1, 2, 3, 5, 8, 13, 21)
	m.scheduling = m.histogram("webhook_prober_schedule_delay_seconds", "From intended to actual publish.",
		0.001, 0.01, 0.1, 1, 5, 30)
	m.registry.MustRegister(newGauges(m.labels, p), buildInfo())
	m.adopt(c)
	return m
}

func (m *metrics) histogram(name, help string, buckets ...float64) *prometheus.HistogramVec {
	v := prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: name, Help: help, ConstLabels: m.labels, Buckets: buckets,
		NativeHistogramBucketFactor: 1.1, NativeHistogramMaxBucketNumber: 160, NativeHistogramMinResetDuration: time.Hour,
	}, []string{"region"})
	m.registry.MustRegister(v)
	return v
}

// adopt makes the series of regions that are new, and ends those of regions
// that are gone.
func (m *metrics) adopt(c *Config) {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := map[string]bool{}
	for _, name := range c.names() {
		now[name] = true
		m.create(name)
	}
	for name := range m.known {
		if !now[name] {
			m.forget(name)
		}
	}
	m.known = now
}

func (m *metrics) create(region string) {
	for _, v := range []*prometheus.CounterVec{m.published, m.lost, m.recovered, m.duplicates, m.disorder} {
		v.WithLabelValues(region)
	}
	m.requests.WithLabelValues(region, "ok")
	for _, c := range Classes() {
		m.requests.WithLabelValues(region, string(c))
		for _, s := range Stages() {
			m.failures.WithLabelValues(region, string(s), string(c))
		}
	}
	for _, t := range []string{onTime, late} {
		m.delivered.WithLabelValues(region, t)
	}
	for _, r := range Rejections() {
		m.rejected.WithLabelValues(region, r)
	}
	for _, s := range Skips() {
		m.skipped.WithLabelValues(region, s)
	}
	for _, v := range m.histograms() {
		v.WithLabelValues(region)
	}
}

func (m *metrics) forget(region string) {
	is := prometheus.Labels{"region": region}
	for _, v := range []*prometheus.CounterVec{m.requests, m.published, m.delivered, m.lost, m.recovered,
		m.duplicates, m.disorder, m.rejected, m.failures, m.skipped} {
		v.DeletePartialMatch(is)
	}
	for _, v := range m.histograms() {
		v.DeletePartialMatch(is)
	}
}

func (m *metrics) histograms() []*prometheus.HistogramVec {
	return []*prometheus.HistogramVec{m.latency, m.publishing, m.scheduling, m.attempts}
}

// The values of the label timeliness.
const (
	onTime = "on_time"
	late   = "late"
)

// fact counts what the model found.
func (m *metrics) fact(f Fact) {
	switch f.Kind {
	case FactAnswered:
		class := string(f.Class)
		if f.Class == OK {
			class = "ok"
		}
		m.requests.WithLabelValues(f.Region, class).Inc()
		m.publishing.WithLabelValues(f.Region).Observe(f.Took.Seconds())
	case FactAccepted:
		m.published.WithLabelValues(f.Region).Inc()
	case FactOnTime:
		m.arrived(f, onTime)
	case FactLate:
		m.arrived(f, late)
	case FactLost:
		m.lost.WithLabelValues(f.Region).Inc()
	case FactRecovered:
		m.recovered.WithLabelValues(f.Region).Inc()
	case FactDuplicate:
		m.duplicates.WithLabelValues(f.Region).Inc()
	case FactOutOfOrder:
		m.disorder.WithLabelValues(f.Region).Inc()
	case FactAttempts:
		m.attempts.WithLabelValues(f.Region).Observe(float64(f.Attempts))
	case FactRejected:
		m.rejected.WithLabelValues(f.Region, f.Text).Inc()
	case FactFailure:
		m.failures.WithLabelValues(f.Region, string(f.Stage), string(f.Class)).Inc()
	case FactSkipped:
		m.skipped.WithLabelValues(f.Region, f.Text).Inc()
	}
}

func (m *metrics) arrived(f Fact, timeliness string) {
	m.delivered.WithLabelValues(f.Region, timeliness).Inc()
	o := m.latency.WithLabelValues(f.Region)
	if e, ok := o.(prometheus.ExemplarObserver); ok {
		// Ids belong into exemplars; as a label each would be a series.
		e.ObserveWithExemplar(f.Latency.Seconds(), prometheus.Labels{"event_id": f.Token.String()})
		return
	}
	o.Observe(f.Latency.Seconds())
}

func (m *metrics) delay(region string, d time.Duration) {
	m.scheduling.WithLabelValues(region).Observe(d.Seconds())
}

func buildInfo() prometheus.Collector {
	g := prometheus.NewGauge(prometheus.GaugeOpts{Name: "webhook_prober_build_info", Help: "Version of the prober.",
		ConstLabels: prometheus.Labels{"version": version()}})
	g.Set(1)
	return g
}

func version() string {
	if b, ok := debug.ReadBuildInfo(); ok {
		return b.Main.Version
	}
	return "unknown"
}
