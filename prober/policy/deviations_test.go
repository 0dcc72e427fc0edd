package policy

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestDeviations(t *testing.T) {
	tests := []struct {
		reason string
		change func(*Policy)
		want   []string
	}{
		{"the yardstick itself", func(*Policy) {}, nil},
		{"more than is asked for", func(p *Policy) { p.Order, p.Concurrency, p.Forever = OrderKey, 1, true }, nil},
		{"2xx written out", func(p *Policy) { p.Success = []StatusRange{{200, 249}, {250, 299}} }, nil},
		{"a 3xx counts", func(p *Policy) { p.Success = []StatusRange{{200, 399}} }, []string{"counts 300-399 as delivered"}},
		{"not all of 2xx", func(p *Policy) { p.Success = []StatusRange{{200, 202}, {204, 204}} }, []string{"counts 203, 205-299 as failed"}},
		{"gives up on some", func(p *Policy) { p.Permanent = []StatusRange{{404, 404}, {410, 410}, {400, 401}} },
			[]string{"makes no further attempt after 400-401, 404"}},
		{"final but delivered is no giving up", func(p *Policy) { p.Permanent = []StatusRange{{200, 299}} }, nil},
		{"no retries", func(p *Policy) { p.Schedule, p.Jitter = nil, 0 }, []string{"declares no retry schedule"}},
		{"a short schedule", func(p *Policy) { p.Schedule = []time.Duration{time.Second, time.Hour} },
			[]string{"keeps trying for 1h0m1s, less than a day"}},
		{"short, but without end", func(p *Policy) { p.Schedule, p.Forever = []time.Duration{time.Second, time.Hour}, true }, nil},
		{"always the same delay", func(p *Policy) { p.Schedule = []time.Duration{13 * time.Hour, 13 * time.Hour} },
			[]string{"retries at delays that do not grow"}},
		{"shorter again", func(p *Policy) { p.Schedule = []time.Duration{13 * time.Hour, time.Hour, 14 * time.Hour} },
			[]string{"retries at delays that do not grow"}},
		{"no jitter", func(p *Policy) { p.Jitter = 0 }, []string{"retries without jitter"}},
		{"no timeout", func(p *Policy) { p.Timeout = 0 }, []string{"declares no timeout"}},
		{"a short timeout", func(p *Policy) { p.Timeout = time.Second }, []string{"waits 1s for an answer, not 15s to 30s"}},
		{"a long timeout", func(p *Policy) { p.Timeout = time.Minute }, []string{"waits 1m0s for an answer, not 15s to 30s"}},
		{"redirects", func(p *Policy) { p.Redirects = RedirectsFollow }, []string{"follows redirects"}},
		{"Retry-After ignored", func(p *Policy) { p.RetryAfter = RetryAfterIgnored }, []string{"ignores Retry-After"}},
		{"Retry-After capped", func(p *Policy) { p.RetryAfterCap = time.Minute }, []string{"honours Retry-After up to 1m0s only"}},
		{"memory", func(p *Policy) { p.Durability = DurabilityMemory }, []string{"keeps accepted events in memory: a kill loses them"}},
		{"410 is as any other", func(p *Policy) { p.GoneDisables = false }, []string{"does not disable an endpoint that answers 410"}},
		{"unsigned", func(p *Policy) { p.Signature = "" }, []string{"does not sign attempts"}},
		{"signed otherwise", func(p *Policy) { p.Signature = "github" }, []string{"signs by github, not by standard-webhooks"}},
		{"disables soon", func(p *Policy) { p.DisablesFailures, p.DisablesAfter = 5, time.Hour },
			[]string{"disables an endpoint after 5 failures in a row", "disables an endpoint after 1h0m0s of failures"}},
		{"disables after days, as is asked for", func(p *Policy) { p.DisablesAfter = 5 * 24 * time.Hour }, nil},
		{"repeats after a crash", func(p *Policy) { p.CrashRepeats = 7 }, []string{"sends up to 7 delivered events again after a crash"}},
		{"repeats", func(p *Policy) { p.Repeats = true }, []string{"sends delivered events again by design"}},
		{"nothing declared", func(p *Policy) { *p = Policy{} }, []string{
			"declares no retry schedule", "declares no timeout", "does not say whether it follows redirects",
			"does not say what it does with Retry-After", "does not say what survives a kill",
			"does not sign attempts", "does not disable an endpoint that answers 410"}},
	}
	for _, tt := range tests {
		t.Run(tt.reason, func(t *testing.T) {
			p := Standard()
			tt.change(&p)
			if diff := cmp.Diff(tt.want, p.Deviations()); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}
