package prober

import (
	"io"
	"net"
	"os"
	"sync"
	"syscall"
	"time"
)

// memConn is one end of a connection in memory. It behaves as a TCP socket of
// Linux on loopback does, in the order in which a socket tells what happened
// to it: data that had arrived, then FIN or an error (once), then EOF and
// EPIPE for ever. Both ends share one mutex, which nobody holds while waiting
// for bytes, so that a bubble of virtual time sees a blocked goroutine.
type memConn struct {
	mu   *sync.Mutex
	peer *memConn

	in                 buffer
	readable, writable sync.Cond
	read, write        deadline

	// err is the error that the next call learns of, once.
	err error
	// fin: the peer will send nothing more.
	fin bool
	// finSent: this end will send nothing more.
	finSent bool
	// closed: this end's owner has closed it.
	closed bool
	// dead: the connection is gone, by RST.
	dead bool
	// thrown: data written here reached a peer that was gone.
	thrown bool

	host          string
	local, remote *net.TCPAddr
}

// newMemConns makes the two ends of a connection to host.
func newMemConns(host string, clientAddr, serverAddr *net.TCPAddr) (client, server *memConn) {
	mu := new(sync.Mutex)
	client = &memConn{mu: mu, host: host, local: clientAddr, remote: serverAddr}
	server = &memConn{mu: mu, host: host, local: serverAddr, remote: clientAddr}
	client.peer, server.peer = server, client
	for _, c := range []*memConn{client, server} {
		c.readable.L, c.writable.L = mu, mu
	}
	return client, server
}

// Read implements net.Conn.
func (c *memConn) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for {
		switch {
		case c.closed:
			return 0, c.opError("read", net.ErrClosed)
		case c.read.passed():
			return 0, c.opError("read", os.ErrDeadlineExceeded)
		case c.in.len() > 0:
			n := c.in.take(p)
			c.peer.writable.Broadcast()
			return n, nil
		case c.fin:
			return 0, io.EOF
		case c.err != nil:
			return 0, c.takeError("read")
		case c.dead:
			return 0, io.EOF
		}
		c.wait(&c.readable, &c.read)
	}
}

// Write implements net.Conn. It waits only while the peer's buffer is full.
func (c *memConn) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	done := 0
	for {
		switch {
		case c.closed:
			return done, c.opError("write", net.ErrClosed)
		case c.write.passed():
			return done, c.opError("write", os.ErrDeadlineExceeded)
		case c.err != nil:
			return done, c.takeError("write")
		case c.finSent, c.dead:
			return done, c.opError("write", os.NewSyscallError("write", syscall.EPIPE))
		case done == len(p):
			return done, nil
		case c.peer.closed:
			// The kernel takes the bytes and learns from the RST that comes
			// back: the call succeeds, the one after it does not.
			c.thrown = true
			c.breakOff()
			return len(p), nil
		}
		if n := c.peer.in.put(p[done:]); n > 0 {
			done += n
			c.peer.readable.Broadcast()
			if done == len(p) {
				return done, nil
			}
			continue
		}
		c.wait(&c.writable, &c.write)
	}
}

// Close implements net.Conn. Like the kernel it resets a connection on which
// bytes had arrived that nobody read, and sends FIN otherwise.
func (c *memConn) Close() error { return c.end(false) }

// Reset drops the connection so that the peer sees ECONNRESET.
func (c *memConn) Reset() error { return c.end(true) }

func (c *memConn) end(reset bool) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return c.opError("close", net.ErrClosed)
	}
	c.closed = true
	if reset || c.in.len() > 0 {
		c.peer.breakOff()
	} else {
		c.peer.hangUp()
	}
	c.in = buffer{}
	c.read.stop()
	c.write.stop()
	c.readable.Broadcast()
	c.writable.Broadcast()
	c.peer.writable.Broadcast()
	return nil
}

// CloseWrite sends FIN and keeps reading.
func (c *memConn) CloseWrite() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.closed:
		return c.opError("close", net.ErrClosed)
	case c.dead:
		return c.opError("close", os.NewSyscallError("shutdown", syscall.ENOTCONN))
	}
	c.finSent = true
	c.writable.Broadcast()
	c.peer.hangUp()
	return nil
}

// hangUp is the arrival of a FIN. The mutex is held.
func (c *memConn) hangUp() {
	if !c.dead && !c.closed {
		c.fin = true
		c.readable.Broadcast()
	}
}

// breakOff is the arrival of a RST. What had arrived before stays readable,
// and a socket that has seen FIN reports EPIPE instead of ECONNRESET, as in
// Linux. The mutex is held.
func (c *memConn) breakOff() {
	if c.dead || c.closed {
		return
	}
	c.dead = true
	c.err = syscall.ECONNRESET
	if c.fin {
		c.err = syscall.EPIPE
	}
	c.readable.Broadcast()
	c.writable.Broadcast()
}

// Broken reports whether data that Write had taken reached nobody, or a RST
// has come that no call has told of.
func (c *memConn) Broken() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.thrown || c.err != nil
}

// LocalAddr implements net.Conn.
func (c *memConn) LocalAddr() net.Addr { return c.local }

// RemoteAddr implements net.Conn.
func (c *memConn) RemoteAddr() net.Addr { return c.remote }

// SetDeadline implements net.Conn.
func (c *memConn) SetDeadline(t time.Time) error { return c.setDeadlines(t, &c.read, &c.write) }

// SetReadDeadline implements net.Conn.
func (c *memConn) SetReadDeadline(t time.Time) error { return c.setDeadlines(t, &c.read, nil) }

// SetWriteDeadline implements net.Conn.
func (c *memConn) SetWriteDeadline(t time.Time) error { return c.setDeadlines(t, nil, &c.write) }

func (c *memConn) setDeadlines(t time.Time, read, write *deadline) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return c.opError("set", net.ErrClosed)
	}
	if read != nil {
		read.set(t)
		c.readable.Broadcast()
	}
	if write != nil {
		write.set(t)
		c.writable.Broadcast()
	}
	return nil
}

// wait releases the mutex until cond is signalled or d has passed.
func (c *memConn) wait(cond *sync.Cond, d *deadline) {
	d.arm(cond)
	cond.Wait()
}

func (c *memConn) takeError(op string) error {
	err := c.err
	c.err = nil
	return c.opError(op, os.NewSyscallError(op, err))
}

func (c *memConn) opError(op string, err error) error {
	return &net.OpError{Op: op, Net: "tcp", Source: c.local, Addr: c.remote, Err: err}
}
