package policy

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// leastDisable is how long an endpoint has to fail before Standard Webhooks,
// which retries for days, would have it disabled.
const leastDisable = 24 * time.Hour

// Deviations says in short sentences in what the policy declares less than
// Standard Webhooks 1.0.0 recommends, or other than it. What a policy leaves
// open counts: a customer cannot rely on it. A sender whose order is looser or
// stricter does not deviate, since the specification says nothing of order.
func (p Policy) Deviations() []string {
	d := slices.Concat(p.statusDeviations(), p.scheduleDeviations())
	for _, s := range []string{p.redirectDeviation(), p.retryAfterDeviation(), p.durabilityDeviation(),
		p.signatureDeviation()} {
		if s != "" {
			d = append(d, s)
		}
	}
	if !p.GoneDisables {
		d = append(d, "does not disable an endpoint that answers 410")
	}
	if p.DisablesFailures > 0 {
		d = append(d, fmt.Sprintf("disables an endpoint after %d failures in a row", p.DisablesFailures))
	}
	if p.DisablesAfter > 0 && p.DisablesAfter < leastDisable {
		d = append(d, fmt.Sprintf("disables an endpoint after %s of failures", p.DisablesAfter))
	}
	if p.CrashRepeats > 0 {
		d = append(d, fmt.Sprintf("sends up to %d delivered events again after a crash", p.CrashRepeats))
	}
	if p.Repeats {
		d = append(d, "sends delivered events again by design")
	}
	return d
}

func (p Policy) redirectDeviation() string {
	switch p.Redirects {
	case RedirectsNever:
		return ""
	case "":
		return "does not say whether it follows redirects"
	default:
		return "follows redirects"
	}
}

func (p Policy) retryAfterDeviation() string {
	switch {
	case p.RetryAfter == "":
		return "does not say what it does with Retry-After"
	case p.RetryAfter != RetryAfterHonoured:
		return "ignores Retry-After"
	case p.RetryAfterCap != 0:
		return fmt.Sprintf("honours Retry-After up to %s only", p.RetryAfterCap)
	default:
		return ""
	}
}

func (p Policy) durabilityDeviation() string {
	switch p.Durability {
	case DurabilityDisk:
		return ""
	case "":
		return "does not say what survives a kill"
	default:
		return "keeps accepted events in memory: a kill loses them"
	}
}

func (p Policy) signatureDeviation() string {
	switch want := Standard().Signature; p.Signature {
	case want:
		return ""
	case "":
		return "does not sign attempts"
	default:
		return fmt.Sprintf("signs by %s, not by %s", p.Signature, want)
	}
}

// statusDeviations compares what each status means, not how the ranges are cut.
func (p Policy) statusDeviations() []string {
	var d []string
	success := func(status int) bool { return status >= 200 && status <= 299 }
	for _, rule := range []struct {
		sentence string
		odd      func(status int) bool
	}{
		{"counts %s as delivered", func(s int) bool { return p.Delivered(s) && !success(s) }},
		{"counts %s as failed", func(s int) bool { return !p.Delivered(s) && success(s) }},
		{"makes no further attempt after %s", func(s int) bool { return p.Final(s) && !success(s) && !p.Delivered(s) && s != 410 }},
	} {
		if list := statuses(rule.odd); list != "" {
			d = append(d, fmt.Sprintf(rule.sentence, list))
		}
	}
	return d
}

// Bounds of what the specification recommends ("Operational considerations"):
// retries over more than a day, and 15 to 30 seconds for an answer.
const (
	leastHorizon = 24 * time.Hour
	leastTimeout = 15 * time.Second
	mostTimeout  = 30 * time.Second
)

func (p Policy) scheduleDeviations() []string {
	var d []string
	var total time.Duration
	for _, delay := range p.Schedule {
		total += delay
	}
	switch n := len(p.Schedule); {
	case n == 0:
		d = append(d, "declares no retry schedule")
	default:
		if !p.Forever && total < leastHorizon {
			d = append(d, fmt.Sprintf("keeps trying for %s, less than a day", total))
		}
		if !slices.IsSorted(p.Schedule) || p.Schedule[0] == p.Schedule[n-1] {
			d = append(d, "retries at delays that do not grow")
		}
		if p.Jitter == 0 {
			d = append(d, "retries without jitter")
		}
	}
	switch {
	case p.Timeout == 0:
		d = append(d, "declares no timeout")
	case p.Timeout < leastTimeout || p.Timeout > mostTimeout:
		d = append(d, fmt.Sprintf("waits %s for an answer, not %s to %s", p.Timeout, leastTimeout, mostTimeout))
	}
	return d
}

// statuses lists the statuses from 100 to 599 for which is holds, as ranges.
func statuses(is func(int) bool) string {
	var list []string
	for s := 100; s <= 599; s++ {
		if !is(s) {
			continue
		}
		from := s
		for s < 599 && is(s+1) {
			s++
		}
		if from == s {
			list = append(list, strconv.Itoa(s))
		} else {
			list = append(list, fmt.Sprintf("%d-%d", from, s))
		}
	}
	return strings.Join(list, ", ")
}
