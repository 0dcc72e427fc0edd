package history

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestComplete(t *testing.T) {
	whole, want := record(t)
	cut := bytes.LastIndexByte(whole[:len(whole)-1], '\n') + 1 // before the end
	want.End = nil
	for _, row := range []struct {
		text, reason string
		at           time.Duration
		torn         bool
	}{
		{string(whole[:cut]), "a crash between two lines", time.Minute, false},
		{string(whole[:cut+9]), "a crash within a line", time.Minute, true},
		{string(whole[:cut]), "an offset that is older than the last entry", time.Millisecond, false},
	} {
		name := filepath.Join(t.TempDir(), "history.jsonl")
		if err := os.WriteFile(name, []byte(row.text), 0o600); err != nil {
			t.Fatal(err)
		}
		for range 2 { // the second time finds the end and changes nothing
			if err := Complete(name, "panic: boom", row.at, 7); err != nil {
				t.Fatalf("%s: %v", row.reason, err)
			}
		}
		got, err := ReadFile(name)
		if err != nil {
			t.Fatalf("%s: %v", row.reason, err)
		}
		at, seq := max(row.at, 12*time.Millisecond), uint32(14)
		expect := *want
		expect.Notes = slices.Clip(want.Notes)
		if row.torn {
			expect.Notes = append(expect.Notes, Note{Seq: seq, At: at, Kind: NoteHarness, Text: "the last line was cut off by the crash and is gone"})
			seq++
		}
		expect.Senders = append(slices.Clip(want.Senders),
			SenderEvent{Seq: seq, At: at, What: SenderCrash, Incarnation: 1, Detail: "panic: boom"})
		// Of the fixture's publishes, one was accepted.
		expect.End = &End{Seq: seq + 1, At: at, Reason: EndCrashed, Pending: -1, Unpublished: 6}
		if diff := cmp.Diff(&expect, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", row.reason, diff)
		}
	}
}

func TestCompleteErrors(t *testing.T) {
	dir := t.TempDir()
	for _, row := range []struct{ file, text, want, reason string }{
		{"empty", "", "DIR/empty: line 1: header: the file is empty", "the crash came before the run"},
		{"half", `{"kind":"hea`, "DIR/half: line 1: header: unexpected end of JSON input", "half a header says nothing"},
		{"none", "-", "history: open DIR/none: no such file or directory", "nothing to complete"},
	} {
		name := filepath.Join(dir, row.file)
		if row.text != "-" {
			if err := os.WriteFile(name, []byte(row.text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		err := Complete(name, "panic: boom", 0, 0)
		if err == nil || strings.ReplaceAll(err.Error(), dir, "DIR") != row.want {
			t.Errorf("%s: %v, want %s", row.reason, err, row.want)
		}
		if left, err := os.ReadFile(name); row.text != "-" && (err != nil || string(left) != row.text) {
			t.Errorf("%s: the file is now %q, %v", row.reason, left, err)
		}
	}
}
