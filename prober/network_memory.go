package prober

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"syscall"
	"time"
)

// memDomain is what hosts in memory are called under; `.test` is reserved, so
// that a sender that leaves the network given to it finds nobody.
const memDomain = ".endpoints.test"

// synGiveUp is how long Linux repeats an unanswered SYN before connecting
// fails with ETIMEDOUT. Without it a sender that has no timeout of its own
// would hang longer in memory than it ever could on a real network.
const synGiveUp = 127 * time.Second

// memNetwork is a network in memory, in which a goroutine that waits for a
// peer is durably blocked as testing/synctest understands it.
type memNetwork struct {
	mu    sync.Mutex
	hosts map[string]*memHost
	port  int
}

// memHost is one endpoint's address and the state of its door.
type memHost struct {
	name     string
	network  *memNetwork
	listener *memListener
	ip       uint32
	door     *memDoor
}

// InMemory returns a network in memory: every endpoint is a host of its own,
// `<name>.endpoints.test`, port 80.
func InMemory() Network {
	return &memNetwork{hosts: make(map[string]*memHost), port: 32767}
}

// Listen implements Network.
func (n *memNetwork) Listen(names ...string) (Listener, error) {
	if len(names) == 0 {
		return nil, errors.New("listen: no endpoint named")
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, name := range names {
		if h := n.hosts[name+memDomain]; h != nil && !h.listener.isClosed() {
			return nil, fmt.Errorf("listen: endpoint %q is already listening", name)
		}
	}
	l := &memListener{network: n}
	l.waiting.L = &l.mu
	for _, name := range names {
		h := &memHost{name: name + memDomain, network: n, listener: l, ip: uint32(len(n.hosts))}
		if old := n.hosts[h.name]; old != nil {
			h.ip = old.ip
		}
		n.hosts[h.name] = h
		if l.first == nil {
			l.first = h.addr()
		}
	}
	return l, nil
}

// Dial implements Network.
func (n *memNetwork) Dial(ctx context.Context, network, addr string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, dialError(nil, err)
	}
	if err := ctx.Err(); err != nil {
		return nil, dialError(nil, contextError(err))
	}
	h := n.lookup(host)
	if h == nil {
		return nil, dialError(nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true})
	}
	giveUp := time.Time{}
	for {
		hangs, refused := h.knock()
		switch {
		case refused || (hangs == nil && port != "80"):
			return nil, dialError(h.addr(), os.NewSyscallError("connect", syscall.ECONNREFUSED))
		case hangs == nil:
			if c := n.connect(h); c != nil {
				return c, nil
			}
			return nil, dialError(h.addr(), os.NewSyscallError("connect", syscall.ECONNREFUSED))
		}
		if giveUp.IsZero() {
			giveUp = time.Now().Add(synGiveUp)
		}
		if err := waitSYN(ctx, hangs, time.Until(giveUp)); err != nil {
			return nil, dialError(h.addr(), err)
		}
	}
}

// waitSYN waits for the door to move, as a dial whose SYN nobody answers.
func waitSYN(ctx context.Context, moved <-chan struct{}, atMost time.Duration) error {
	timer := time.NewTimer(atMost)
	defer timer.Stop()
	select {
	case <-moved:
		return nil
	case <-ctx.Done():
		return contextError(ctx.Err())
	case <-timer.C:
		return os.NewSyscallError("connect", syscall.ETIMEDOUT)
	}
}

func (n *memNetwork) lookup(host string) *memHost {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.hosts[host]
}

func (n *memNetwork) connect(h *memHost) *memConn {
	n.mu.Lock()
	if n.port++; n.port > 60999 {
		n.port = 32768
	}
	from := &net.TCPAddr{IP: net.IPv4(198, 19, 255, 254), Port: n.port}
	n.mu.Unlock()
	client, server := newMemConns(h.name, from, h.addr())
	if !h.listener.deliver(server) {
		return nil
	}
	return client
}

// addr makes the host's address, from the block that RFC 2544 sets aside for
// benchmarks. It is not kept: there may be 100,000 hosts.
func (h *memHost) addr() *net.TCPAddr {
	ip := h.ip + 1
	return &net.TCPAddr{IP: net.IPv4(198, 18+byte(ip>>16&1), byte(ip>>8), byte(ip)), Port: 80}
}

func dialError(addr net.Addr, err error) error {
	return &net.OpError{Op: "dial", Net: "tcp", Addr: addr, Err: err}
}

// contextError is what package net makes of a context's end; it matches the
// context's error by errors.Is, and says whether it is a timeout.
func contextError(err error) error {
	if errors.Is(err, context.DeadlineExceeded) {
		return dialTimeout{}
	}
	return fmt.Errorf("operation was canceled: %w", err)
}

// dialTimeout equals the error that package net keeps to itself.
type dialTimeout struct{}

// Error implements error.
func (dialTimeout) Error() string { return "i/o timeout" }

// Timeout implements net.Error.
func (dialTimeout) Timeout() bool { return true }

// Temporary implements net.Error.
func (dialTimeout) Temporary() bool { return true }

// Is makes errors.Is find context.DeadlineExceeded, as package net does.
func (dialTimeout) Is(err error) bool { return err == context.DeadlineExceeded }
