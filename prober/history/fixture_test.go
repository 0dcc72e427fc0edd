package history

import (
	"bytes"
	"encoding/json"
	"testing"
	"time"
)

func testHeader() Header {
	return Header{
		Schema: Schema, Scenario: "two-endpoints", Text: "version: 1\nname: \"two <endpoints>\"\n", File: "two.yaml",
		Seed: 18446744073709551615, Run: "r1", World: Virtual, Scale: 1,
		Starts: time.Date(2025, 12, 10, 3, 2, 0, 0, time.UTC), Sender: "reference",
		Policy:    json.RawMessage(`{"name":"reference"}`),
		Endpoints: []string{"eu-0", `in-"1"`}, Faults: []string{"update", "é"}, Build: "hookdrill test",
	}
}

// clockOf returns a clock that goes on by one millisecond each time it is read.
func clockOf() func() time.Duration {
	var now time.Duration
	return func() time.Duration { now += time.Millisecond; return now }
}

// recordAll records one entry of each kind and shape, and returns what a
// reader must make of them.
func recordAll(t testing.TB, r *Recorder) *History {
	t.Helper()
	ms := time.Millisecond
	want := &History{Header: testHeader()}
	sender := SenderEvent{What: SenderReady, Incarnation: 1, Detail: "pid 12"}
	r.Sender(sender)
	sender.Seq, sender.At = 1, ms
	want.Senders = append(want.Senders, sender)

	for i, p := range []Published{
		{Key: 0, Number: 1, Try: 1, Outcome: Indeterminate, Error: "dial: \"x\"\n\x00é\u2028 \\"},
		{Planned: 7, Called: 8, Key: 4294967295, Number: 4294967295, Try: 65535, Incarnation: 65535, Outcome: Accepted, Late: true},
		{Key: 1, Number: 1, Try: 2, Outcome: Refused},
	} {
		r.Published(p)
		p.Seq, p.At = uint32(2+i), ms*time.Duration(2+i)
		want.Published = append(want.Published, p)
	}

	on := FaultEvent{Fault: 1, What: FaultOn, Endpoints: []uint32{1, 0}}
	hits := FaultEvent{Fault: 0, What: FaultHits, Hits: 3, Inferred: true}
	r.Fault(on)
	r.Fault(hits)
	on.Seq, on.At = 5, 5*ms
	hits.Seq, hits.At = 6, 6*ms
	want.Faults = append(want.Faults, on, hits)

	rows := []Attempt{
		{FirstByte: 1, Whole: 2, Answered: 3, Ended: 4, ID: 1<<64 - 1, Request: 1, Conn: 2, Endpoint: 1, Key: 17, Number: 204,
			Bytes: 4096, Nth: 3, Status: 404, RetryAfter: 120, Fault: 2, Incarnation: 2, Disposition: AnsweredNo,
			Signature: CheckStale, Body: CheckBad, Trap: true, Resent: true},
		{Endpoint: 0, Request: 1},
	}
	r.Attempts(rows)
	late := []Attempt{{FirstByte: 9, Request: 2, Status: 204, Disposition: Acked, Signature: CheckGood, Body: CheckGood}}
	r.Attempts(late)
	want.Attempts = append(want.Attempts, rows...)
	want.Attempts = append(want.Attempts, late...)
	want.Attempts[1].Ended, want.Attempts[2].Ended = 7*ms, 8*ms

	note := Note{Kind: NoteDeploy, Text: "eu-0: no route"}
	r.Note(note)
	note.Seq, note.At = 10, 9*ms
	want.Notes = append(want.Notes, note)

	account := Account{Endpoint: 1, Key: 17, Number: 204, State: AccountFailed, Said: `given "up"`}
	r.Account(account)
	account.Seq, account.At = 11, 10*ms
	want.Accounts = append(want.Accounts, account)

	r.Amend(Amend{Request: 2, Disposition: Aborted})
	r.Amend(Amend{Request: 2, Disposition: Ambiguous})
	want.Attempts[2].Disposition = Ambiguous

	end := End{Reason: EndSettled, Pending: -1, Unpublished: 2}
	if err := r.End(end); err != nil {
		t.Fatal(err)
	}
	end.Seq, end.At = 14, 13*ms
	want.End = &end
	for i := range want.Attempts {
		want.Attempts[i].Seq = uint32(7 + i)
	}
	return want
}

// record returns the file of recordAll, and what to read from it.
func record(t testing.TB) ([]byte, *History) {
	t.Helper()
	var file bytes.Buffer
	r, err := NewRecorder(&file, testHeader(), clockOf())
	if err != nil {
		t.Fatal(err)
	}
	want := recordAll(t, r)
	return file.Bytes(), want
}
