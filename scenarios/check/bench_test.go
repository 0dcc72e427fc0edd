package check

import (
	"encoding/json"
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/hookdrill/hookdrill/prober/history"
	"github.com/hookdrill/hookdrill/scenarios/plan"
	"github.com/hookdrill/hookdrill/scenarios/verdict"
)

// bulk makes a correct history of about n attempts: 60 endpoints and 400 keys,
// each event owed to one endpoint, and an outage at a third of them that makes
// every event accepted then take four attempts.
func bulk(b testing.TB, n int) (*plan.Plan, *history.History) {
	const endpoints, keys = 60, 400
	names := make([]string, endpoints)
	for i := range names {
		names[i] = fmt.Sprintf("e-%d", i)
	}
	w := newWorld(names...)
	var down []int
	for i := range endpoints / 3 {
		down = append(down, i)
	}
	events := n * 2 / 3
	span := 3 * time.Hour
	f := w.fault("outage", span/4, span*3/4, down...)
	var topics []int
	for i := range endpoints {
		topics = append(topics, i)
	}
	w.p.Streams = []plan.Stream{{For: span, Every: span / time.Duration(events), Count: events, Keys: keys, Topics: topics,
		MinBody: 256, MaxBody: 256}}
	w.h.Published = make([]history.Published, 0, events)
	w.h.Attempts = make([]history.Attempt, 0, n+n/8)
	for p := range w.p.Publishes() {
		at := p.At + sec
		w.accept(p.Key, p.Number, at)
		w.bulkEvent(int(p.Key), int(p.Number), p.Topic, at, f)
	}
	for _, name := range []string{"no-loss", "no-phantom", "order", "retry-schedule", "retry-after", "redirect",
		"duplicates", "id-stability", "signature", "crash-durability", "quiescence", "stays-up", "isolation", "recovery"} {
		w.ask(name, nil)
	}
	w.end(2*span, history.EndSettled, 0)
	w.pol.Order = "none"
	text, err := json.Marshal(w.pol)
	if err != nil {
		b.Fatal(err)
	}
	w.h.Header.Policy = text
	return w.p, w.h
}

// bulkEvent leaves the attempts in the order of their events, which is worse
// for the processor's cache than that of a recorder.
func (w *world) bulkEvent(key, number, endpoint int, at time.Duration, fault int) {
	f := &w.p.Faults[fault]
	made := uint16(1)
	for endpoint < len(f.Endpoints) && at >= f.From && at < f.Until && int(made) <= 3 {
		w.bulkAttempt(key, number, endpoint, at, 503, made).Fault = uint16(fault + 1)
		at += 100*ms + w.pol.Schedule[made-1]
		made++
	}
	w.bulkAttempt(key, number, endpoint, at, 200, made)
}

func (w *world) bulkAttempt(key, number, endpoint int, at time.Duration, status, nth uint16) *history.Attempt {
	w.request++
	a := history.Attempt{FirstByte: at, Whole: at + ms, Answered: at + 100*ms, Ended: at + 100*ms,
		ID: mix(uint64(key)<<32 + uint64(number)), Seq: w.request, Request: w.request, Endpoint: uint32(endpoint),
		Key: uint32(key), Number: uint32(number), Nth: nth, Status: status, Incarnation: 1,
		Disposition: history.AnsweredNo, Signature: history.CheckGood, Body: history.CheckGood}
	if status == 200 {
		a.Disposition = history.Acked
	}
	w.h.Attempts = append(w.h.Attempts, a)
	return &w.h.Attempts[len(w.h.Attempts)-1]
}

func BenchmarkJudge(b *testing.B) {
	for _, n := range []int{1_000_000, 10_000_000} {
		b.Run(fmt.Sprintf("attempts=%d", n), func(b *testing.B) {
			if testing.Short() && n > 1_000_000 {
				b.Skip("ten million attempts take 1.5 GiB to make")
			}
			p, h := bulk(b, n)
			runtime.GC()
			b.ReportAllocs()
			for b.Loop() {
				if j := Judge(p, h, Options{}); len(j.Reports) == 0 || find(b, j, "no-loss").Status != verdict.Pass {
					b.Fatalf("not a pass: %+v", j.Reports)
				}
			}
			b.ReportMetric(float64(len(h.Attempts)), "attempts")
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(h.Attempts)), "ns/attempt")
		})
	}
}
