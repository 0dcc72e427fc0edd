package history

import (
	"bytes"
	"cmp"
	"errors"
	"io"
	"slices"
	"time"
)

// WriteCanonical writes the history in a form that is equal for runs that
// behaved alike: the lines of the file, sorted by offset and what they are
// about, without what is chance. It leaves out the header, the sequence, the
// numbers of requests and connections, the texts of publish errors (they name
// ports), and what the harness noticed about itself. A delivery's id is
// replaced by its rank among the ids of the obligation's attempts, so that a
// new id on a retry shows, and a random one does not.
//
// The error is the writer's, or says that an entry has an index without a name,
// which one that was read never has. It holds all lines in memory: it is for comparing runs, not for storing.
func (h *History) WriteCanonical(w io.Writer) error {
	c := canon{names: newNames(h.Header)}
	c.addAttempts(h.Attempts)
	for _, p := range h.Published {
		p.Seq, p.Error = 0, ""
		b, ok := c.names.published(nil, &p)
		c.add(place{at: p.At, kind: 'p', key: p.Key, number: p.Number, nth: p.Try}, b, ok)
	}
	for _, f := range h.Faults {
		f.Seq = 0
		b, ok := c.names.fault(nil, &f)
		c.add(place{at: f.At, kind: 'f'}, b, ok)
	}
	for _, s := range h.Senders {
		s.Seq = 0
		b, ok := c.names.sender(nil, &s)
		c.add(place{at: s.At, kind: 's'}, b, ok)
	}
	for _, a := range h.Accounts {
		a.Seq = 0
		b, ok := c.names.account(nil, &a)
		c.add(place{at: a.At, kind: 't', endpoint: a.Endpoint, key: a.Key, number: a.Number}, b, ok)
	}
	for _, n := range h.Notes {
		if n.Kind == NoteHarness {
			continue
		}
		n.Seq = 0
		b, ok := c.names.note(nil, &n)
		c.add(place{at: n.At, kind: 'n'}, b, ok)
	}
	if h.End != nil {
		e := *h.End
		e.Seq = 0
		b, ok := c.names.end(nil, &e)
		c.add(place{at: e.At, kind: 'z'}, b, ok)
	}
	if c.unnamed {
		return errors.New("history: an entry names what the header does not")
	}
	slices.SortFunc(c.lines, canonLine.compare)
	for _, l := range c.lines {
		if _, err := w.Write(l.text); err != nil {
			return err
		}
	}
	return nil
}

// place is where an entry stands in the canonical order.
type place struct {
	at          time.Duration
	kind        byte
	endpoint    uint32
	key, number uint32
	nth         uint16
}

func (p place) compare(q place) int {
	return cmp.Or(cmp.Compare(p.at, q.at), cmp.Compare(p.kind, q.kind), cmp.Compare(p.endpoint, q.endpoint),
		cmp.Compare(p.key, q.key), cmp.Compare(p.number, q.number), cmp.Compare(p.nth, q.nth))
}

type canonLine struct {
	place
	text []byte
}

// compare falls back to the text: what is equal there too may change places.
func (l canonLine) compare(m canonLine) int {
	if c := l.place.compare(m.place); c != 0 {
		return c
	}
	return bytes.Compare(l.text, m.text)
}

type canon struct {
	names   names
	lines   []canonLine
	unnamed bool
}

func (c *canon) add(p place, text []byte, ok bool) {
	c.lines = append(c.lines, canonLine{p, text})
	c.unnamed = c.unnamed || !ok
}

func (c *canon) addAttempts(attempts []Attempt) {
	type obligation struct{ endpoint, key, number uint32 }
	rows := slices.Clone(attempts)
	for i := range rows {
		rows[i].Seq, rows[i].Request, rows[i].Conn = 0, 0, 0
	}
	slices.SortStableFunc(rows, func(a, b Attempt) int { return a.place().compare(b.place()) })
	ids := make(map[obligation][]uint64)
	for i := range rows {
		a := &rows[i]
		if a.ID != 0 {
			o := obligation{a.Endpoint, a.Key, a.Number}
			rank := slices.Index(ids[o], a.ID)
			if rank < 0 {
				rank = len(ids[o])
				ids[o] = append(ids[o], a.ID)
			}
			a.ID = uint64(rank) + 1
		}
		b, ok := c.names.attempt(nil, a)
		c.add(a.place(), b, ok)
	}
}

// place puts an attempt at its first byte, or at its end where nothing but a
// connection was seen.
func (a *Attempt) place() place {
	at := a.FirstByte
	if at == 0 {
		at = a.Ended
	}
	return place{at: at, kind: 'a', endpoint: a.Endpoint, key: a.Key, number: a.Number, nth: a.Nth}
}
