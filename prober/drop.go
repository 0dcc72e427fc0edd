package prober

import (
	"cmp"
	"slices"
)

// Drop resets all open connections to the endpoint of that index, in the order
// in which they were made. A process that is gone, or a firewall that forgot
// its connections, leaves none for a sender to use again; without it, a pool
// of idle connections would not notice that a Door was shut. It does nothing
// where the endpoint shares its listener.
func (s *Server) Drop(i int) {
	s.mu.Lock()
	var open []*serverConn
	for c := range s.open {
		if c.only == uint32(i)+1 {
			open = append(open, c)
		}
	}
	s.mu.Unlock()
	slices.SortFunc(open, func(a, b *serverConn) int { return cmp.Compare(a.number, b.number) })
	for _, c := range open {
		_ = c.Reset() // it may have been closed a moment ago
	}
}
