// Package refsender is the reference webhook sender: small, correct, durable,
// and deterministic in virtual time. It also carries one switch for each known
// bug of real senders, which proves that the guarantees can fail.
package refsender

import (
	"slices"
	"time"

	"github.com/hookdrill/hookdrill/prober/policy"
)

// Config says how the sender behaves. Start from Default: a zero Config makes
// no second attempt at anything.
type Config struct {
	// Bugs are the names of the bugs that are switched on; see Bugs.
	Bugs []string
	// Order says which events wait for the settling of earlier ones.
	Order policy.Order
	// Schedule holds the delays before attempts 2, 3, ...
	Schedule []time.Duration
	// Jitter is the share of a delay by which it may be off either way.
	Jitter float64
	// Timeout bounds one attempt, from the dial to the end of the answer; zero
	// means that nothing does.
	Timeout time.Duration
	// RetryAfterCap bounds what a Retry-After header may ask for; zero means
	// that nothing does.
	RetryAfterCap time.Duration
	// Concurrency is the most attempts in flight to one endpoint; zero means
	// that there is no limit.
	Concurrency int
	// Speed is how many scenario seconds pass in one second of the sender's
	// clock: delays and timeouts are divided by it. Zero: as the World says.
	Speed float64
	// Seed makes the jitter reproducible. Zero: as the World says.
	Seed uint64
}

// Default returns the configuration of the correct sender. Its horizon of
// about two hours and a quarter outlasts the incident hookdrill starts with.
func Default() Config {
	s, m := time.Second, time.Minute
	return Config{
		Order: policy.OrderKey,
		Schedule: []time.Duration{5 * s, 30 * s, 2 * m, 5 * m, 10 * m,
			15 * m, 20 * m, 20 * m, 30 * m, 30 * m},
		Jitter:        0.2,
		Timeout:       15 * s,
		RetryAfterCap: time.Hour,
		Concurrency:   8,
	}
}

// Policy returns what the sender declares. Bugs do not change it: a sender
// with a bug promises what the correct one does.
func (c Config) Policy() policy.Policy {
	return policy.Policy{
		Name:          "reference",
		Schedule:      slices.Clone(c.Schedule),
		Jitter:        c.Jitter,
		Timeout:       c.Timeout,
		Redirects:     policy.RedirectsNever,
		RetryAfter:    policy.RetryAfterHonoured,
		RetryAfterCap: c.RetryAfterCap,
		Order:         c.Order,
		Durability:    policy.DurabilityDisk,
		GoneDisables:  true,
		Signature:     "standard-webhooks",
		Concurrency:   c.Concurrency,
		Seam:          policy.SeamTransport,
	}
}
