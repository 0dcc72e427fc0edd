// Package policy holds what a sender declares about itself. What is judged is
// scenario and policy: a guarantee that a sender does not promise is
// not-applicable to it.
package policy

import (
	"slices"
	"time"
)

// Policy is what one sender promises, in the words the guarantees use. It
// travels in the history's header as JSON.
type Policy struct {
	// Name is what reports call the sender.
	Name string `json:"name"`
	// Success lists the answers that count as delivered; empty means 200-299.
	Success []StatusRange `json:"success,omitempty"`
	// Permanent lists the answers after which the sender makes no further
	// attempt at that event, by policy; empty means none.
	Permanent []StatusRange `json:"permanent,omitempty"`
	// Schedule holds the delays before attempts 2, 3, ...; empty means that
	// the sender declares none, and retry-schedule does not apply to it.
	Schedule []time.Duration `json:"schedule_ns,omitempty"`
	// Forever says that the last delay of Schedule repeats without end.
	Forever bool `json:"forever,omitempty"`
	// Jitter is the share of a delay by which it may be off either way: 0.2
	// for plus or minus 20 %.
	Jitter float64 `json:"jitter,omitempty"`
	// Timeout bounds one whole attempt; zero means none is declared.
	Timeout time.Duration `json:"timeout_ns,omitempty"`
	// Redirects says what the sender does with a 3xx answer.
	Redirects Redirects `json:"redirects"`
	// RetryAfter says what it does with a Retry-After header.
	RetryAfter RetryAfter `json:"retry_after"`
	// RetryAfterCap bounds the honoured value; zero means no bound.
	RetryAfterCap time.Duration `json:"retry_after_cap_ns,omitempty"`
	// Order says which events arrive in the order in which they were published.
	Order Order `json:"order"`
	// Durability says what survives a kill.
	Durability Durability `json:"durability"`
	// CrashRepeats is the most delivered events that it sends again after one
	// kill, beside those that were in flight.
	CrashRepeats int `json:"crash_repeats,omitempty"`
	// DisablesAfter is for how long an endpoint must have failed without a
	// success before the sender stops sending to it, and DisablesFailures how
	// many times in a row; zero: that is no reason for it.
	DisablesAfter    time.Duration `json:"disables_after_ns,omitempty"`
	DisablesFailures int           `json:"disables_failures,omitempty"`
	// GoneDisables says that a 410 discharges the sender from an endpoint.
	GoneDisables bool `json:"gone_disables,omitempty"`
	// Signature names the scheme of package signature that signs attempts;
	// empty means that attempts are not signed.
	Signature string `json:"signature,omitempty"`
	// Concurrency is the most attempts in flight to one endpoint; zero means
	// that none is declared.
	Concurrency int `json:"concurrency,omitempty"`
	// Repeats says that the sender sends delivered events again by design.
	Repeats bool `json:"repeats,omitempty"`
	// Broadcast says that the sender knows no topics: every endpoint hears of
	// every event.
	Broadcast bool `json:"broadcast,omitempty"`
	// Seam says by which part of net/http an in-process sender was joined.
	Seam Seam `json:"seam,omitempty"`
}

// Redirects is a rule for 3xx answers.
type Redirects string

// The rules for 3xx answers. The zero value declares nothing.
const (
	RedirectsNever  Redirects = "never"
	RedirectsFollow Redirects = "follow"
)

// RetryAfter is a rule for Retry-After headers.
type RetryAfter string

// The rules for Retry-After headers. The zero value declares nothing.
const (
	RetryAfterHonoured RetryAfter = "honoured"
	RetryAfterIgnored  RetryAfter = "ignored"
)

// Order is a promise about sequence.
type Order string

// The promises about sequence. The zero value promises nothing.
const (
	OrderNone     Order = "none"
	OrderKey      Order = "key"
	OrderEndpoint Order = "endpoint"
)

// Durability is a promise about kills.
type Durability string

// The promises about kills. The zero value promises nothing.
const (
	DurabilityMemory Durability = "memory"
	DurabilityDisk   Durability = "disk"
)

// Seam is the place at which an in-process sender lets the harness in.
type Seam string

// The seams, from the one that leaves all fault layers real to the one that
// leaves the fewest. Real sockets of a sender's own leave real time only.
const (
	SeamDial         Seam = "dial"
	SeamTransport    Seam = "transport"
	SeamRoundTripper Seam = "round-tripper"
	SeamClient       Seam = "client"
)

// StatusRange is a closed range of HTTP status codes.
type StatusRange struct {
	From int `json:"from"`
	To   int `json:"to"`
}

// Delivered reports whether an answer with this status counts as delivered.
func (p Policy) Delivered(status int) bool {
	if len(p.Success) == 0 {
		return status >= 200 && status <= 299
	}
	return contains(p.Success, status)
}

// Final reports whether the sender declares that it makes no further attempt
// after an answer with this status.
func (p Policy) Final(status int) bool {
	return contains(p.Permanent, status) || (status == 410 && p.GoneDisables)
}

// MaxAttempts returns how many attempts the schedule allows; zero means that
// there is no declared bound.
func (p Policy) MaxAttempts() int {
	if p.Forever || len(p.Schedule) == 0 {
		return 0
	}
	return len(p.Schedule) + 1
}

// Delay returns the declared delay before attempt n (from 2), without jitter,
// and false where the schedule has no such attempt.
func (p Policy) Delay(n int) (time.Duration, bool) {
	switch {
	case n < 2 || len(p.Schedule) == 0:
		return 0, false
	case n-2 < len(p.Schedule):
		return p.Schedule[n-2], true
	case p.Forever:
		return p.Schedule[len(p.Schedule)-1], true
	default:
		return 0, false
	}
}

// Spread returns the least and the most that a declared delay may become by
// jitter.
func (p Policy) Spread(delay time.Duration) (least, most time.Duration) {
	off := time.Duration(float64(delay) * p.Jitter)
	return max(delay-off, 0), delay + off
}

// MaxGap returns the longest delay of the schedule with its jitter.
func (p Policy) MaxGap() time.Duration {
	if len(p.Schedule) == 0 {
		return 0
	}
	_, most := p.Spread(slices.Max(p.Schedule))
	return most
}

// Horizon returns the longest time for which the sender keeps trying one
// event: all delays with their jitter, and the timeout of each attempt. False
// means that it declares no end, or no schedule.
func (p Policy) Horizon() (time.Duration, bool) {
	if p.Forever || len(p.Schedule) == 0 {
		return 0, false
	}
	total := p.Timeout
	for _, d := range p.Schedule {
		_, most := p.Spread(d)
		total += most + p.Timeout
	}
	return total, true
}

// Standard returns what Standard Webhooks 1.0.0 recommends
// (spec/standard-webhooks.md, "Operational considerations"): the yardstick of
// a strict judgement.
func Standard() Policy {
	h := time.Hour
	return Policy{
		Name: "standard-webhooks",
		Schedule: []time.Duration{5 * time.Second, 5 * time.Minute, 30 * time.Minute,
			2 * h, 5 * h, 10 * h, 14 * h, 20 * h, 24 * h},
		Jitter: 0.2, Timeout: 30 * time.Second,
		Redirects: RedirectsNever, RetryAfter: RetryAfterHonoured,
		Order: OrderNone, Durability: DurabilityDisk, GoneDisables: true,
		Signature: "standard-webhooks",
	}
}

func contains(ranges []StatusRange, status int) bool {
	return slices.ContainsFunc(ranges, func(r StatusRange) bool { return r.From <= status && status <= r.To })
}
