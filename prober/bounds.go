package prober

import (
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/hookdrill/hookdrill/prober/history"
)

// keepBody is the largest buffer that is kept for the next request.
const keepBody = 64 << 10

// limits bound what a hostile or broken sender can make the server hold. They
// are far from anything that a scenario does.
type limits struct {
	// header, body and bodies are bytes: of one request's headers, of one
	// body, and of all bodies together beyond the first 4 KiB of each.
	header, body, bodies int
	// conns is the most connections at one time.
	conns int
	// rows is the most tokens recorded of one request.
	rows int
	// notes is the most notes about what senders did that should not be.
	notes int
	// headerTime, readTime and idleTime are how long headers, a whole request
	// and the next request may be waited for. A sender that a scenario pauses
	// for minutes must not run into them.
	headerTime, readTime, idleTime time.Duration
}

var defaultLimits = limits{
	header: 64 << 10, body: 8 << 20, bodies: 256 << 20, conns: 16384, rows: 1000, notes: 100,
	headerTime: time.Minute, readTime: 30 * time.Minute, idleTime: 30 * time.Minute,
}

// notebook bounds the number of notes.
type notebook struct {
	mu         sync.Mutex
	left, more int
}

// note writes down what should not have happened, as long as that is not a
// flood.
func (s *Server) note(text string) {
	s.cfg.Log.Warn().Msg(text)
	s.notes.mu.Lock()
	defer s.notes.mu.Unlock()
	if s.notes.left == 0 {
		s.notes.more++
		return
	}
	s.notes.left--
	s.cfg.Recorder.Note(history.Note{Kind: history.NoteHarness, Text: text})
}

// close says how many notes were left out.
func (n *notebook) close(r *history.Recorder) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.more > 0 {
		r.Note(history.Note{Kind: history.NoteHarness, Text: fmt.Sprintf("%d further notes of endpoints left out", n.more)})
		n.more = 0
	}
}

// admit makes a connection the server's. It returns nil where there is no
// room: that the client is reset is written down, as it is our doing.
func (s *Server) admit(c Conn, only uint32) *serverConn {
	s.mu.Lock()
	full := len(s.open) >= s.limits.conns
	if full || s.closing {
		s.mu.Unlock()
		_ = c.Reset() // nobody else has it
		if full {
			s.note("a connection was reset: too many are open")
		}
		return nil
	}
	defer s.mu.Unlock()
	s.made++
	admitted := &serverConn{Conn: c, server: s, number: s.made, only: only}
	s.open[admitted] = struct{}{}
	return admitted
}

// connState is called by net/http from the goroutine that serves c, after the
// answer was written (idle) or could not be (closed).
func (s *Server) connState(nc net.Conn, state http.ConnState) {
	if state != http.StateIdle && state != http.StateClosed {
		return
	}
	c := nc.(*serverConn)
	if x := c.current; x != nil {
		x.finish()
		s.release(x)
	}
	if !c.handled {
		s.unfinished(c)
	}
	c.handled = false
	c.began.Store(0)
	if state == http.StateClosed {
		s.gone(c)
	}
}

// unfinished writes down a request that never became one.
func (s *Server) unfinished(c *serverConn) {
	began := time.Duration(c.began.Load())
	if began == 0 {
		return
	}
	if c.only == 0 {
		s.note(fmt.Sprintf("a request on connection %d ended within its headers, to whichever endpoint (answered %d)", c.number, c.stray))
		return
	}
	x := s.exchanges.Get().(*exchange)
	x.conn, x.endpoint = c, &s.endpoints[c.only-1]
	x.open(began)
	x.row.Endpoint, x.row.Status, x.row.Disposition = c.only-1, uint16(c.stray), history.Incomplete
	s.record(x)
	s.release(x)
}

// gone forgets a connection.
func (s *Server) gone(c *serverConn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c.cancel != nil {
		c.cancel()
	}
	delete(s.open, c)
	if s.closing && len(s.open) == 0 {
		close(s.drained)
	}
}
