package history

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"sync"
	"time"
)

// bufSize is how many bytes of entries are kept back before they are written.
const bufSize = 64 << 10

// Recorder puts entries into one total order and writes them: sequence and
// offset are taken under one lock. Its methods are safe for concurrent use
// and never fail; what could not be kept is counted and said in the End.
//
// A method may block for one Write of the underlying writer, since up to
// 64 KiB of entries are kept back until then, or until Flush.
type Recorder struct {
	clock func() time.Duration
	names names

	mu      sync.Mutex
	w       io.Writer
	buf     []byte
	seq     uint32
	waiting uint64 // entries in buf
	dropped uint64
	ended   bool
	err     error
}

// NewRecorder writes the header line to w at once and returns a recorder for
// the entries behind it. It fills in h.Schema. clock gives scenario time since
// the plan's start; it is called under the recorder's lock. The error is about
// the header: one that cannot be encoded or written, or names that are empty
// or occur twice.
func NewRecorder(w io.Writer, h Header, clock func() time.Duration) (*Recorder, error) {
	h.Schema = Schema
	if err := h.check(); err != nil {
		return nil, fmt.Errorf("history: header: %w", err)
	}
	line, err := encodeHeader(h)
	if err != nil {
		return nil, fmt.Errorf("history: header: %w", err)
	}
	if _, err := w.Write(line); err != nil {
		return nil, fmt.Errorf("history: header: %w", err)
	}
	return &Recorder{clock: clock, names: newNames(h), w: w, buf: make([]byte, 0, bufSize+bufSize/8)}, nil
}

// headerLine is a Header as it stands in the file. The kind lets one filter
// run over all lines.
type headerLine struct {
	Kind string `json:"kind"`
	Header
}

func encodeHeader(h Header) ([]byte, error) {
	var line bytes.Buffer
	enc := json.NewEncoder(&line)
	enc.SetEscapeHTML(false)
	err := enc.Encode(headerLine{Kind: "header", Header: h})
	return line.Bytes(), err
}

// check refuses names that would not lead back to one index.
func (h *Header) check() error {
	if len(h.Faults) > math.MaxUint16 {
		return fmt.Errorf("%d faults, of which an attempt can name %d", len(h.Faults), math.MaxUint16)
	}
	if err := unique("endpoint", h.Endpoints); err != nil {
		return err
	}
	return unique("fault", h.Faults)
}

func unique(what string, names []string) error {
	seen := make(map[string]bool, len(names))
	for i, name := range names {
		if name == "" {
			return fmt.Errorf("%s %d has no name", what, i)
		}
		if seen[name] {
			return fmt.Errorf("%s %q occurs twice", what, name)
		}
		seen[name] = true
	}
	return nil
}

// Published records a publish call; Seq and At are set here.
func (r *Recorder) Published(p Published) {
	defer r.lock().Unlock()
	p.Seq, p.At = r.seq+1, r.clock()
	b, ok := r.names.published(r.buf, &p)
	r.keep(b, ok)
}

// Attempts records the rows of one request, next to each other in the order.
// It sets their Seq, and Ended to the present where it is 0, in the slice.
func (r *Recorder) Attempts(rows []Attempt) {
	defer r.lock().Unlock()
	now := r.clock()
	for i := range rows {
		a := &rows[i]
		a.Seq = r.seq + 1
		if a.Ended == 0 {
			a.Ended = now
		}
		b, ok := r.names.attempt(r.buf, a)
		r.keep(b, ok)
	}
}

// Fault records what a fault's window did; Seq and At are set here. It writes
// what is kept back: a fault may take the sender down in this very instant, and
// in virtual time this process with it.
func (r *Recorder) Fault(f FaultEvent) {
	defer r.lock().Unlock()
	f.Seq, f.At = r.seq+1, r.clock()
	b, ok := r.names.fault(r.buf, &f)
	r.keep(b, ok)
	r.write()
}

// Sender records a step in the sender's life; Seq and At are set here.
func (r *Recorder) Sender(s SenderEvent) {
	defer r.lock().Unlock()
	s.Seq, s.At = r.seq+1, r.clock()
	b, ok := r.names.sender(r.buf, &s)
	r.keep(b, ok)
}

// Account records what the sender says of one delivery; Seq and At are set
// here.
func (r *Recorder) Account(a Account) {
	defer r.lock().Unlock()
	a.Seq, a.At = r.seq+1, r.clock()
	b, ok := r.names.account(r.buf, &a)
	r.keep(b, ok)
}

// Note records a line for the reader; Seq and At are set here.
func (r *Recorder) Note(n Note) {
	defer r.lock().Unlock()
	n.Seq, n.At = r.seq+1, r.clock()
	b, ok := r.names.note(r.buf, &n)
	r.keep(b, ok)
}

// Amend corrects the disposition of the request a.Request, which has been
// recorded; Seq and At are set here.
func (r *Recorder) Amend(a Amend) {
	defer r.lock().Unlock()
	a.Seq, a.At = r.seq+1, r.clock()
	b, ok := r.names.amend(r.buf, &a)
	r.keep(b, ok)
}

// Flush writes what is kept back. Its error is the first that the writer
// gave; nothing was written since, and the history is cut off there.
func (r *Recorder) Flush() error {
	defer r.lock().Unlock()
	r.write()
	return r.failure()
}

// End writes the last line and flushes. Seq and At are set here; Dropped is
// raised by the entries that could not be kept. What is recorded afterwards
// is dropped. The error is as that of Flush. End does not close the writer.
func (r *Recorder) End(e End) error {
	defer r.lock().Unlock()
	if r.ended {
		return r.failure()
	}
	e.Seq, e.At = r.seq+1, r.clock()
	e.Dropped += r.dropped
	b, ok := r.names.end(r.buf, &e)
	r.keep(b, ok)
	r.ended = true
	r.write()
	return r.failure()
}

func (r *Recorder) lock() *sync.Mutex {
	r.mu.Lock()
	return &r.mu
}

// keep takes over the buffer with the entry that was appended to it, or
// counts the entry as dropped. A dropped entry takes no sequence number, so
// that a gap in a file always means that a line was taken out of it.
func (r *Recorder) keep(b []byte, ok bool) {
	if !ok || r.ended || r.err != nil || r.seq == math.MaxUint32 {
		r.dropped++
		return
	}
	r.buf = b
	r.seq++
	r.waiting++
	if len(r.buf) >= bufSize {
		r.write()
	}
}

// write hands the buffer to the writer. After an error nothing more is
// written, not even the End: a line behind half a line would make the whole
// file unreadable, whereas a file cut off says so.
func (r *Recorder) write() {
	if r.err != nil || len(r.buf) == 0 {
		return
	}
	n, err := r.w.Write(r.buf)
	if err == nil && n < len(r.buf) {
		err = io.ErrShortWrite
	}
	if err != nil {
		r.err = err
		r.dropped += r.waiting
	}
	r.buf, r.waiting = r.buf[:0], 0
}

func (r *Recorder) failure() error {
	if r.err == nil {
		return nil
	}
	return fmt.Errorf("history: %d entries not kept: %w", r.dropped, r.err)
}
