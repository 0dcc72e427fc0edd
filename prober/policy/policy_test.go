package policy

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestDelivered(t *testing.T) {
	registry := Policy{Success: []StatusRange{{200, 299}, {300, 399}}}
	cloudEvents := Policy{Success: []StatusRange{{200, 202}, {204, 204}}}
	tests := []struct {
		reason string
		policy Policy
		status int
		want   bool
	}{
		{"2xx where nothing is declared", Policy{}, 200, true},
		{"the last of 2xx", Policy{}, 299, true},
		{"not yet 2xx", Policy{}, 199, false},
		{"no longer 2xx", Policy{}, 300, false},
		{"no answer is no success", Policy{}, 0, false},
		{"the second range counts", registry, 302, true},
		{"beyond the ranges", registry, 400, false},
		{"a declaration replaces 2xx", cloudEvents, 203, false},
		{"a range of one", cloudEvents, 204, true},
	}
	for _, tt := range tests {
		if got := tt.policy.Delivered(tt.status); got != tt.want {
			t.Errorf("%s: %d is delivered: %v, want %v", tt.reason, tt.status, got, tt.want)
		}
	}
}

func TestFinal(t *testing.T) {
	alertmanager := Policy{Permanent: []StatusRange{{300, 499}}}
	tests := []struct {
		reason string
		policy Policy
		status int
		want   bool
	}{
		{"nothing is final unless declared", Policy{}, 404, false},
		{"not even gone", Policy{}, 410, false},
		{"gone ends what it disables", Policy{GoneDisables: true}, 410, true},
		{"gone alone", Policy{GoneDisables: true}, 404, false},
		{"declared", alertmanager, 404, true},
		{"beyond what is declared", alertmanager, 500, false},
		{"no answer", alertmanager, 0, false},
	}
	for _, tt := range tests {
		if got := tt.policy.Final(tt.status); got != tt.want {
			t.Errorf("%s: %d is final: %v, want %v", tt.reason, tt.status, got, tt.want)
		}
	}
}

func TestSchedule(t *testing.T) {
	s := time.Second
	none := Policy{Forever: true, Timeout: s}
	three := Policy{Schedule: []time.Duration{5 * s, 60 * s, 10 * s}, Jitter: 0.2, Timeout: 30 * s}
	forever := Policy{Schedule: []time.Duration{1 * s, 3 * s}, Forever: true}
	type delay struct {
		after time.Duration
		ok    bool
	}
	tests := []struct {
		reason   string
		policy   Policy
		attempts int
		delays   []delay // before attempts 1, 2, ...
		gap      time.Duration
		horizon  time.Duration
		hasHoriz bool
	}{
		{reason: "none declared, whatever else is", policy: none, delays: []delay{{}, {}, {}}},
		{reason: "a schedule that ends", policy: three, attempts: 4,
			delays: []delay{{}, {5 * s, true}, {60 * s, true}, {10 * s, true}, {}},
			gap:    72 * s, horizon: 6*s + 72*s + 12*s + 4*30*s, hasHoriz: true},
		{reason: "the last delay repeats", policy: forever,
			delays: []delay{{}, {1 * s, true}, {3 * s, true}, {3 * s, true}, {3 * s, true}}, gap: 3 * s},
	}
	for _, tt := range tests {
		t.Run(tt.reason, func(t *testing.T) {
			if got := tt.policy.MaxAttempts(); got != tt.attempts {
				t.Errorf("at most %d attempts, want %d", got, tt.attempts)
			}
			for i, want := range tt.delays {
				if got, ok := tt.policy.Delay(i + 1); got != want.after || ok != want.ok {
					t.Errorf("attempt %d after %s and %v, want %s and %v", i+1, got, ok, want.after, want.ok)
				}
			}
			if got, ok := tt.policy.Delay(-1); got != 0 || ok {
				t.Errorf("attempt -1 after %s and %v", got, ok)
			}
			if got := tt.policy.MaxGap(); got != tt.gap {
				t.Errorf("the longest gap is %s, want %s", got, tt.gap)
			}
			if got, ok := tt.policy.Horizon(); got != tt.horizon || ok != tt.hasHoriz {
				t.Errorf("the horizon is %s and %v, want %s and %v", got, ok, tt.horizon, tt.hasHoriz)
			}
		})
	}
}

func TestSpread(t *testing.T) {
	tests := []struct {
		reason      string
		jitter      float64
		least, most time.Duration
	}{
		{"none", 0, time.Minute, time.Minute},
		{"either way", 0.2, 48 * time.Second, 72 * time.Second},
		{"all of it", 1, 0, 2 * time.Minute},
		{"no delay is negative", 1.5, 0, 150 * time.Second},
	}
	for _, tt := range tests {
		least, most := Policy{Jitter: tt.jitter}.Spread(time.Minute)
		if least != tt.least || most != tt.most {
			t.Errorf("%s: %s to %s, want %s to %s", tt.reason, least, most, tt.least, tt.most)
		}
	}
}

// Histories hold policies as JSON, and outlive this version.
func TestPolicyAsJSON(t *testing.T) {
	tests := []struct {
		reason string
		policy Policy
		want   string
	}{
		{"what is not declared is left out", Policy{}, `{"name":"","redirects":"","retry_after":"","order":"","durability":""}`},
		{"all that can be declared", Policy{
			Name: "all", Success: []StatusRange{{200, 399}}, Permanent: []StatusRange{{404, 404}},
			Schedule: []time.Duration{time.Second}, Forever: true, Jitter: 0.5, Timeout: 2 * time.Second,
			Redirects: RedirectsFollow, RetryAfter: RetryAfterIgnored, RetryAfterCap: 3 * time.Second,
			Order: OrderKey, Durability: DurabilityMemory, GoneDisables: true, Signature: "github",
			Concurrency: 4, Repeats: true, Seam: SeamClient,
		}, `{"name":"all","success":[{"from":200,"to":399}],"permanent":[{"from":404,"to":404}],"schedule_ns":[1000000000],` +
			`"forever":true,"jitter":0.5,"timeout_ns":2000000000,"redirects":"follow","retry_after":"ignored",` +
			`"retry_after_cap_ns":3000000000,"order":"key","durability":"memory","gone_disables":true,"signature":"github",` +
			`"concurrency":4,"repeats":true,"seam":"client"}`},
	}
	for _, tt := range tests {
		got, err := json.Marshal(tt.policy)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(tt.want, string(got)); diff != "" {
			t.Errorf("%s: -want +got\n%s", tt.reason, diff)
		}
		var again Policy
		if err := json.Unmarshal(got, &again); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(tt.policy, again); diff != "" {
			t.Errorf("%s: -written +read\n%s", tt.reason, diff)
		}
	}
}
