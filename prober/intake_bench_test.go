package prober

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"runtime"
	"sync"
	"syscall"
	"testing"
	"time"

	webhook "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/hookdrill/hookdrill/prober/event"
	"github.com/hookdrill/hookdrill/prober/history"
)

const benchSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

// signed is one attempt in the bytes of the wire, as a sender in Go makes it:
// a body of that size, three headers of Standard Webhooks.
func signed(b *testing.B, path string, number uint32, size int) []byte {
	b.Helper()
	now := time.Now()
	t := token(number%40, number)
	body := event.NewBody(t, "order.paid", now, size)
	wh, err := webhook.NewWebhook(benchSecret)
	if err != nil {
		b.Fatal(err)
	}
	sig, err := wh.Sign(t.String(), now, body)
	if err != nil {
		b.Fatal(err)
	}
	req, err := http.NewRequest(http.MethodPost, "http://x"+path, bytes.NewReader(body))
	if err != nil {
		b.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Webhook-Id", t.String())
	req.Header.Set("Webhook-Timestamp", fmt.Sprint(now.Unix()))
	req.Header.Set("Webhook-Signature", sig)
	var wire bytes.Buffer
	if err := req.Write(&wire); err != nil {
		b.Fatal(err)
	}
	return wire.Bytes()
}

// pump sends requests over a few connections, each answered before the next,
// with as little of a client as there can be.
func pump(b *testing.B, dial func() (net.Conn, error), requests [][]byte) {
	b.Helper()
	const conns = 8
	var all sync.WaitGroup
	b.ReportAllocs()
	b.ResetTimer()
	began := cpuTime(b)
	for i := range conns {
		c, err := dial()
		if err != nil {
			b.Fatal(err)
		}
		all.Go(func() {
			defer c.Close()
			r := bufio.NewReader(c)
			for n := i; n < b.N; n += conns {
				if _, err := c.Write(requests[n%len(requests)]); err != nil {
					b.Error(err)
					return
				}
				if err := skipAnswer(r); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	all.Wait()
	b.StopTimer()
	b.ReportMetric(float64(cpuTime(b)-began)/float64(b.N), "cpu-ns/op")
}

// cpuTime is what this process has used: on a machine that others use too, it
// says more than the time that went by.
func cpuTime(b *testing.B) time.Duration {
	b.Helper()
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		b.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// skipAnswer reads the head of an answer without a body.
func skipAnswer(r *bufio.Reader) error {
	for {
		line, err := r.ReadSlice('\n')
		if err != nil {
			return err
		}
		if len(line) == 2 {
			return nil
		}
	}
}

// benchNetworks are the networks, with an address to dial for a listener.
var benchNetworks = []struct {
	name string
	make func() Network
}{{"loopback", Loopback}, {"memory", InMemory}}

func addrOf(b *testing.B, raw string) string {
	b.Helper()
	u, err := url.Parse(raw)
	if err != nil {
		b.Fatal(err)
	}
	if u.Port() == "" {
		return u.Host + ":80"
	}
	return u.Host
}

// BenchmarkIntake is one attempt received, identified, verified and recorded.
// It is to be read next to BenchmarkBareHandler.
func BenchmarkIntake(b *testing.B) {
	for _, size := range []int{1 << 10, 4 << 10} {
		for _, network := range benchNetworks {
			b.Run(fmt.Sprintf("%s/%d", network.name, size), func(b *testing.B) {
				n := network.make()
				start := time.Now()
				clock := func() time.Duration { return time.Since(start) }
				record, err := history.NewRecorder(io.Discard, history.Header{Run: "r1", Endpoints: []string{"one", "two"}}, clock)
				if err != nil {
					b.Fatal(err)
				}
				s, err := NewServer(ServerConfig{Run: "r1", Network: n, Clock: clock, Recorder: record, Signature: "standard-webhooks",
					Endpoints: []Endpoint{{Name: "one", Secret: benchSecret}, {Name: "two", Secret: benchSecret}}})
				if err != nil {
					b.Fatal(err)
				}
				defer func() { _ = s.Close(context.WithoutCancel(b.Context())) }()
				var requests [][]byte
				for i := range uint32(512) {
					requests = append(requests, signed(b, "/hooks/one", i+1, size))
				}
				addr := addrOf(b, s.URL(0))
				pump(b, func() (net.Conn, error) { return n.Dial(b.Context(), "tcp", addr) }, requests)
			})
		}
	}
}

// BenchmarkBareHandler is what net/http alone needs to take the same requests
// and throw them away.
func BenchmarkBareHandler(b *testing.B) {
	for _, size := range []int{1 << 10, 4 << 10} {
		for _, network := range benchNetworks {
			b.Run(fmt.Sprintf("%s/%d", network.name, size), func(b *testing.B) {
				n := network.make()
				l, err := n.Listen("one", "two")
				if err != nil {
					b.Fatal(err)
				}
				s := &http.Server{Handler: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
					_, _ = io.Copy(io.Discard, r.Body)
				})}
				var serving sync.WaitGroup
				serving.Go(func() { _ = s.Serve(l) })
				defer serving.Wait()
				defer func() { _ = s.Close() }()
				var requests [][]byte
				for i := range uint32(512) {
					requests = append(requests, signed(b, "/hooks/one", i+1, size))
				}
				addr := addrOf(b, l.URL("one"))
				pump(b, func() (net.Conn, error) { return n.Dial(b.Context(), "tcp", addr) }, requests)
			})
		}
	}
}

// BenchmarkIdleEndpoints is what an endpoint costs that nobody has asked yet.
func BenchmarkIdleEndpoints(b *testing.B) {
	const many = 100_000
	for _, network := range benchNetworks {
		b.Run(network.name, func(b *testing.B) {
			for b.Loop() {
				var before, after runtime.MemStats
				runtime.GC()
				runtime.ReadMemStats(&before)
				cfg := ServerConfig{Network: network.make(), Clock: func() time.Duration { return 0 }, Recorder: new(history.Recorder), Signature: "standard-webhooks"}
				for i := range many {
					cfg.Endpoints = append(cfg.Endpoints, Endpoint{Name: fmt.Sprintf("eu-%d", i), Secret: benchSecret})
				}
				s, err := NewServer(cfg)
				if err != nil {
					b.Fatal(err)
				}
				cfg.Endpoints = nil
				runtime.GC()
				runtime.ReadMemStats(&after)
				b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/many, "B/endpoint")
				if err := s.Close(context.WithoutCancel(b.Context())); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
