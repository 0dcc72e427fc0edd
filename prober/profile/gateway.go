package profile

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"sync"
	"time"
)

// gateway is the HTTP proxy before a sender's publish API.
type gateway struct {
	url    string
	server *http.Server
	wg     sync.WaitGroup
	err    error
}

// openGateway listens on loopback and passes on to the URL. A sender that
// cannot be reached answers 502, as with any gateway.
func openGateway(to string, transport http.RoundTripper, wrap func(http.Handler) http.Handler) (*gateway, error) {
	target, err := url.Parse(to)
	if err != nil || target.Host == "" {
		return nil, fmt.Errorf("gateway.to: %q is no URL with a host", to)
	}
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	var handler http.Handler = &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(target)
			r.Out.Host = target.Host
		},
		Transport: transport,
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) {
			w.WriteHeader(http.StatusBadGateway)
		},
	}
	if wrap != nil {
		handler = wrap(handler)
	}
	g := &gateway{url: "http://" + l.Addr().String(), server: &http.Server{Handler: handler, ReadHeaderTimeout: time.Minute}}
	g.wg.Go(func() { g.err = g.server.Serve(l) })
	return g, nil
}

// close ends all connections: what still hangs in a fault would wait for ever.
func (g *gateway) close() error {
	err := g.server.Close()
	g.wg.Wait()
	if !errors.Is(g.err, http.ErrServerClosed) {
		err = errors.Join(err, g.err)
	}
	return err
}
