package canary

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/hookdrill/hookdrill/prober"
)

// dialFunc opens a connection.
type dialFunc = func(ctx context.Context, network, addr string) (net.Conn, error)

// routeCheck calls a region's public URL as a sender would: through its name,
// its gateway and its certificate. An attempt that never reaches our endpoint
// is not to be seen there, so the way to it has to be walked.
type routeCheck struct {
	region, url string
	key         []byte
	client      *http.Client
	// direct is the address of our own listener, past all that.
	direct string
	self   dialFunc
}

func newRouteCheck(g Region, key []byte, roots *x509.CertPool, direct string, dial, self dialFunc, timeout time.Duration) *routeCheck {
	t := &http.Transport{
		DialContext: dial, TLSHandshakeTimeout: dialTimeout, DisableKeepAlives: true,
		TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots},
	}
	return &routeCheck{region: g.Name, url: g.Receive.URL, key: key, direct: direct, self: self,
		client: Allow{}.client(t, timeout)}
}

// look walks the way once. nonce must not have been used before.
func (c *routeCheck) look(ctx context.Context, nonce string) (class Class, by Place, self Class) {
	by, err := c.walk(ctx, nonce)
	if err == nil {
		return OK, "", OK
	}
	return ClassOf(err), by, c.listening(ctx)
}

func (c *routeCheck) walk(ctx context.Context, nonce string) (Place, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.url, nil)
	if err != nil {
		return "", err
	}
	req.Header.Set(checkHeader, nonce)
	req.Header.Set("User-Agent", userAgent)
	resp, err := c.client.Do(req)
	if err != nil {
		return "", err
	}
	defer func() { _ = resp.Body.Close() }() // it was read as far as it counts
	if _, err := io.Copy(io.Discard, io.LimitReader(resp.Body, 64<<10)); err != nil {
		return "", err
	}
	ours := resp.Header.Get(proofHeader) == proof(c.key, c.region, nonce)
	switch {
	case ours && resp.StatusCode == http.StatusOK:
		return ByEndpoint, nil
	case resp.StatusCode >= 400:
		return ByGateway, &prober.StatusError{Code: resp.StatusCode, Gateway: true}
	default:
		return ByGateway, errForeignAnswer
	}
}

// listening says whether our own listener takes connections.
func (c *routeCheck) listening(ctx context.Context) Class {
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	conn, err := c.self(ctx, "tcp", c.direct)
	if err != nil {
		return ClassOf(err)
	}
	return ClassOf(conn.Close())
}

// userAgent names us to whoever reads access logs.
const userAgent = "hookdrill-canary/1 (+https://github.com/hookdrill/hookdrill)"

// closeIdle gives connections back.
func (c *routeCheck) closeIdle() { c.client.CloseIdleConnections() }

// isEnd reports whether an error says no more than that we are ending.
func isEnd(ctx context.Context, err error) bool {
	return ctx.Err() != nil && errors.Is(err, ctx.Err())
}
