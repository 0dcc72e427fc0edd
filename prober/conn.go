package prober

import (
	"errors"
	"io"
	"net"
	"os"
	"sync/atomic"
	"time"
)

// serverConn is a connection to an endpoint, on the server's side. It sits
// under net/http and sees what net/http keeps to itself: when a request's
// first byte came, whether an answer that the server took as written went
// out, and how the connection ended after it.
type serverConn struct {
	Conn
	server *Server
	number uint32
	// only is one more than the index of the endpoint whose listener the
	// connection came in by; 0: several endpoints share it.
	only uint32
	// cancel ends the contexts of its requests. The server's mutex guards it.
	cancel func()

	// began is when the first byte came of the request that is being read or
	// served; 0 between requests. net/http reads on another goroutine while a
	// handler runs, hence the atomics.
	began atomic.Int64
	// left: the peer will send nothing more. reset: it was by RST.
	left, reset atomic.Bool
	// acked is the number of the last request if its disposition was acked
	// and nothing has come after it.
	acked atomic.Uint32

	// The rest belongs to the goroutine that serves the connection.

	// current is the exchange that is going on.
	current *exchange
	// requests counts those that reached a handler; handled says that the one
	// that began did.
	requests int
	handled  bool
	// path is the path of the last request to an endpoint, and endpoint that
	// one's index.
	path     string
	endpoint uint32
	// stray is the status of an answer that net/http gave by itself.
	stray int
}

// Read implements net.Conn.
func (c *serverConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if n > 0 && c.began.Load() == 0 {
		c.began.CompareAndSwap(0, int64(c.server.now()))
	}
	switch {
	case err == nil, errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, net.ErrClosed):
	case errors.Is(err, io.EOF):
		c.left.Store(true)
	default:
		c.left.Store(true)
		c.reset.Store(true)
		c.breakOff()
	}
	return n, err
}

// Write implements net.Conn.
func (c *serverConn) Write(p []byte) (int, error) {
	x := c.current
	if x == nil {
		c.stray, _ = statusLine(p)
		return c.Conn.Write(p)
	}
	x.writing()
	n, err := c.Conn.Write(p)
	x.wrote(p[:n], err)
	return n, err
}

// Close implements net.Conn. It is the last moment at which the connection
// can tell that an answer was thrown back.
func (c *serverConn) Close() error {
	if c.threwBack() {
		c.breakOff()
	}
	return c.Conn.Close()
}

// threwBack reports whether something that was written reached nobody.
func (c *serverConn) threwBack() bool {
	b, ok := c.Conn.(broken)
	return ok && b.Broken()
}

// brokenNow reports whether the answer just written may not have arrived. It
// asks the kernel only where the peer was seen to leave: a call for each
// request would cost as much as recording it.
func (c *serverConn) brokenNow() bool {
	return c.reset.Load() || (c.left.Load() && c.threwBack())
}

// breakOff takes back the ack of the last request.
func (c *serverConn) breakOff() {
	if request := c.acked.Swap(0); request != 0 {
		c.server.amend(request)
	}
}

// taken returns when the request that is being served began, and counts it.
func (c *serverConn) taken() time.Duration {
	c.requests++
	c.handled = true
	c.acked.Store(0)
	if at := c.began.Load(); at != 0 {
		return time.Duration(at)
	}
	// The whole request had come in with the one before it.
	at := c.server.now()
	c.began.Store(int64(at))
	return at
}

// hijackedConn is what an act gets that takes the connection: all that Conn
// can do, and the exchange learns how it ended.
type hijackedConn struct {
	*serverConn
	exchange *exchange
}

// Close implements net.Conn.
func (c hijackedConn) Close() error {
	c.exchange.cutting(byClose)
	return c.serverConn.Close()
}

// Reset implements Conn.
func (c hijackedConn) Reset() error {
	c.exchange.cutting(byReset)
	c.breakOff() // it may have sent FIN, and been taken as ended, before
	return c.Conn.Reset()
}

// CloseWrite implements Conn.
func (c hijackedConn) CloseWrite() error {
	c.exchange.cutting(byClose)
	return c.Conn.CloseWrite()
}

// gate is a listener whose connections the server knows and bounds.
type gate struct {
	Listener
	server *Server
	only   uint32
}

// Accept implements net.Listener.
func (g gate) Accept() (net.Conn, error) {
	for {
		c, err := g.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if admitted := g.server.admit(c.(Conn), g.only); admitted != nil {
			return admitted, nil
		}
	}
}
