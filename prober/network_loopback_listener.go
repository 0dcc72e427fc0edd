package prober

import (
	"errors"
	"fmt"
	"net"
	"sync"
	"syscall"
)

// loopDoor is the listener of one endpoint, and its door.
//
// Refusing closes the listening socket while a second socket, bound but not
// listening, holds the port, so that nobody else can get it. Blackholing uses
// that Linux drops a SYN when the queue of connections to be accepted is full:
// the queue is cut to its least length, one connection of our own fills it,
// and nobody accepts. No privileges are needed for either.
type loopDoor struct {
	name   string
	addr   *net.TCPAddr
	holder int

	mu      sync.Mutex
	moved   sync.Cond
	tcp     *net.TCPListener // nil: refusing
	full    bool             // blackholed
	refused int
	holes   int
	filler  net.Conn
	// held are connections that were accepted while the door was being shut.
	held   []*net.TCPConn
	closed bool
}

func newLoopDoor(name string) (*loopDoor, error) {
	holder, addr, err := holdPort()
	if err != nil {
		return nil, fmt.Errorf("hold a port of 127.0.0.1: %w", err)
	}
	l := &loopDoor{name: name, addr: addr, holder: holder}
	l.moved.L = &l.mu
	if l.tcp, err = net.ListenTCP("tcp4", addr); err != nil {
		return nil, errors.Join(err, syscall.Close(holder))
	}
	return l, nil
}

// holdPort binds a free port without listening on it.
func holdPort() (int, *net.TCPAddr, error) {
	syscall.ForkLock.RLock()
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	if err == nil {
		syscall.CloseOnExec(fd)
	}
	syscall.ForkLock.RUnlock()
	if err != nil {
		return 0, nil, err
	}
	if err = syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 1); err == nil {
		err = syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}})
	}
	if err != nil {
		return 0, nil, errors.Join(err, syscall.Close(fd))
	}
	name, err := syscall.Getsockname(fd)
	if err != nil {
		return 0, nil, errors.Join(err, syscall.Close(fd))
	}
	return fd, &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: name.(*syscall.SockaddrInet4).Port}, nil
}

// Accept implements net.Listener. It goes on through all moves of the door.
func (l *loopDoor) Accept() (net.Conn, error) {
	for {
		tcp, held := l.opened()
		switch {
		case held != nil:
			return loopConn{held}, nil
		case tcp == nil:
			return nil, &net.OpError{Op: "accept", Net: "tcp", Addr: l.addr, Err: net.ErrClosed}
		}
		c, err := tcp.AcceptTCP()
		if l.isOpen(tcp) {
			if err != nil {
				return nil, err
			}
			return loopConn{c}, nil
		}
		if err == nil {
			l.hold(c)
		}
	}
}

// opened waits until the door is open and returns what to accept from, or a
// connection that was held back. Both are nil when the listener is closed.
func (l *loopDoor) opened() (*net.TCPListener, *net.TCPConn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for !l.closed && (l.tcp == nil || l.full) {
		l.moved.Wait()
	}
	if l.closed {
		return nil, nil
	}
	if len(l.held) > 0 {
		c := l.held[0]
		l.held = l.held[1:]
		return nil, c
	}
	return l.tcp, nil
}

func (l *loopDoor) isOpen(tcp *net.TCPListener) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.tcp == tcp && !l.full && !l.closed
}

// hold keeps a connection that slipped through a closing door. It may have
// been the filler, so the queue is filled again.
func (l *loopDoor) hold(c *net.TCPConn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.full || l.closed {
		_ = loopConn{c}.Reset() // what a refused client gets; there is nobody to tell of more
		return
	}
	l.held = append(l.held, c)
	l.fill()
}

// Close implements net.Listener.
func (l *loopDoor) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return &net.OpError{Op: "close", Net: "tcp", Addr: l.addr, Err: net.ErrClosed}
	}
	l.closed = true
	l.moved.Broadcast()
	errs := []error{l.empty(), syscall.Close(l.holder)}
	for _, c := range l.held {
		errs = append(errs, c.Close())
	}
	if l.tcp != nil {
		errs = append(errs, l.tcp.Close())
	}
	return errors.Join(errs...)
}

// Addr implements net.Listener.
func (l *loopDoor) Addr() net.Addr { return l.addr }

// URL implements Listener.
func (l *loopDoor) URL(string) string { return "http://" + l.addr.String() }

// Door implements Listener.
func (l *loopDoor) Door(name string) (Door, error) {
	if name != l.name {
		return nil, fmt.Errorf("door of endpoint %q: %w", name, errNotListening)
	}
	return l, nil
}
