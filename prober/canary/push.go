package canary

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"time"

	"github.com/hookdrill/hookdrill/prober/canary/otlp"
)

// pusher pushes metrics to a collector, if the configuration names one. One
// that does not answer is nothing that probing has to wait for.
type pusher struct {
	c        *Config
	parts    pushParts
	exporter *otlp.Exporter // nil: nothing is pushed
}

// pushParts are what pushing takes from files and the environment.
type pushParts struct {
	headers map[string]string
	roots   *x509.CertPool
	sum     [sha256.Size]byte
}

func pushPartsOf(c *Config) (pushParts, error) {
	r := partsReader{sum: sha256.New()}
	out := pushParts{headers: map[string]string{}, roots: r.roots(c.OTLP.CA)}
	for _, name := range slices.Sorted(maps.Keys(c.OTLP.Headers)) {
		out.headers[name] = r.secret(c.OTLP.Headers[name], "otlp.headers."+name)
	}
	r.sum.Sum(out.sum[:0])
	return out, r.err
}

// repush begins to push metrics as the configuration in use wants it, and ends
// what was pushed otherwise. The collector is reached by the allow-list, as
// everybody else.
func (p *Prober) repush(ctx context.Context, from pushParts) (err error) {
	c, old := p.c, p.pusher
	if old != nil && reflect.DeepEqual(c.OTLP, old.c.OTLP) && reflect.DeepEqual(c.Allow, old.c.Allow) && from.sum == old.parts.sum {
		return nil
	}
	p.log(old.close(ctx), "push the last metrics")
	p.pusher = &pusher{c: c, parts: from}
	if c.OTLP.URL == "" {
		return nil
	}
	t := &http.Transport{DialContext: p.dial(c), TLSHandshakeTimeout: dialTimeout,
		TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: from.roots}}
	p.pusher.exporter, err = otlp.Start(context.WithoutCancel(ctx), p.metrics.registry, otlp.Options{
		URL: c.OTLP.URL, Interval: c.OTLP.Interval, Timeout: c.Timeout, Headers: from.headers, Transport: t, Told: p.pushed(),
		Resource: map[string]string{"service.name": "hookdrill-probe", "service.version": version(),
			"service.instance.id": p.run, "deployment.environment.name": c.Env},
	})
	return err
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
