package profile

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"syscall"
)

// newClient returns a client that talks to loopback and to the hosts that a
// remote sender's profile allows, and to nobody else. It looks at an address
// after it was resolved; it follows no redirect, since an answer is the
// sender's only where the sender gave it.
func newClient(remote *Remote) *http.Client {
	loopback := net.Dialer{Control: loopbackOnly}
	var anywhere net.Dialer
	return &http.Client{
		Transport: &http.Transport{
			DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
				host, _, err := net.SplitHostPort(addr)
				if err == nil && remote != nil && slices.Contains(remote.AllowHosts, host) {
					return anywhere.DialContext(ctx, network, addr)
				}
				return loopback.DialContext(ctx, network, addr)
			},
			MaxIdleConnsPerHost: 64,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

func loopbackOnly(_, addr string, _ syscall.RawConn) error {
	to, err := netip.ParseAddrPort(addr)
	if err != nil {
		return err
	}
	if !to.Addr().Unmap().IsLoopback() {
		return fmt.Errorf("%s is not on loopback, and remote.allow_hosts does not list its host", to.Addr())
	}
	return nil
}
