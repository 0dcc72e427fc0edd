package canary

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"os"
	"time"

	"github.com/hookdrill/hookdrill/prober/canary/otlp"
)

// pusher pushes metrics to a collector, if the configuration names one. One
// that does not answer is nothing that probing has to wait for.
type pusher struct {
	exporter *otlp.Exporter // nil: nothing is pushed
}

// push begins to push metrics as a configuration wants it. The collector is
// reached by the allow-list, as everybody else.
func (p *Prober) push(ctx context.Context, c *Config) (*pusher, error) {
	if c.OTLP.URL == "" {
		return &pusher{}, nil
	}
	headers := map[string]string{}
	for name, secret := range c.OTLP.Headers {
		value, err := secret.read()
		if err != nil {
			return nil, fmt.Errorf("otlp.headers.%s: %w", name, err)
		}
		headers[name] = value
	}
	t := &http.Transport{DialContext: p.dial(c), TLSHandshakeTimeout: dialTimeout, TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12}}
	if c.OTLP.CA != "" {
		roots, err := authorities(c.OTLP.CA)
		if err != nil {
			return nil, fmt.Errorf("otlp.ca: %w", err)
		}
		t.TLSClientConfig.RootCAs = roots
	}
	e, err := otlp.Start(ctx, p.metrics.registry, otlp.Options{
		URL: c.OTLP.URL, Interval: c.OTLP.Interval, Timeout: c.Timeout, Headers: headers, Transport: t, Told: p.pushed(),
		Resource: map[string]string{"service.name": "hookdrill-probe", "service.version": version(),
			"service.instance.id": p.run, "deployment.environment.name": c.Env},
	})
	return &pusher{e}, err
}

// pushed logs the first of pushes that fail, and the first that goes well
// again: a collector that is down for a day would fill the log otherwise.
func (p *Prober) pushed() func(error) {
	var since time.Time
	return func(err error) {
		switch {
		case err != nil && since.IsZero():
			since = p.now()
			p.o.Log.Warn().Err(err).Msg("metrics were not pushed; the next push makes up for it")
		case err == nil && !since.IsZero():
			p.o.Log.Info().Time("since", since).Msg("metrics are pushed again")
			since = time.Time{}
		}
	}
}

// close pushes what there is to tell a last time, and ends.
func (u *pusher) close(ctx context.Context) error {
	if u == nil || u.exporter == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	return u.exporter.Close(ctx)
}

// authorities reads a file of certificates.
func authorities(file string) (*x509.CertPool, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(text) {
		return nil, errors.New(file + " holds no certificates")
	}
	return pool, nil
}
