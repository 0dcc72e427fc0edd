package suite

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/hookdrill/hookdrill/prober"
	"github.com/hookdrill/hookdrill/prober/history"
	"github.com/hookdrill/hookdrill/scenarios"
	"github.com/hookdrill/hookdrill/scenarios/check"
	"github.com/hookdrill/hookdrill/scenarios/plan"
	"github.com/hookdrill/hookdrill/scenarios/verdict"
	"github.com/hookdrill/hookdrill/scenarios/virtual"
)

func foundingPlan(b *testing.B) (scenarios.Scenario, *plan.Plan) {
	b.Helper()
	s, err := scenarios.Find(scenarios.Default)
	if err != nil {
		b.Fatal(err)
	}
	p, err := s.Plan(0)
	if err != nil {
		b.Fatal(err)
	}
	return s, p
}

// BenchmarkIncident is `hookdrill run`: a child process, the founding incident
// in virtual time, its history read and judged. It is to be read next to
// BenchmarkBareExchanges.
func BenchmarkIncident(b *testing.B) {
	s, p := foundingPlan(b)
	dir := b.TempDir()
	attempts, used := 0, cpuOfChildren(b)
	for b.Loop() {
		file := filepath.Join(dir, HistoryFile)
		j := job{Scenario: s, Sender: "reference", Log: filepath.Join(dir, "log")}
		if err := j.playVirtual(b.Context(), p, file, func(time.Duration, string) {}); err != nil {
			b.Fatal(err)
		}
		h, err := history.ReadFile(file)
		if err != nil {
			b.Fatal(err)
		}
		if got := check.Judge(p, h, check.Options{}); got.Status != verdict.Pass {
			b.Fatalf("the verdict is %v", got.Status)
		}
		attempts = len(h.Attempts)
	}
	b.ReportMetric(float64(attempts), "attempts")
	b.ReportMetric((cpuOfChildren(b)-used).Seconds()/float64(b.N), "child-cpu-s/op")
}

// cpuOfChildren is what children have used that have ended. On a machine that
// others use too it says more than the time that went by.
func cpuOfChildren(b *testing.B) time.Duration {
	b.Helper()
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_CHILDREN, &used); err != nil {
		b.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// bareExchanges is how many attempts the incident has, and what they carry.
const (
	bareExchanges = 30_737
	bareHosts     = 60
	bareBody      = 2560
)

// BenchmarkBareExchanges is what net/http alone needs for as many exchanges,
// in such a child, in such a bubble, over the same network in memory.
func BenchmarkBareExchanges(b *testing.B) {
	_, p := foundingPlan(b)
	file := filepath.Join(b.TempDir(), HistoryFile)
	payload, err := json.Marshal(barePayload{Bare: true})
	if err != nil {
		b.Fatal(err)
	}
	used := cpuOfChildren(b)
	for b.Loop() {
		if _, err := virtual.Run(b.Context(), virtual.Config{Payload: payload, History: file, Starts: p.Starts}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(bareExchanges, "attempts")
	b.ReportMetric((cpuOfChildren(b)-used).Seconds()/float64(b.N), "child-cpu-s/op")
}

// barePayload is the payload of a child that plays no scenario.
type barePayload struct{ Bare bool }

// playerOf returns the player of a child of these tests.
func playerOf(payload []byte) virtual.Player {
	var p barePayload
	if json.Unmarshal(payload, &p) == nil && p.Bare {
		return playBare
	}
	return Player(payload)
}

func playBare(ctx context.Context, _ io.Writer, _ func(time.Duration, string)) error {
	n := prober.InMemory()
	var names []string
	for i := range bareHosts {
		names = append(names, fmt.Sprintf("bare-%d", i))
	}
	l, err := n.Listen(names...)
	if err != nil {
		return err
	}
	server := &http.Server{Handler: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
	})}
	var serving sync.WaitGroup
	serving.Go(func() { _ = server.Serve(l) })
	client := &http.Client{Transport: &http.Transport{DialContext: n.Dial}}
	body := bytes.Repeat([]byte("x"), bareBody)
	for i := range bareExchanges {
		url := l.URL(names[i%bareHosts])
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
		if err != nil {
			return err
		}
		res, err := client.Do(req)
		if err != nil {
			return err
		}
		_, _ = io.Copy(io.Discard, res.Body)
		_ = res.Body.Close()
	}
	client.CloseIdleConnections()
	err = server.Close()
	serving.Wait()
	return err
}
