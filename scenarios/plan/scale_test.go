package plan

import (
	"testing"
	"time"

	"github.com/hookdrill/hookdrill/chaos"
	"github.com/hookdrill/hookdrill/prober/policy"
)

func TestCheckScale(t *testing.T) {
	fault := func(f chaos.Fault) *Plan {
		return &Plan{Faults: []Fault{{ID: "f-1", Line: 9, Value: f, From: time.Minute, Until: 3 * time.Minute,
			Ends: []time.Duration{2 * time.Minute}}}}
	}
	for _, row := range []struct {
		reason string
		plan   *Plan
		scale  float64
		policy policy.Policy
		want   string
	}{
		{"nothing in the plan depends on the clock", &Plan{}, 60, policy.Policy{}, ""},
		{"a header in whole seconds becomes less than one", fault(chaos.Fault{RetryAfter: 20 * time.Second}), 60, policy.Policy{},
			"line 9: f-1 asks senders to wait for 20s, which at scale 60 is 333.3ms of the 1s it needs (Retry-After counts whole seconds): the scale can be at most 20"},
		{"exactly a second is left", fault(chaos.Fault{RetryAfter: time.Minute}), 60, policy.Policy{}, ""},
		{"a stall against a timeout that is still long", fault(chaos.Fault{Stalls: true}), 60, policy.Policy{Timeout: 30 * time.Second}, ""},
		{"a stall against a timeout that is noise when scaled", fault(chaos.Fault{Stalls: true}), 60, policy.Policy{Timeout: 6 * time.Second},
			"line 9: f-1 stalls against a timeout of 6s, which at scale 60 is 100ms of the 200ms it needs (a busy machine is that slow by itself): the scale can be at most 30"},
		{"no fault stalls", fault(chaos.Fault{}), 60, policy.Policy{Timeout: 6 * time.Second}, ""},
		{"a window that a heal cuts to a minute", fault(chaos.Fault{}), 2000, policy.Policy{},
			"line 9: f-1 lasts for 1m, which at scale 2000 is 30ms of the 50ms it needs (attempts would not meet it): the scale can be at most 1200"},
		{"a kill too short to be one", &Plan{Verbs: []Verb{{ID: "kill-1", Line: 4, For: time.Second}}}, 60, policy.Policy{},
			"line 4: kill-1 keeps the sender away for 1s, which at scale 60 is 16.7ms of the 50ms it needs (a process needs that long to go and come): the scale can be at most 20"},
		{"more events than a driver publishes", &Plan{Streams: []Stream{{Every: 10 * time.Millisecond}}}, 60, policy.Policy{},
			"traffic gives a thousand events in 10s, which at scale 60 is 166.7ms of the 200ms it needs (a driver publishes no faster): the scale can be at most 50"},
		{"slower than the scenario is always possible", fault(chaos.Fault{RetryAfter: time.Second}), 0.5, policy.Policy{}, ""},
		{"time cannot stand still", &Plan{}, 0, policy.Policy{}, "scale 0: must be above 0 and at most 10000"},
	} {
		t.Run(row.reason, func(t *testing.T) {
			got := ""
			if err := row.plan.CheckScale(row.scale, row.policy); err != nil {
				got = err.Error()
			}
			if got != row.want {
				t.Errorf("got  %s\nwant %s", got, row.want)
			}
		})
	}
}
