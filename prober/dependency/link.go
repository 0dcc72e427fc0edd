package dependency

import (
	"net"
	"sync"
	"time"

	"github.com/Shopify/toxiproxy/v2/stream"
)

// link is one connection through the proxy.
type link struct {
	p                *proxy
	client, upstream *net.TCPConn
	once             sync.Once
	gone             chan struct{}
	halves           sync.WaitGroup
}

// run carries both directions and returns when both have ended.
func (l *link) run() {
	name := l.client.RemoteAddr().String()
	l.halves.Add(2)
	l.p.toxics.StartLink(l.p.api, name+"up", source{l, l.client}, &sink{l: l, conn: l.upstream}, stream.Upstream)
	l.p.toxics.StartLink(l.p.api, name+"down", source{l, l.upstream}, &sink{l: l, conn: l.client}, stream.Downstream)
	l.halves.Wait()
	l.end(false)
}

// end closes both connections; with reset the client sees RST.
func (l *link) end(reset bool) {
	l.once.Do(func() {
		if reset {
			_ = l.client.SetLinger(0) // a connection that is gone needs no RST
		}
		_ = l.client.Close()
		_ = l.upstream.Close()
		close(l.gone)
	})
}

// source reads what toxiproxy carries. What it has read stays with it while
// the proxy is stalled.
type source struct {
	l    *link
	conn *net.TCPConn
}

// Read implements io.Reader.
func (s source) Read(b []byte) (int, error) {
	n, err := s.conn.Read(b)
	s.l.narrow(n)
	for {
		flow := s.l.p.flowing()
		select {
		case <-flow:
			return n, err
		case <-s.l.gone:
			return 0, net.ErrClosed
		}
	}
}

// sink takes what toxiproxy carried. It never fails: toxiproxy stops taking
// bytes out of its chain after an error, and what fills the chain would wait
// for ever.
type sink struct {
	l      *link
	conn   *net.TCPConn
	broken bool
}

// Write implements io.Writer.
func (s *sink) Write(b []byte) (int, error) {
	if !s.broken {
		if _, err := s.conn.Write(b); err != nil {
			s.broken = true
			s.l.end(false)
		}
	}
	return len(b), nil
}

// Close implements io.Closer: the other direction may go on.
func (s *sink) Close() error {
	defer s.l.halves.Done()
	if err := s.conn.CloseWrite(); err != nil {
		s.l.end(false)
	}
	return nil
}

// narrow waits as long as n bytes take at the rate that is allowed now.
func (l *link) narrow(n int) {
	began := time.Now()
	for {
		rate, changed := l.p.rate()
		if rate <= 0 {
			return
		}
		left := time.Duration(n)*time.Second/time.Duration(rate<<10) - time.Since(began)
		if left <= 0 {
			return
		}
		timer := time.NewTimer(left)
		select {
		case <-timer.C:
		case <-changed:
		case <-l.gone:
		}
		if timer.Stop(); l.isGone() {
			return
		}
	}
}

func (l *link) isGone() bool {
	select {
	case <-l.gone:
		return true
	default:
		return false
	}
}
