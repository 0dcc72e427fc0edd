package scenarios

import (
	"testing"
	"time"

	"github.com/hookdrill/hookdrill/prober"
	"github.com/hookdrill/hookdrill/scenarios/plan"
)

func TestTriggers(t *testing.T) {
	var fired []time.Duration
	var all triggers
	all.add(&plan.Trigger{Milestone: string(prober.RequestWhole), Endpoints: []int{1, 3}, Nth: 2, By: time.Minute},
		func(at time.Duration) { fired = append(fired, at) })
	for _, step := range []struct {
		reason   string
		endpoint int
		m        prober.Milestone
		at       time.Duration
		fires    bool
	}{
		{"another endpoint does not count", 2, prober.RequestWhole, 1 * time.Second, false},
		{"another milestone does not count", 1, prober.RequestHeaders, 2 * time.Second, false},
		{"the first", 1, prober.RequestWhole, 3 * time.Second, false},
		{"the second, at another of its endpoints", 3, prober.RequestWhole, 4 * time.Second, true},
		{"it fires once", 3, prober.RequestWhole, 5 * time.Second, false},
	} {
		before := len(fired)
		all.reached(step.endpoint, step.m, step.at)
		if got := len(fired) > before; got != step.fires {
			t.Errorf("%s: fired is %v", step.reason, got)
		}
	}
	if all.open(time.Second) {
		t.Error("a trigger that has fired waits still")
	}
}

func TestTriggerTooLate(t *testing.T) {
	var all triggers
	all.add(&plan.Trigger{Milestone: string(prober.AfterAnswer), Endpoints: []int{0}, Nth: 1, By: time.Minute},
		func(time.Duration) { t.Error("a trigger fired after its time") })
	if !all.open(time.Minute) {
		t.Error("it does not wait at its last instant")
	}
	if all.open(time.Minute + 1) {
		t.Error("it waits after its time")
	}
	all.reached(0, prober.AfterAnswer, time.Minute+1)
}
