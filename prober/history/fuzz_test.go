package history

import (
	"bytes"
	"cmp"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
)

// FuzzRead looks for panics, and for histories that change by being read and
// written again.
func FuzzRead(f *testing.F) {
	golden, err := os.ReadFile(filepath.Join("testdata", "history.jsonl"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(golden)
	for line := range bytes.Lines(golden) {
		f.Add(append(slices.Clone(golden[:bytes.IndexByte(golden, '\n')+1]), line...))
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		first, err := Read(bytes.NewReader(file))
		if err != nil {
			return
		}
		again, err := Read(bytes.NewReader(write(t, first)))
		if err != nil {
			t.Fatal(err)
		}
		if again.Torn {
			t.Fatal("a history that was just written is torn")
		}
		again.Torn = first.Torn
		if diff := gocmp.Diff(first, again); diff != "" {
			t.Errorf("-read +written and read again\n%s", diff)
		}
		if len(again.Attempts) < 1000 {
			canonical(t, again)
		}
	})
}

// FuzzLine holds what we accept as a line against encoding/json: we may be
// stricter, never more lenient.
func FuzzLine(f *testing.F) {
	golden, err := os.ReadFile(filepath.Join("testdata", "history.jsonl"))
	if err != nil {
		f.Fatal(err)
	}
	for line := range bytes.Lines(golden) {
		f.Add(bytes.TrimSpace(line))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		if bytes.IndexByte(line, '\n') >= 0 {
			return
		}
		var r row
		if r.parse(line) != nil {
			return
		}
		if !json.Valid(line) {
			t.Errorf("%q was accepted, and is not JSON", line)
		}
	})
}

// write is what a recorder would have written, had the amends been known. It
// gives the entries the sequence numbers of their new lines.
func write(t testing.TB, h *History) []byte {
	t.Helper()
	out, err := encodeHeader(h.Header)
	if err != nil {
		t.Fatal(err)
	}
	type entry struct {
		seq    *uint32
		append func(*names, []byte) ([]byte, bool)
	}
	var all []entry
	for i := range h.Published {
		p := &h.Published[i]
		all = append(all, entry{&p.Seq, func(n *names, b []byte) ([]byte, bool) { return n.published(b, p) }})
	}
	for i := range h.Attempts {
		a := &h.Attempts[i]
		all = append(all, entry{&a.Seq, func(n *names, b []byte) ([]byte, bool) { return n.attempt(b, a) }})
	}
	for i := range h.Faults {
		e := &h.Faults[i]
		all = append(all, entry{&e.Seq, func(n *names, b []byte) ([]byte, bool) { return n.fault(b, e) }})
	}
	for i := range h.Senders {
		s := &h.Senders[i]
		all = append(all, entry{&s.Seq, func(n *names, b []byte) ([]byte, bool) { return n.sender(b, s) }})
	}
	for i := range h.Accounts {
		a := &h.Accounts[i]
		all = append(all, entry{&a.Seq, func(n *names, b []byte) ([]byte, bool) { return n.account(b, a) }})
	}
	for i := range h.Notes {
		e := &h.Notes[i]
		all = append(all, entry{&e.Seq, func(n *names, b []byte) ([]byte, bool) { return n.note(b, e) }})
	}
	if h.End != nil {
		all = append(all, entry{&h.End.Seq, func(n *names, b []byte) ([]byte, bool) { return n.end(b, h.End) }})
	}
	slices.SortFunc(all, func(a, b entry) int { return cmp.Compare(*a.seq, *b.seq) })
	n := newNames(h.Header)
	for i, e := range all {
		*e.seq = uint32(i + 1)
		var ok bool
		if out, ok = e.append(&n, out); !ok {
			t.Fatalf("entry %d cannot be written", i+1)
		}
	}
	return out
}
