package prober

import (
	"errors"
	"fmt"
	"net"
	"sync"
)

var errNotListening = errors.New("nobody listens for it here")

// memListener takes connections to all the hosts it was opened for.
type memListener struct {
	network *memNetwork
	first   *net.TCPAddr

	mu      sync.Mutex
	waiting sync.Cond
	queue   []*memConn
	closed  bool
}

// Accept implements net.Listener.
func (l *memListener) Accept() (net.Conn, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for len(l.queue) == 0 && !l.closed {
		l.waiting.Wait()
	}
	if l.closed {
		return nil, &net.OpError{Op: "accept", Net: "tcp", Addr: l.first, Err: net.ErrClosed}
	}
	c := l.queue[0]
	l.queue = l.queue[1:]
	return c, nil
}

// Close implements net.Listener.
func (l *memListener) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return &net.OpError{Op: "close", Net: "tcp", Addr: l.first, Err: net.ErrClosed}
	}
	l.closed = true
	for _, c := range l.queue {
		_ = c.Reset() // nobody else has it, so it is open
	}
	l.queue = nil
	l.waiting.Broadcast()
	return nil
}

// Addr implements net.Listener.
func (l *memListener) Addr() net.Addr { return l.first }

// URL implements Listener.
func (l *memListener) URL(name string) string { return "http://" + name + memDomain }

// Door implements Listener.
func (l *memListener) Door(name string) (Door, error) {
	l.network.mu.Lock()
	defer l.network.mu.Unlock()
	h := l.network.hosts[name+memDomain]
	if h == nil || h.listener != l {
		return nil, fmt.Errorf("door of endpoint %q: %w", name, errNotListening)
	}
	if h.door == nil {
		h.door = &memDoor{host: h, changed: make(chan struct{})}
	}
	return h.door, nil
}

func (l *memListener) isClosed() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.closed
}

func (l *memListener) deliver(c *memConn) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return false
	}
	l.queue = append(l.queue, c)
	l.waiting.Signal()
	return true
}
