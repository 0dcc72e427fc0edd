package history

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func canonical(t testing.TB, h *History) string {
	t.Helper()
	var b strings.Builder
	if err := h.WriteCanonical(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestCanonicalForm(t *testing.T) {
	_, h := record(t)
	got := canonical(t, h)
	name := filepath.Join("testdata", "canonical.jsonl")
	if *update {
		if err := os.WriteFile(name, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); diff != "" {
		t.Errorf("-golden +canonical\n%s", diff)
	}
}

func TestCanonicalFormIgnoresChanceAlone(t *testing.T) {
	base := func() *History {
		return &History{
			Header:    testHeader(),
			Published: []Published{{Seq: 1, At: 5, Key: 1, Number: 1, Outcome: Refused, Error: "port 4711"}},
			Attempts: []Attempt{
				{Seq: 2, FirstByte: 10, Ended: 11, Key: 1, Number: 1, Nth: 1, Request: 1, Conn: 1, ID: 77, Disposition: AnsweredNo},
				{Seq: 3, FirstByte: 10, Ended: 11, Key: 2, Number: 1, Nth: 1, Request: 2, Conn: 2, ID: 78},
				{Seq: 4, FirstByte: 20, Ended: 21, Key: 1, Number: 1, Nth: 2, Request: 3, Conn: 1, ID: 77, Disposition: Acked},
			},
			Notes: []Note{{Seq: 5, At: 6, Kind: NoteMark, Text: "identified"}},
		}
	}
	tests := []struct {
		reason string
		change func(*History)
		same   bool
	}{
		{"the order of entries of one instant", func(h *History) {
			a := h.Attempts
			a[0], a[1] = a[1], a[0]
			a[0].Seq, a[1].Seq = 2, 3
		}, true},
		{"requests and connections", func(h *History) { h.Attempts[0].Request, h.Attempts[0].Conn = 9, 9 }, true},
		{"ids that are random but stable", func(h *History) { h.Attempts[0].ID, h.Attempts[2].ID = 5, 5 }, true},
		{"an id that changes on the retry", func(h *History) { h.Attempts[2].ID = 5 }, false},
		{"an id that goes away", func(h *History) { h.Attempts[2].ID = 0 }, false},
		{"the text of an error", func(h *History) { h.Published[0].Error = "port 4712" }, true},
		{"an outcome", func(h *History) { h.Published[0].Outcome = Indeterminate }, false},
		{"what the harness says", func(h *History) { h.Notes = append(h.Notes, Note{Seq: 6, At: 7, Kind: NoteHarness}) }, true},
		{"a mark", func(h *History) { h.Notes[0].Text = "resolved" }, false},
		{"a nanosecond", func(h *History) { h.Attempts[0].Ended++ }, false},
		{"a disposition", func(h *History) { h.Attempts[2].Disposition = Ambiguous }, false},
		{"an attempt less", func(h *History) { h.Attempts = h.Attempts[:2] }, false},
		{"an end", func(h *History) { h.End = &End{At: 30} }, false},
		{"a fault", func(h *History) { h.Faults = []FaultEvent{{What: FaultOn}} }, false},
		{"a step of the sender", func(h *History) { h.Senders = []SenderEvent{{What: SenderKill}} }, false},
	}
	for _, tt := range tests {
		t.Run(tt.reason, func(t *testing.T) {
			h := base()
			tt.change(h)
			if diff := cmp.Diff(canonical(t, base()), canonical(t, h)); (diff == "") != tt.same {
				t.Errorf("same is %v, want %v: %s", diff == "", tt.same, diff)
			}
		})
	}
}

func TestCanonicalLeavesTheHistoryAlone(t *testing.T) {
	file, want := record(t)
	h, err := Read(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	canonical(t, h)
	if diff := cmp.Diff(want, h); diff != "" {
		t.Errorf("-before +after\n%s", diff)
	}
}

type failingWriter struct{ after int }

var errDisk = errors.New("no space left on device")

func (w *failingWriter) Write(p []byte) (int, error) {
	if w.after < len(p) {
		return w.after, errDisk
	}
	w.after -= len(p)
	return len(p), nil
}

func TestCanonicalErrors(t *testing.T) {
	_, h := record(t)
	if err := h.WriteCanonical(&failingWriter{}); !errors.Is(err, errDisk) {
		t.Errorf("got %v, want %v", err, errDisk)
	}
	h.Attempts[0].Endpoint = 2
	want := "history: an entry names what the header does not"
	if err := h.WriteCanonical(io.Discard); err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}
