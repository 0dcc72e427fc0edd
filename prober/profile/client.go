package profile

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"syscall"
)

// newClient returns a client that talks to loopback and to the hosts that a
// profile allows, and to nobody else. It looks at an address after it was
// resolved; it follows no redirect, since an answer is the sender's only where
// the sender gave it. dial, if it is not nil, opens all connections instead.
func newClient(allow []string, dial dialer) *http.Client {
	if dial == nil {
		dial = allowed(allow)
	}
	return &http.Client{
		Transport:     &http.Transport{DialContext: dial, MaxIdleConnsPerHost: 64},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

type dialer = func(ctx context.Context, network, addr string) (net.Conn, error)

// allowed dials loopback and the hosts that are allowed.
func allowed(allow []string) dialer {
	loopback := net.Dialer{Control: loopbackOnly}
	var anywhere net.Dialer
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		host, _, err := net.SplitHostPort(addr)
		if err == nil && slices.Contains(allow, host) {
			return anywhere.DialContext(ctx, network, addr)
		}
		return loopback.DialContext(ctx, network, addr)
	}
}

func loopbackOnly(_, addr string, _ syscall.RawConn) error {
	to, err := netip.ParseAddrPort(addr)
	if err != nil {
		return err
	}
	if !to.Addr().Unmap().IsLoopback() {
		return fmt.Errorf("%s is not on loopback, and allow_hosts does not list its host", to.Addr())
	}
	return nil
}

// allowsNeed looks at where a dependency is that runs already.
func (p *Profile) allowsNeed(given string) error {
	// What has no host is said to be wrong by dependency.
	host, _, _ := net.SplitHostPort(given)
	if u, err := url.Parse(given); err == nil && u.Host != "" {
		host = u.Hostname()
	}
	if host == "" {
		return nil
	}
	if ip, err := netip.ParseAddr(host); host == "localhost" || err == nil && ip.Unmap().IsLoopback() || slices.Contains(p.AllowHosts, host) {
		return nil
	}
	return fmt.Errorf("%s is not on loopback, and allow_hosts does not list it", host)
}
