package prober

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"syscall"
)

// loopback is the network of real sockets on 127.0.0.1.
type loopback struct {
	dialer net.Dialer
}

// Loopback returns the network of real sockets on 127.0.0.1. It dials nothing
// else: a rehearsal must not reach a customer.
func Loopback() Network {
	return loopback{dialer: net.Dialer{Control: loopbackOnly}}
}

// Listen implements Network. Only a listener for a single endpoint has a door.
func (loopback) Listen(names ...string) (Listener, error) {
	switch len(names) {
	case 0:
		return nil, errors.New("listen: no endpoint named")
	case 1:
		return newLoopDoor(names[0])
	}
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	return sharedListener{l.(*net.TCPListener)}, nil
}

// Dial implements Network.
func (n loopback) Dial(ctx context.Context, network, addr string) (net.Conn, error) {
	c, err := n.dialer.DialContext(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	return loopConn{c.(*net.TCPConn)}, nil
}

// loopbackOnly looks at an address after it was resolved: a name that leads
// elsewhere is caught too.
func loopbackOnly(network, addr string, _ syscall.RawConn) error {
	to, err := netip.ParseAddrPort(addr)
	if err != nil {
		return fmt.Errorf("dial %s %s: %w", network, addr, err)
	}
	if !strings.HasPrefix(network, "tcp") || !to.Addr().Unmap().IsLoopback() {
		return fmt.Errorf("dial %s %s: not a TCP address of this machine's loopback", network, addr)
	}
	return nil
}

// sharedListener is one listener for many endpoints.
type sharedListener struct {
	*net.TCPListener
}

// Accept implements net.Listener.
func (l sharedListener) Accept() (net.Conn, error) {
	c, err := l.AcceptTCP()
	if err != nil {
		return nil, err
	}
	return loopConn{c}, nil
}

// URL implements Listener.
func (l sharedListener) URL(string) string { return "http://" + l.Addr().String() }

// Door implements Listener.
func (l sharedListener) Door(name string) (Door, error) {
	return nil, fmt.Errorf("door of endpoint %q: %w", name, ErrSharedListener)
}

// loopConn is a real connection.
type loopConn struct {
	*net.TCPConn
}

// Reset drops the connection so that the peer sees ECONNRESET: without
// lingering, closing discards what was not sent and sends RST.
func (c loopConn) Reset() error {
	return errors.Join(c.SetLinger(0), c.Close())
}

// Broken reports whether the kernel got a RST that no call has told of.
func (c loopConn) Broken() bool {
	raw, err := c.SyscallConn()
	if err != nil {
		return false
	}
	pending := 0
	err = raw.Control(func(fd uintptr) {
		pending, _ = syscall.GetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_ERROR)
	})
	return err == nil && pending != 0
}
