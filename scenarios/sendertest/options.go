package sendertest

import (
	"time"

	"github.com/hookdrill/hookdrill/prober/policy"
	"github.com/hookdrill/hookdrill/scenarios"
	"github.com/hookdrill/hookdrill/scenarios/verdict"
)

// Option changes what Run does.
type Option func(*settings)

type settings struct {
	scenarios []scenarios.Scenario
	chosen    []string
	skipped   map[string]string
	declared  *policy.Policy
	known     []known
	strict    bool
	seed      uint64
	scale     float64
	stall     time.Duration
}

// known is what is known to come out otherwise than it should.
type known struct {
	scenario, guarantee string
	want                verdict.Status
	reason              string
	says                []string
}

// Only plays the scenarios of these names instead of the whole corpus.
func Only(names ...string) Option {
	return func(s *settings) { s.chosen = append(s.chosen, names...) }
}

// Skip leaves a scenario out, and says why in the test's output.
func Skip(name, reason string) Option { return func(s *settings) { s.skipped[name] = reason } }

// Scenario adds a scenario of your own: the text of a scenario file, and the
// name by which positions in errors call it.
func Scenario(file string, text []byte) Option {
	return func(s *settings) {
		s.scenarios = append(s.scenarios, scenarios.Scenario{Name: file, File: file, Text: text})
	}
}

// Declares says what the sender promises. A guarantee that it does not promise
// is not applicable to it. Without this option a sender that implements
// prober.Declarer speaks for itself, and any other promises nothing beyond
// taking an answer of 200 to 299 for a delivery.
func Declares(p policy.Policy) Option { return func(s *settings) { s.declared = &p } }

// KnownFailing expects a guarantee to be broken in a scenario, for a reason
// that is worth writing down. If it holds after all, the test fails: the
// entry has outlived its bug. One of the findings must contain all that says
// lists, if anything: what is broken in another way than the known one is news.
func KnownFailing(scenario, guarantee, reason string, says ...string) Option {
	return func(s *settings) {
		s.known = append(s.known, known{scenario, guarantee, verdict.Fail, reason, says})
	}
}

// KnownUnknown expects that a guarantee cannot be judged in a scenario, such
// as the recovery of a sender that has dropped all it had.
func KnownUnknown(scenario, guarantee, reason string) Option {
	return func(s *settings) {
		s.known = append(s.known, known{scenario, guarantee, verdict.Unknown, reason, nil})
	}
}

// Strict judges by what Standard Webhooks recommends instead of by what the
// sender declares.
func Strict() Option { return func(s *settings) { s.strict = true } }

// Seed plays with another seed than the scenarios' own.
func Seed(seed uint64) Option { return func(s *settings) { s.seed = seed } }

// RealTime plays in this process, in real time on loopback sockets, with scale
// scenario seconds in each second: for senders with sockets of their own, such
// as a database's. The sender divides its delays and timeouts by World.Scale.
func RealTime(scale float64) Option { return func(s *settings) { s.scale = scale } }

// Stall gives a run up when virtual time has stood still for d of real time,
// and names what holds it up; without this option after 10 s.
func Stall(d time.Duration) Option { return func(s *settings) { s.stall = d } }

func newSettings(opts []Option) *settings {
	s := &settings{skipped: make(map[string]string)}
	for _, o := range opts {
		o(s)
	}
	return s
}
