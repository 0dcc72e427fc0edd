package sendertest_test

import (
	"context"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hookdrill/hookdrill/prober"
	"github.com/hookdrill/hookdrill/prober/event"
	"github.com/hookdrill/hookdrill/prober/policy"
	"github.com/hookdrill/hookdrill/scenarios/sendertest"
)

// short is a scenario of half a minute in which one endpoint fails for a while.
const short = `
version: 1
name: short
title: A short one
source: none
starts: 2026-03-02T09:00:00Z
seed: 1
endpoints:
  - {name: only}
traffic:
  - {rate: 2/s, for: 30s, to: one}
timeline:
  - {at: 10s, for: 5s, id: blip, attempts: 1, fault: {kind: status, code: 503}}
drain: {until: settled, at-most: 10m}
guarantees:
  no-loss: {}
`

// subject is a sender with options, and how that must end.
type subject struct {
	name    string
	factory prober.Factory
	opts    []sendertest.Option
	fails   bool
	reason  string
	says    []string
}

// stall keeps the watchdog's patience short: these tests wait for it.
var stall = sendertest.Stall(500 * time.Millisecond)

var only = sendertest.Only("short")

var subjects = []subject{
	{name: "correct", factory: makes(nil), opts: []sendertest.Option{only},
		reason: "it tries until it has delivered", says: []string{"PASS  short: "}},
	{name: "drops", factory: drops, opts: []sendertest.Option{only}, fails: true, reason: "it makes one attempt",
		says: []string{"no-loss: expected pass, got fail", "attempt 1   503  (blip)", "sender made no further attempt",
			"reproduce: go test -run '^TestSubject$/^short$' .", "the log's last lines:", "503 is too bad"}},
	{name: "drops, as known", factory: drops, opts: []sendertest.Option{only,
		sendertest.KnownFailing("short", "no-loss", "it makes one attempt", "attempt 1   503  (blip)")},
		reason: "that is known", says: []string{"known, fail of no-loss: it makes one attempt"}},
	{name: "drops, in another way than known", factory: drops, opts: []sendertest.Option{only,
		sendertest.KnownFailing("short", "no-loss", "it stops at 404", "attempt 1   404")}, fails: true,
		reason: "what it does is news", says: []string{`no-loss: it failed, but not in the known way: no finding says ["attempt 1   404"]`}},
	{name: "known failing that holds", factory: makes(nil), opts: []sendertest.Option{only,
		sendertest.KnownFailing("short", "no-loss", "it drops")}, fails: true,
		reason: "the entry has outlived its bug", says: []string{"no-loss: expected fail, got pass"}},
	{name: "known failing that is not judged", factory: makes(nil), opts: []sendertest.Option{only,
		sendertest.KnownFailing("short", "isolation", "it blocks")}, fails: true,
		reason: "a misspelt name would hold for ever", says: []string{"isolation: expected fail, but it is not judged in this scenario"}},
	{name: "unknown scenario", factory: makes(nil), opts: []sendertest.Option{sendertest.Only("shirt")}, fails: true,
		reason: "it would test nothing", says: []string{`sendertest: no scenario "shirt"; there are `}},
	{name: "cannot be judged", factory: silent, opts: []sendertest.Option{only}, fails: true,
		reason: "unknown is no pass", says: []string{"no-loss: expected pass, got unknown"}},
	{name: "cannot be judged, as known", factory: silent, opts: []sendertest.Option{only,
		sendertest.KnownUnknown("short", "no-loss", "it declares nothing"),
		sendertest.KnownUnknown("short", "assumptions", "the fault has hit nothing")},
		fails: false, reason: "that is known", says: []string{"known, unknown of no-loss: it declares nothing"}},
	{name: "skipped", factory: drops, opts: []sendertest.Option{only, sendertest.Skip("short", "too short for us")},
		reason: "it was not played", says: []string{"too short for us", "SKIP: TestSubject/short"}},
	{name: "not real at this seam", factory: drops, opts: []sendertest.Option{sendertest.Only("refused-then-up"),
		sendertest.Declares(policy.Policy{Seam: policy.SeamRoundTripper})}, reason: "its connections are not its own",
		says: []string{"SKIP: TestSubject/refused-then-up", "fault down acts on connecting, and the sender was joined by its round-tripper"}},

	{name: "leaks", factory: makes(func() {
		go func() { select {} }()
		go time.Sleep(1000 * time.Hour)
	}), opts: []sendertest.Option{only}, reason: "its process ends with it", says: []string{"PASS  short: "}},
	{name: "stuck", factory: makes(func() {
		stuck.Lock()
		go stuck.Lock()
	}), opts: []sendertest.Option{only, stall}, fails: true, reason: "time waits for the lock",
		says: []string{"could not play short: virtual time stands still at ", "a goroutine waits for sync.Mutex.Lock at ", "the option sendertest.RealTime"}},
	{name: "spins", factory: makes(func() {
		go spin()
	}), opts: []sendertest.Option{only, stall}, fails: true, reason: "time never stands still for it",
		says: []string{"could not play short: virtual time stands still at ", "a goroutine spins at "}},
	{name: "panics", factory: makes(func() {
		go deref(nil)
	}), opts: []sendertest.Option{only}, fails: true, reason: "a crash is a finding",
		says: []string{"stays-up: expected pass, got fail", "invalid memory address"}},
	{name: "real socket", factory: makes(func() {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err == nil {
			go func() { _, _ = l.Accept() }()
		}
	}), opts: []sendertest.Option{only, stall}, fails: true, reason: "the system knows no virtual time",
		says: []string{"could not play short: virtual time stands still at ", "the sender uses a real socket ("}},
}

