package refsender

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"sync"
	"testing"

	"github.com/hookdrill/hookdrill/prober"
)

// BenchmarkDeliver measures what one delivery costs, from Publish to the end
// of the answer: the engine, net/http on both sides, the network in memory.
// The clock is the real one, since a bubble's would show no time passing;
// endpoints answer at once.
func BenchmarkDeliver(b *testing.B) {
	const endpoints = 60
	names := make([]string, endpoints)
	for i := range names {
		names[i] = fmt.Sprintf("e%d", i)
	}
	var left sync.WaitGroup
	network := prober.InMemory()
	l, err := network.Listen(names...)
	if err != nil {
		b.Fatal(err)
	}
	srv := &http.Server{Handler: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		left.Done()
	})}
	var served sync.WaitGroup
	served.Go(func() { _ = srv.Serve(l) })
	defer served.Wait()
	defer func() { _ = srv.Close() }()

	w := prober.World{Transport: &http.Transport{DialContext: network.Dial}}
	s, err := New(Default())(b.Context(), w)
	if err != nil {
		b.Fatal(err)
	}
	for _, n := range names {
		sub := prober.Subscription{Endpoint: n, URL: l.URL(n) + "/hooks/" + n, Secret: testSecret, Topics: []string{n}}
		if err := s.Subscribe(b.Context(), sub); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportAllocs()
	b.ResetTimer()
	// Not b.Loop, which stops the clock before the last answers are in.
	for i := range b.N {
		seq := uint32(i + 1)
		left.Add(1)
		if err := s.Publish(b.Context(), newEvent(names[seq%endpoints], seq%40, seq)); err != nil {
			b.Fatal(err)
		}
	}
	left.Wait()
	b.StopTimer()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
	if err := s.(prober.Stopper).Stop(context.Background()); err != nil {
		b.Error(err)
	}
}
