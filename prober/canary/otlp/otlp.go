// Package otlp pushes what a Prometheus registry holds to an OpenTelemetry
// collector, over OTLP with protobuf in HTTP. Names, labels and buckets are
// those of the registry: there is one source of them.
package otlp

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	bridge "go.opentelemetry.io/contrib/bridges/prometheus"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetrichttp"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/resource"
)

// Options say what is pushed, and where.
type Options struct {
	// URL is that of the collector, its path included:
	// https://collector.example.com:4318/v1/metrics.
	URL string
	// Interval is how far apart pushes are, and Timeout bounds each.
	Interval, Timeout time.Duration
	// Headers are sent with each push. Their values are secrets: no error
	// holds them.
	Headers map[string]string
	// Transport makes the requests, so that whoever pushes decides whom it
	// talks to. No redirect is followed.
	Transport *http.Transport
	// Resource says who pushes: attributes of the OpenTelemetry resource.
	Resource map[string]string
	// Told hears how each push ended; nil: nobody does. It is called by one
	// goroutine at a time.
	Told func(error)
}

// Exporter pushes until Close.
type Exporter struct {
	o        Options
	producer metric.Producer
	exporter *otlpmetrichttp.Exporter
	resource *resource.Resource
	cancel   context.CancelFunc
	wg       sync.WaitGroup
}

// Start begins to push what g holds: a first time after Options.Interval. ctx
// ends what is on its way, not the pushing. The error says that URL is none.
func Start(ctx context.Context, g prometheus.Gatherer, o Options) (*Exporter, error) {
	// A push that fails is made up for by the next, since values add up from
	// the start: one that is tried again at once would only be more traffic.
	// Compression is ours to say, or the environment would.
	exporter, err := otlpmetrichttp.New(ctx, otlpmetrichttp.WithEndpointURL(o.URL), otlpmetrichttp.WithHeaders(o.Headers),
		otlpmetrichttp.WithHTTPClient(&http.Client{Transport: answers{o.Transport}}),
		otlpmetrichttp.WithCompression(otlpmetrichttp.GzipCompression),
		otlpmetrichttp.WithRetry(otlpmetrichttp.RetryConfig{Enabled: false}))
	if err != nil {
		return nil, fmt.Errorf("otlp: %w", err)
	}
	if o.Told == nil {
		o.Told = func(error) {}
	}
	var attributes []attribute.KeyValue
	for name, value := range o.Resource {
		attributes = append(attributes, attribute.String(name, value))
	}
	e := &Exporter{o: o, producer: bridge.NewMetricProducer(bridge.WithGatherer(g)), exporter: exporter,
		resource: resource.NewSchemaless(attributes...)}
	ctx, e.cancel = context.WithCancel(ctx)
	e.wg.Go(func() { e.loop(ctx) })
	return e, nil
}

func (e *Exporter) loop(ctx context.Context) {
	tick := time.NewTicker(e.o.Interval)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if err := e.push(ctx); ctx.Err() == nil {
			e.o.Told(err)
		}
	}
}

func (e *Exporter) push(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, e.o.Timeout)
	defer cancel()
	scopes, err := e.producer.Produce(ctx)
	if err == nil {
		err = e.exporter.Export(ctx, &metricdata.ResourceMetrics{Resource: e.resource, ScopeMetrics: scopes})
		if cause := errors.Unwrap(err); cause != nil {
			err = cause // past "failed to upload metrics"
		}
	}
	if err != nil {
		return fmt.Errorf("otlp: %w", err)
	}
	return nil
}

// answers makes errors of answers that are no success, redirects among them.
// The exporter's own say "retry-able request failure" and leave the status out.
type answers struct{ next http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (a answers) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := a.next.RoundTrip(r)
	if err != nil || resp.StatusCode/100 == 2 {
		return resp, err
	}
	said, err := io.ReadAll(io.LimitReader(resp.Body, 200))
	err = errors.Join(err, resp.Body.Close())
	if text := strings.TrimSpace(string(said)); text != "" {
		return nil, errors.Join(fmt.Errorf("the collector answered %s: %s", resp.Status, text), err)
	}
	return nil, errors.Join(fmt.Errorf("the collector answered %s", resp.Status), err)
}

// Close pushes a last time, so that what a short run learned is not lost, and
// ends. It blocks until all of it has ended, at most until ctx does.
func (e *Exporter) Close(ctx context.Context) error {
	e.cancel()
	e.wg.Wait()
	err := e.push(ctx)
	err = errors.Join(err, e.exporter.Shutdown(context.WithoutCancel(ctx))) // it gives memory back, and waits for nothing
	e.o.Transport.CloseIdleConnections()
	return err
}