// stuck is a lock that a sender takes twice: nobody in virtual time could
// release a lock that is there before it.
var stuck sync.Mutex

var spun atomic.Int64

func spin() {
	for {
		spun.Add(1)
	}
}

func deref(p *int) { *p = 1 }

// sender makes attempts until one arrives, a second apart; it ends after most
// attempts, 0: never.
type sender struct {
	world prober.World
	most  int
	once  sync.Once
	first func()

	mu   sync.Mutex
	subs []prober.Subscription
}

// makes returns the factory of a correct sender that calls first, if not nil,
// with the first event.
func makes(first func()) prober.Factory {
	return func(_ context.Context, w prober.World) (prober.Sender, error) {
		return &sender{world: w, first: first}, nil
	}
}

func drops(_ context.Context, w prober.World) (prober.Sender, error) {
	return &sender{world: w, most: 1}, nil
}

// silent accepts everything, delivers nothing, and declares nothing.
func silent(context.Context, prober.World) (prober.Sender, error) { return mute{}, nil }

type mute struct{}

func (mute) Subscribe(context.Context, prober.Subscription) error { return nil }
func (mute) Publish(context.Context, event.Event) error           { return nil }

func (s *sender) Policy() policy.Policy {
	return policy.Policy{Name: "small", Schedule: []time.Duration{time.Second}, Forever: true, Seam: policy.SeamTransport}
}

func (s *sender) Subscribe(_ context.Context, sub prober.Subscription) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.subs = append(s.subs, sub)
	return nil
}

func (s *sender) Publish(_ context.Context, e event.Event) error {
	if s.first != nil {
		s.once.Do(s.first)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, sub := range s.subs {
		if slices.Contains(sub.Topics, e.Topic) {
			go s.deliver(sub.URL, e)
		}
	}
	return nil
}

func (s *sender) deliver(url string, e event.Event) {
	client := http.Client{Transport: s.world.Transport}
	for attempt := 1; ; attempt++ {
		res, err := client.Post(url, "application/json", strings.NewReader(string(e.Body)))
		if err == nil {
			_ = res.Body.Close()
			if res.StatusCode < 300 {
				return
			}
			s.world.Log.Warn().Msgf("%d is too bad", res.StatusCode)
		}
		if attempt == s.most {
			return
		}
		time.Sleep(time.Second)
	}
}
