package canary

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestLatencyRatioInAnOutage has a region deliver one canary in eight, at once,
// and hold the others back: the few that arrive must not make it look fast.
func TestLatencyRatioInAnOutage(t *testing.T) {
	s := newStory(t, testSettings(), "us", "eu")
	s.play(40)
	for n := range 40 {
		s.hold["eu"] = n%8 != 0
		s.play(1)
	}
	if got := s.m.Snapshot().Regions[1].LatencyRatio; got < 100 {
		t.Errorf("in an outage the ratio is %v", got)
	}
}

// TestBudgetGauges wants what is left of a minute, an hour and the day to be
// what was not published in them, after a restart too.
func TestBudgetGauges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, "eu", "us")
		r.c.Budget = Budget{PerMinute: 20, PerDay: 300, InFlight: 100}
		left := func(l *life, window string) float64 {
			return l.metric(t, "webhook_canary_budget_remaining", "window="+window)
		}
		l := r.start()
		for window, want := range map[string]float64{"minute": 20, "hour": 300, "day": 300} {
			if got := l.metric(t, "webhook_canary_budget_limit", "window="+window); got != want {
				t.Errorf("%s: the limit is %v, want %v", window, got, want)
			}
		}
		time.Sleep(5 * time.Minute)
		n := float64(r.senders["eu"].count() + r.senders["us"].count())
		if n < 58 || left(l, "minute") != 8 || left(l, "hour") != 300-n || left(l, "day") != 300-n {
			t.Errorf("after %v canaries %v, %v and %v are left", n, left(l, "minute"), left(l, "hour"), left(l, "day"))
		}
		r.crash(l)
		time.Sleep(2 * time.Minute)
		l = r.start()
		synctest.Wait()
		n = float64(r.senders["eu"].count() + r.senders["us"].count())
		if got := left(l, "hour"); got != 300-n {
			t.Errorf("after a restart %v are left of the hour, of %v published", got, n)
		}
		l.stop(t)
	})
}

// TestLabels holds the series against prober.md 3.2: names, labels and values
// of labels, all of them there before anything has happened.
func TestLabels(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, "eu", "us")
		r.c.Env, r.c.Sender = "prod", "hooks"
		l := &life{Prober: New(r.c, r.o)}
		families, err := l.metrics.registry.Gather()
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]int{}
		for _, f := range families {
			got[f.GetName()] = len(f.GetMetric())
			for _, m := range f.GetMetric() {
				labels := map[string]string{}
				for _, p := range m.GetLabel() {
					labels[p.GetName()] = p.GetValue()
				}
				if strings.HasPrefix(f.GetName(), "webhook_canary_") && (labels["env"] != "prod" || labels["sender"] != "hooks" || labels["probe"] != "canary") {
					t.Errorf("%s has the labels %v", f.GetName(), labels)
				}
			}
		}
		const regions, classes, stages = 2, 21, 4
		for name, want := range map[string]int{
			"webhook_canary_publish_requests_total":                       regions * (classes + 1),
			"webhook_canary_published_total":                              regions,
			"webhook_canary_delivered_total":                              regions * 2,
			"webhook_canary_lost_total":                                   regions,
			"webhook_canary_recovered_total":                              regions,
			"webhook_canary_duplicate_deliveries_total":                   regions,
			"webhook_canary_out_of_order_deliveries_total":                regions,
			"webhook_canary_rejected_deliveries_total":                    regions * 6,
			"webhook_canary_failures_total":                               regions * classes * stages,
			"webhook_canary_skipped_total":                                regions * 7,
			"webhook_canary_delivery_latency_seconds":                     regions,
			"webhook_canary_publish_duration_seconds":                     regions,
			"webhook_canary_delivery_attempts":                            regions,
			"webhook_prober_schedule_delay_seconds":                       regions,
			"webhook_canary_in_flight":                                    regions,
			"webhook_canary_oldest_in_flight_timestamp_seconds":           regions,
			"webhook_canary_last_published_timestamp_seconds":             regions,
			"webhook_canary_last_delivered_timestamp_seconds":             regions,
			"webhook_canary_success":                                      regions,
			"webhook_canary_verdict":                                      regions * 4,
			"webhook_canary_region_divergent":                             regions,
			"webhook_canary_region_success_ratio_delta":                   regions,
			"webhook_canary_region_latency_ratio":                         regions,
			"webhook_canary_circuit_open":                                 regions,
			"webhook_canary_budget_limit":                                 3,
			"webhook_canary_budget_remaining":                             3,
			"webhook_prober_config_last_reload_successful":                1,
			"webhook_prober_config_last_reload_success_timestamp_seconds": 1,
			"webhook_prober_build_info":                                   1,
		} {
			if got[name] != want {
				t.Errorf("%s: %d series, want %d", name, got[name], want)
			}
			delete(got, name)
		}
		if len(got) > 0 {
			t.Errorf("prober.md has no %v", got)
		}
	})
}

// TestBuckets wants the classic buckets of prober.md 3.2, and native ones.
func TestBuckets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, "eu")
		l := &life{Prober: New(r.c, r.o)}
		for name, want := range map[string][]float64{
			"webhook_canary_delivery_latency_seconds": {0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 7200, 14400},
			"webhook_canary_publish_duration_seconds": {0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10},
			"webhook_canary_delivery_attempts":        {1, 2, 3, 5, 8, 13, 21},
			"webhook_prober_schedule_delay_seconds":   {0.001, 0.01, 0.1, 1, 5, 30},
		} {
			h := l.series(t, name).GetHistogram()
			var got []float64
			for _, b := range h.GetBucket() {
				got = append(got, b.GetUpperBound())
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", name, diff)
			}
			if h.GetSchema() != 3 || h.GetZeroThreshold() == 0 { // a factor of 1.1 is schema 3
				t.Errorf("%s is not native: schema %d", name, h.GetSchema())
			}
		}
	})
}
