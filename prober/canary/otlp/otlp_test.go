package otlp

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	collector "go.opentelemetry.io/proto/otlp/collector/metrics/v1"
	common "go.opentelemetry.io/proto/otlp/common/v1"
	metrics "go.opentelemetry.io/proto/otlp/metrics/v1"
	"google.golang.org/protobuf/proto"
)

// receiver is a collector that keeps what it is pushed.
type receiver struct {
	*httptest.Server

	mu     sync.Mutex
	status int // what it answers; 0: 200
	path   string
	header http.Header
	pushes []*collector.ExportMetricsServiceRequest
	came   chan struct{}
}

func newReceiver(t *testing.T) *receiver {
	r := &receiver{came: make(chan struct{}, 100)}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		push, err := decode(req)
		if err != nil {
			t.Error(err)
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		r.path, r.header, r.pushes = req.URL.Path, req.Header, append(r.pushes, push)
		if r.status != 0 {
			http.Error(w, "as told", r.status)
		}
		r.came <- struct{}{}
	}))
	t.Cleanup(r.Close)
	return r
}

func decode(r *http.Request) (*collector.ExportMetricsServiceRequest, error) {
	z, err := gzip.NewReader(r.Body)
	if err != nil {
		return nil, err
	}
	b, err := io.ReadAll(z)
	if err != nil {
		return nil, err
	}
	push := &collector.ExportMetricsServiceRequest{}
	return push, proto.Unmarshal(b, push)
}

func (r *receiver) answer(status int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.status = status
}

// last returns the metrics of the newest push, a line each.
func (r *receiver) last() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var all []string
	for _, res := range r.pushes[len(r.pushes)-1].GetResourceMetrics() {
		for _, scope := range res.GetScopeMetrics() {
			for _, m := range scope.GetMetrics() {
				all = append(all, describe(m)...)
			}
		}
	}
	slices.Sort(all)
	return all
}

func describe(m *metrics.Metric) (all []string) {
	line := func(labels []*common.KeyValue, format string, args ...any) {
		var names []string
		for _, l := range labels {
			names = append(names, l.GetKey()+"="+l.GetValue().GetStringValue())
		}
		slices.Sort(names)
		all = append(all, fmt.Sprintf("%s{%s} ", m.GetName(), strings.Join(names, ","))+fmt.Sprintf(format, args...))
	}
	switch d := m.GetData().(type) {
	case *metrics.Metric_Sum:
		for _, p := range d.Sum.GetDataPoints() {
			line(p.GetAttributes(), "sum %g, monotonic %v, %v", p.GetAsDouble(), d.Sum.GetIsMonotonic(), d.Sum.GetAggregationTemporality())
		}
	case *metrics.Metric_Gauge:
		for _, p := range d.Gauge.GetDataPoints() {
			line(p.GetAttributes(), "gauge %g", p.GetAsDouble())
		}
	case *metrics.Metric_ExponentialHistogram:
		for _, p := range d.ExponentialHistogram.GetDataPoints() {
			var n uint64
			for _, c := range p.GetPositive().GetBucketCounts() {
				n += c
			}
			line(p.GetAttributes(), "exponential histogram, %d of %d in its buckets, sum %g", n, p.GetCount(), p.GetSum())
		}
	default:
		all = append(all, fmt.Sprintf("%s is a %T", m.GetName(), m.GetData()))
	}
	return all
}

// registry holds one series of each kind that a prober has.
func registry() (*prometheus.Registry, prometheus.Counter) {
	r := prometheus.NewRegistry()
	c := prometheus.NewCounter(prometheus.CounterOpts{Name: "webhook_canary_lost_total", Help: "h", ConstLabels: prometheus.Labels{"region": "eu"}})
	g := prometheus.NewGauge(prometheus.GaugeOpts{Name: "webhook_canary_in_flight", Help: "h"})
	h := prometheus.NewHistogram(prometheus.HistogramOpts{Name: "webhook_canary_delivery_latency_seconds", Help: "h",
		Buckets: []float64{1, 10}, NativeHistogramBucketFactor: 1.1})
	r.MustRegister(c, g, h)
	g.Set(7)
	for _, v := range []float64{0.5, 5, 50} {
		h.Observe(v)
	}
	return r, c
}

// start pushes to a receiver each interval, and returns how the pushes end.
func start(t *testing.T, g prometheus.Gatherer, url string, interval time.Duration, change ...func(*Options)) (*Exporter, <-chan error) {
	t.Helper()
	heard := make(chan error, 100)
	o := Options{URL: url, Interval: interval, Timeout: time.Second, Told: func(err error) { heard <- err },
		Transport: &http.Transport{}, Resource: map[string]string{"service.name": "hookdrill-probe"}}
	for _, f := range change {
		f(&o)
	}
	e, err := Start(t.Context(), g, o)
	if err != nil {
		t.Fatal(err)
	}
	return e, heard
}

