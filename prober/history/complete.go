package history

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"time"
)

// Complete writes the end of a history whose writer went down together with
// the sender: that the sender crashed, detail saying how, and that the run
// ended with it. at is the newest that is known of scenario time, and planned
// the number of events that were to be published. A last line that is cut off
// is taken out, and a note says so. A history that has its end is left alone.
// The file must have its header.
func Complete(name, detail string, at time.Duration, planned int) (err error) {
	f, err := os.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		return fmt.Errorf("history: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	info, err := f.Stat()
	if err != nil {
		return fmt.Errorf("history: %w", err)
	}
	d, err := read(f, name, info.Size())
	if err != nil || d.h.End != nil {
		return err
	}
	if err := f.Truncate(d.whole); err != nil {
		return fmt.Errorf("history: %w", err)
	}
	if _, err := f.WriteAt(d.completion(detail, at, planned), d.whole); err != nil {
		return fmt.Errorf("history: %w", err)
	}
	return nil
}

// completion returns the lines that end what was read.
func (d *decoder) completion(detail string, at time.Duration, planned int) []byte {
	at = max(at, d.last)
	var lines bytes.Buffer
	// The clock stands still, and writing to memory does not fail.
	r := &Recorder{clock: func() time.Duration { return at }, names: newNames(d.h.Header), w: &lines, seq: d.seq}
	if d.h.Torn {
		r.Note(Note{Kind: NoteHarness, Text: "the last line was cut off by the crash and is gone"})
	}
	crash := SenderEvent{What: SenderCrash, Detail: detail}
	if n := len(d.h.Senders); n > 0 {
		crash.Incarnation = d.h.Senders[n-1].Incarnation
	}
	r.Sender(crash)
	// Indeterminate and late answers count once, like the event they are about.
	accepted := make(map[[2]uint32]bool)
	for _, p := range d.h.Published {
		if p.Outcome == Accepted {
			accepted[[2]uint32{p.Key, p.Number}] = true
		}
	}
	_ = r.End(End{Reason: EndCrashed, Pending: -1, Unpublished: max(0, planned-len(accepted))})
	return lines.Bytes()
}
