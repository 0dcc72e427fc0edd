package canary

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"syscall"
	"time"
)

// host reports whether the list has a host.
func (a Allow) host(name string) bool {
	name = strings.ToLower(strings.TrimSuffix(name, "."))
	return slices.ContainsFunc(a.Hosts, func(h string) bool {
		h = strings.ToLower(h)
		return h == name || strings.HasPrefix(h, ".") && strings.HasSuffix(name, h)
	})
}

// address reports whether a listed host may lead to an address.
func (a Allow) address(ip netip.Addr) bool {
	ip = ip.Unmap()
	if slices.ContainsFunc(a.Networks, func(p netip.Prefix) bool { return p.Contains(ip) }) {
		return true
	}
	return ip.IsGlobalUnicast() && !ip.IsPrivate() && !sharedSpace.Contains(ip)
}

// sharedSpace is that of carriers (RFC 6598), which clouds use inside.
var sharedSpace = netip.MustParsePrefix("100.64.0.0/10")

// Dial opens a connection to a host that is listed, if the address that its
// name leads to at this moment is one it may lead to. It is asked for each
// connection, so a redirect or a name that was rebound gets no further.
func (a Allow) Dial(ctx context.Context, network, addr string) (net.Conn, error) {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, err
	}
	if !a.host(host) {
		return nil, fmt.Errorf("%w: %s is not on the allow-list", errBlocked, host)
	}
	d := net.Dialer{Timeout: dialTimeout, Control: a.control}
	return d.DialContext(ctx, network, addr)
}

// dialTimeout is less than what bounds a whole request, so that a connection
// that cannot be had is told from an answer that does not come.
const dialTimeout = 5 * time.Second

// control looks at an address after its name was resolved, just before the
// connection is made: between an earlier look and this one it could change.
func (a Allow) control(_, addr string, _ syscall.RawConn) error {
	to, err := netip.ParseAddrPort(addr)
	if err != nil {
		return fmt.Errorf("%w: %w", errBlocked, err)
	}
	if !a.address(to.Addr()) {
		return fmt.Errorf("%w: the name leads to %s, which allow.networks does not list", errBlocked, to.Addr())
	}
	return nil
}

// client returns a client that reaches what is listed alone. It follows no
// redirect: an answer is an endpoint's only where the endpoint gave it.
func (a Allow) client(t *http.Transport, timeout time.Duration) *http.Client {
	return &http.Client{Transport: t, Timeout: timeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}