// TestPush wants what a Prometheus would scrape, by the same names, and the
// last of it when the exporter ends.
func TestPush(t *testing.T) {
	// The environment must not say where secrets go.
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1")
	t.Setenv("OTEL_EXPORTER_OTLP_HEADERS", "x-other=1")
	t.Setenv("OTEL_EXPORTER_OTLP_COMPRESSION", "none")
	to := newReceiver(t)
	g, lost := registry()
	e, heard := start(t, g, to.URL+"/v1/metrics", 10*time.Millisecond, func(o *Options) {
		o.Headers = map[string]string{"Authorization": "Bearer hunter2"}
	})
	<-to.came
	if err := <-heard; err != nil {
		t.Error(err)
	}
	lost.Inc() // after a push, and before the end
	if err := e.Close(t.Context()); err != nil {
		t.Error(err)
	}
	want := []string{
		"webhook_canary_delivery_latency_seconds{} exponential histogram, 3 of 3 in its buckets, sum 55.5",
		"webhook_canary_in_flight{} gauge 7",
		"webhook_canary_lost_total{region=eu} sum 1, monotonic true, AGGREGATION_TEMPORALITY_CUMULATIVE",
	}
	if diff := cmp.Diff(want, to.last()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if to.path != "/v1/metrics" || to.header.Get("Authorization") != "Bearer hunter2" || to.header.Get("X-Other") != "" {
		t.Errorf("pushed to %s with %v", to.path, slices.Sorted(maps.Keys(to.header)))
	}
	res := to.pushes[0].GetResourceMetrics()[0].GetResource().GetAttributes()
	if len(res) != 1 || res[0].GetKey() != "service.name" || res[0].GetValue().GetStringValue() != "hookdrill-probe" {
		t.Errorf("the resource is %v", res)
	}
	before := len(to.pushes)
	select {
	case <-time.After(50 * time.Millisecond):
	case <-to.came:
	}
	if len(to.pushes) != before {
		t.Error("it goes on pushing after its end")
	}
}

// TestPushFails tells a push that failed, tries it not again by itself, and
// lets the next one make up for it. No error holds a secret.
func TestPushFails(t *testing.T) {
	to := newReceiver(t)
	elsewhere := newReceiver(t)
	away := httptest.NewServer(http.RedirectHandler(elsewhere.URL, http.StatusTemporaryRedirect))
	defer away.Close()
	hangs := make(chan struct{})
	slow := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-hangs }))
	defer slow.Close()
	defer close(hangs)
	for _, row := range []struct {
		reason, url string
		status      int
		want        string
	}{
		{"a collector that has no room", to.URL, 503, "the collector answered 503 Service Unavailable: as told"},
		{"that wants us to wait", to.URL, 429, "the collector answered 429 Too Many Requests"},
		{"that does not know us", to.URL, 401, "the collector answered 401 Unauthorized"},
		{"nobody listens", "http://127.0.0.1:1", 0, "connection refused"},
		{"a redirect", away.URL, 0, "the collector answered 307 Temporary Redirect"},
		{"no answer in time", slow.URL, 0, "deadline exceeded"},
	} {
		to.answer(row.status)
		g, _ := registry()
		e, heard := start(t, g, row.url, 10*time.Millisecond, func(o *Options) {
			o.Timeout = 300 * time.Millisecond
			o.Headers = map[string]string{"Authorization": "Bearer hunter2"}
		})
		err := <-heard
		if err == nil || strings.Contains(err.Error(), "hunter2") || !strings.HasPrefix(err.Error(), "otlp: ") {
			t.Errorf("%s: %v", row.reason, err)
		} else if !strings.Contains(err.Error(), row.want) {
			t.Errorf("%s: %v, want %s", row.reason, err, row.want)
		}
		to.answer(0)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		if err := e.Close(ctx); (err == nil) != (row.url == to.URL) {
			t.Errorf("%s: the last push: %v", row.reason, err)
		}
		cancel()
	}
	if len(elsewhere.pushes) != 0 {
		t.Error("a redirect was followed, with its secrets")
	}
}

// TestCloseIsBounded ends in spite of a collector that never answers.
func TestCloseIsBounded(t *testing.T) {
	hangs := make(chan struct{})
	slow := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-hangs }))
	defer slow.Close()
	defer close(hangs)
	g, _ := registry()
	e, _ := start(t, g, slow.URL, time.Hour, func(o *Options) { o.Timeout = time.Hour })
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := e.Close(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
}
