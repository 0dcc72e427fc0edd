package history

import (
	"bytes"
	"encoding/json"
	"io"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func newRecorder(t testing.TB, w io.Writer) *Recorder {
	t.Helper()
	r, err := NewRecorder(w, testHeader(), clockOf())
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestHeadersThatAreRefused(t *testing.T) {
	tests := []struct {
		reason string
		change func(*Header)
		want   string
	}{
		{"entries name endpoints", func(h *Header) { h.Endpoints = []string{"a", ""} }, "history: header: endpoint 1 has no name"},
		{"one name, one endpoint", func(h *Header) { h.Endpoints = []string{"a", "a"} }, `history: header: endpoint "a" occurs twice`},
		{"one id, one fault", func(h *Header) { h.Faults = []string{"f", "f"} }, `history: header: fault "f" occurs twice`},
		{"an attempt counts faults in 16 bits", func(h *Header) { h.Faults = make([]string, math.MaxUint16+1) },
			"history: header: 65536 faults, of which an attempt can name 65535"},
		{"a policy that is no JSON", func(h *Header) { h.Policy = json.RawMessage("{") },
			"history: header: json: error calling MarshalJSON for type json.RawMessage: unexpected end of JSON input"},
	}
	for _, tt := range tests {
		h := testHeader()
		tt.change(&h)
		_, err := NewRecorder(io.Discard, h, clockOf())
		if err == nil || err.Error() != tt.want {
			t.Errorf("%s:\n got %v\nwant %s", tt.reason, err, tt.want)
		}
	}
	_, err := NewRecorder(&failingWriter{}, testHeader(), clockOf())
	if want := "history: header: no space left on device"; err == nil || err.Error() != want {
		t.Errorf("a full disk: got %v, want %s", err, want)
	}
}

// A crash of the harness right after the start must leave a file that says
// what was run.
func TestHeaderIsWrittenAtOnce(t *testing.T) {
	var file bytes.Buffer
	newRecorder(t, &file)
	h, err := Read(&file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(&History{Header: testHeader()}, h); diff != "" {
		t.Errorf("-want +read\n%s", diff)
	}
}

func TestEntriesThatTheFileCannotHoldAreCounted(t *testing.T) {
	var file bytes.Buffer
	r := newRecorder(t, &file)
	r.Note(Note{Kind: "first"})
	r.Attempts([]Attempt{{Endpoint: 2}, {Fault: 3}, {Disposition: Incomplete + 1}, {Signature: CheckStale + 1}, {Body: CheckStale + 1}})
	r.Published(Published{Outcome: Refused + 1})
	r.Fault(FaultEvent{Fault: 2, What: FaultOn})
	r.Fault(FaultEvent{})
	r.Fault(FaultEvent{What: FaultOn, Endpoints: []uint32{0, 2}})
	r.Fault(FaultEvent{What: FaultHits, Hits: -1})
	r.Sender(SenderEvent{})
	r.Sender(SenderEvent{What: SenderScale + 1})
	r.Amend(Amend{Disposition: Incomplete + 1})
	r.Note(Note{Kind: "second"})
	if err := r.End(End{Dropped: 100}); err != nil {
		t.Fatal(err)
	}
	h, err := Read(&file)
	if err != nil {
		t.Fatal(err)
	}
	if h.End.Dropped != 113 {
		t.Errorf("dropped is %d, want the 13 and the 100 of others", h.End.Dropped)
	}
	if len(h.Notes) != 2 || h.Notes[1].Seq != 2 || len(h.Attempts)+len(h.Published)+len(h.Faults)+len(h.Senders) != 0 {
		t.Errorf("something else was kept than the two notes: %+v", h)
	}
}

func TestAFullDisk(t *testing.T) {
	header := len(mustHeader(t))
	w := &failingWriter{after: header + 10}
	r := newRecorder(t, w)
	r.Note(Note{Kind: "kept back"})
	r.Note(Note{Kind: "kept back"})
	want := "history: 2 entries not kept: no space left on device"
	if err := r.Flush(); err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	// Space is free again: a line behind the half line would make the file unreadable.
	w.after = math.MaxInt
	r.Note(Note{Kind: "too late"})
	want = "history: 4 entries not kept: no space left on device"
	if err := r.End(End{}); err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	if written := math.MaxInt - w.after; written != 0 {
		t.Errorf("%d bytes were written behind half a line", written)
	}
}

func mustHeader(t testing.TB) []byte {
	t.Helper()
	b, err := encodeHeader(testHeader())
	if err != nil {
		t.Fatal(err)
	}
	return b
}

type shortWriter struct{ bytes.Buffer }

func (w *shortWriter) Write(p []byte) (int, error) {
	if w.Len() > 0 {
		p = p[:len(p)-1]
	}
	return w.Buffer.Write(p)
}

func TestAWriterThatKeepsQuietAboutAShortWrite(t *testing.T) {
	r := newRecorder(t, &shortWriter{})
	r.Note(Note{})
	want := "history: 1 entries not kept: short write"
	if err := r.Flush(); err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestNothingIsWrittenBehindTheEnd(t *testing.T) {
	var file bytes.Buffer
	r := newRecorder(t, &file)
	if err := r.End(End{Reason: EndCap}); err != nil {
		t.Fatal(err)
	}
	before := file.String()
	r.Note(Note{})
	r.Attempts([]Attempt{{}})
	if err := r.Flush(); err != nil {
		t.Fatal(err)
	}
	if err := r.End(End{Reason: EndSettled}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(before, file.String()); diff != "" {
		t.Errorf("-at the end +later\n%s", diff)
	}
}

func TestAFullSequence(t *testing.T) {
	var file bytes.Buffer
	r := newRecorder(t, &file)
	header := file.Len()
	r.seq = math.MaxUint32 - 1
	r.Note(Note{})
	r.Note(Note{})
	if err := r.Flush(); err != nil {
		t.Fatal(err)
	}
	want := `{"kind":"note","seq":4294967295,"at_ns":1000000}` + "\n"
	if diff := cmp.Diff(want, file.String()[header:]); diff != "" || r.dropped != 1 {
		t.Errorf("dropped %d, want 1; -want +written\n%s", r.dropped, diff)
	}
}

func TestEntriesAreKeptBackAndFlushed(t *testing.T) {
	var file bytes.Buffer
	r := newRecorder(t, &file)
	header := file.Len()
	text := strings.Repeat("x", 1000)
	for range 60 {
		r.Note(Note{Text: text})
	}
	if file.Len() != header {
		t.Errorf("%d bytes were written before the buffer was full", file.Len()-header)
	}
	for range 20 {
		r.Note(Note{Text: text})
	}
	if file.Len() < header+bufSize {
		t.Error("a full buffer was not written")
	}
	if err := r.Flush(); err != nil {
		t.Fatal(err)
	}
	h, err := Read(&file)
	if err != nil || len(h.Notes) != 80 {
		t.Errorf("read %d notes, want 80; error %v", len(h.Notes), err)
	}
}

func TestFaultsAreWrittenAtOnce(t *testing.T) {
	var file bytes.Buffer
	r := newRecorder(t, &file)
	r.Note(Note{Text: "before"})
	r.Fault(FaultEvent{What: FaultOn})
	h, err := Read(bytes.NewReader(file.Bytes())) // without Flush: the process has gone
	if err != nil || len(h.Faults) != 1 || len(h.Notes) != 1 {
		t.Errorf("read %+v, want the fault and what came before it; error %v", h, err)
	}
}

func TestSequenceAndTimeAgree(t *testing.T) {
	var file bytes.Buffer
	r := newRecorder(t, &file)
	var wg sync.WaitGroup
	for worker := range 4 {
		wg.Go(func() {
			for i := range 500 {
				r.Published(Published{Key: uint32(worker), Number: uint32(i + 1)})
				r.Attempts([]Attempt{{Request: uint32(worker*500 + i + 1)}, {Request: uint32(worker*500 + i + 1)}})
				r.Amend(Amend{Request: uint32(worker*500 + i + 1), Disposition: Acked})
			}
		})
	}
	wg.Wait()
	if err := r.End(End{}); err != nil {
		t.Fatal(err)
	}
	h, err := Read(&file)
	if err != nil {
		t.Fatal(err)
	}
	if len(h.Published) != 2000 || len(h.Attempts) != 4000 {
		t.Fatalf("read %d and %d entries, want 2000 and 4000", len(h.Published), len(h.Attempts))
	}
	if !slices.IsSortedFunc(h.Published, func(a, b Published) int { return int(a.At - b.At) }) {
		t.Error("an entry with a higher sequence has an earlier time")
	}
	for i := 0; i < len(h.Attempts); i += 2 {
		a, b := h.Attempts[i], h.Attempts[i+1]
		if a.Request != b.Request || a.Seq+1 != b.Seq || a.Ended != b.Ended || a.Disposition != Acked {
			t.Fatalf("the rows of one request came apart: %+v %+v", a, b)
		}
	}
}

func TestRecordingDoesNotAllocate(t *testing.T) {
	r, err := NewRecorder(io.Discard, testHeader(), func() time.Duration { return time.Hour })
	if err != nil {
		t.Fatal(err)
	}
	n := testing.AllocsPerRun(2000, func() {
		r.Attempts([]Attempt{{Endpoint: 1, Key: 1, Number: 2, Fault: 1, ID: 5}, {}})
		r.Published(Published{Key: 1, Number: 1, Outcome: Accepted, Error: "dial: refused"})
		r.Amend(Amend{Request: 1})
	})
	if n != 0 {
		t.Errorf("%v allocations for four entries, want none", n)
	}
}
