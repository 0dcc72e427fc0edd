package history

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"
	"unsafe"
)

func benchHeader() Header {
	h := testHeader()
	h.Endpoints = nil
	for _, region := range []string{"us-", "eu-", "in-"} {
		for i := range 20 {
			h.Endpoints = append(h.Endpoints, region+string(rune('a'+i)))
		}
	}
	return h
}

func benchAttempt(i uint32) Attempt {
	at := time.Duration(i) * 180_000_007
	a := Attempt{FirstByte: at, Whole: at + 41_000, Answered: at + 120_003_111, Ended: at + 120_050_000,
		ID: uint64(i)*0x9e3779b97f4a7c15 + 1, Request: i + 1, Conn: i/10 + 1, Endpoint: i % 60,
		Key: i % 40, Number: i/40 + 1, Bytes: 2048, Nth: 1, Status: 204, Incarnation: 1,
		Disposition: Acked, Signature: CheckGood, Body: CheckGood}
	if i%3 == 0 {
		a.Status, a.Disposition, a.Fault = 404, AnsweredNo, 1
	}
	return a
}

func BenchmarkRecord(b *testing.B) {
	start := time.Now()
	r, err := NewRecorder(io.Discard, benchHeader(), func() time.Duration { return time.Since(start) })
	if err != nil {
		b.Fatal(err)
	}
	b.Run("one", func(b *testing.B) {
		b.ReportAllocs()
		rows := []Attempt{benchAttempt(7)}
		for b.Loop() {
			r.Attempts(rows)
		}
	})
	b.Run("parallel", func(b *testing.B) {
		b.ReportAllocs()
		b.RunParallel(func(pb *testing.PB) {
			rows := []Attempt{benchAttempt(7)}
			for pb.Next() {
				r.Attempts(rows)
			}
		})
	})
}

// BenchmarkRead reads a file of b.N attempts, and says what one costs on disk
// and in memory.
func BenchmarkRead(b *testing.B) {
	name := filepath.Join(b.TempDir(), "history.jsonl")
	f, err := os.Create(name)
	if err != nil {
		b.Fatal(err)
	}
	r, err := NewRecorder(f, benchHeader(), clockOf())
	if err != nil {
		b.Fatal(err)
	}
	for i := range uint32(b.N) {
		r.Attempts([]Attempt{benchAttempt(i)})
	}
	if err := errors.Join(r.End(End{}), f.Close()); err != nil {
		b.Fatal(err)
	}
	info, err := os.Stat(name)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	b.ResetTimer()
	h, err := ReadFile(name)
	b.StopTimer()
	if err != nil || len(h.Attempts) != b.N {
		b.Fatalf("%d attempts, want %d: %v", len(h.Attempts), b.N, err)
	}
	b.ReportMetric(float64(info.Size())/float64(b.N), "file-B/attempt")
	b.ReportMetric(float64(cap(h.Attempts))*float64(unsafe.Sizeof(Attempt{}))/float64(b.N), "mem-B/attempt")
}

func BenchmarkCanonical(b *testing.B) {
	var file bytes.Buffer
	r, err := NewRecorder(&file, benchHeader(), clockOf())
	if err != nil {
		b.Fatal(err)
	}
	for i := range uint32(50_000) {
		r.Attempts([]Attempt{benchAttempt(i)})
	}
	if err := r.End(End{}); err != nil {
		b.Fatal(err)
	}
	h, err := Read(&file)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if err := h.WriteCanonical(io.Discard); err != nil {
			b.Fatal(err)
		}
	}
}
