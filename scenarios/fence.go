package scenarios

import (
	"context"
	"errors"
	"net"
	"slices"
	"sync"

	"github.com/hookdrill/hookdrill/prober"
)

// fence stands around one incarnation of a sender that lives in this process,
// so that it can be killed and paused in the model: it owns the way to the
// network, and every connection that was made by it.
type fence struct {
	network prober.Network
	// killed is closed by kill.
	killed chan struct{}

	mu    sync.Mutex
	dead  bool
	made  uint64
	conns map[*fencedConn]uint64
	// resumed is nil while the incarnation runs, and closed by resume.
	resumed chan struct{}
}

var errKilled = errors.New("the sender was killed")

func newFence(n prober.Network) *fence {
	return &fence{network: n, killed: make(chan struct{}), conns: make(map[*fencedConn]uint64)}
}

// dial is the World's Dial.
func (f *fence) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	if err := f.gate(ctx); err != nil {
		return nil, &net.OpError{Op: "dial", Net: network, Err: err}
	}
	c, err := f.network.Dial(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	return f.wrap(c)
}

func (f *fence) wrap(c net.Conn) (net.Conn, error) {
	conn, ok := c.(prober.Conn)
	if !ok {
		return nil, errors.Join(errors.New("dial: the network's connections cannot be reset"), c.Close())
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.dead {
		return nil, errors.Join(errKilled, conn.Reset())
	}
	f.made++
	fenced := &fencedConn{Conn: conn, fence: f, closed: make(chan struct{})}
	f.conns[fenced] = f.made
	return fenced, nil
}

// gate returns at once while the incarnation runs, waits while it is paused,
// and fails when it is dead.
func (f *fence) gate(ctx context.Context) error {
	for {
		f.mu.Lock()
		dead, resumed := f.dead, f.resumed
		f.mu.Unlock()
		switch {
		case dead:
			return errKilled
		case resumed == nil:
			return nil
		}
		select {
		case <-resumed:
		case <-f.killed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// kill closes all connections, in the order in which they were made, and lets
// nothing through any more. It does what the kernel does for a process that is
// killed: FIN, and RST where something had arrived that nobody read. A reset
// of every connection would put acks in doubt that had arrived long before. A
// second call does nothing.
func (f *fence) kill() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.dead {
		return
	}
	f.dead = true
	close(f.killed)
	all := make([]*fencedConn, 0, len(f.conns))
	for c := range f.conns {
		all = append(all, c)
	}
	slices.SortFunc(all, func(a, b *fencedConn) int { return int(f.conns[a]) - int(f.conns[b]) })
	for _, c := range all {
		_ = c.Conn.Close() // it may have been closed a moment ago
	}
	clear(f.conns)
}

// pause holds everything that touches the network, until resume.
func (f *fence) pause() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.resumed == nil {
		f.resumed = make(chan struct{})
	}
}

func (f *fence) resume() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.resumed != nil {
		close(f.resumed)
		f.resumed = nil
	}
}

func (f *fence) forget(c *fencedConn) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.conns, c)
}

// fencedConn is a connection of one incarnation.
type fencedConn struct {
	prober.Conn
	fence  *fence
	once   sync.Once
	closed chan struct{}
}

// Read implements net.Conn. What arrives during a pause waits for its end.
func (c *fencedConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if held := c.hold(); held != nil {
		return 0, held
	}
	return n, err
}

// Write implements net.Conn.
func (c *fencedConn) Write(p []byte) (int, error) {
	if err := c.hold(); err != nil {
		return 0, err
	}
	return c.Conn.Write(p)
}

// hold waits while the incarnation is paused.
func (c *fencedConn) hold() error {
	c.fence.mu.Lock()
	resumed := c.fence.resumed
	c.fence.mu.Unlock()
	if resumed == nil {
		return nil
	}
	select {
	case <-resumed:
		return nil
	case <-c.fence.killed:
		return errKilled
	case <-c.closed:
		return net.ErrClosed
	}
}

// Close implements net.Conn.
func (c *fencedConn) Close() error {
	c.once.Do(func() {
		close(c.closed)
		c.fence.forget(c)
	})
	return c.Conn.Close()
}
