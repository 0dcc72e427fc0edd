package command

import (
	"regexp"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hookdrill/hookdrill/prober"
	"github.com/hookdrill/hookdrill/prober/canary"
	"github.com/hookdrill/hookdrill/scenarios/verdict"
)

// TestIncidentDemo plays the incident in virtual time, and wants what the
// prober made of it to be what really was, by the gateways and the senders.
func TestIncidentDemo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, err := incidentDemo(t.TempDir(), prober.InMemory(), 1)
		if err != nil {
			t.Fatal(err)
		}
		d.Tell = func(at time.Duration, text string) { t.Log(d.Starts.Add(at).Format("15:04:05"), text) }
		r, err := d.Play(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var text strings.Builder
		if err := r.Write(&text); err != nil {
			t.Fatal(err)
		}
		t.Log(text.String())
		checkDemo(t, d, r)
	})
}

func checkDemo(t *testing.T, d canary.Demo, r canary.DemoResult) {
	t.Helper()
	if len(r.Incidents) != 1 || r.Incidents[0].Phase != canary.Resolved {
		t.Fatalf("incidents: %v", r.Incidents)
	}
	i := r.Incidents[0]
	impacts := map[string]*canary.Impact{}
	for _, m := range i.Impacts {
		impacts[m.Region] = m
	}
	for _, truth := range r.Truths {
		m := impacts[truth.Region]
		if len(truth.Answers) == 0 {
			if m != nil {
				t.Errorf("%s: nothing failed there, and the prober says %s", truth.Region, m.Diagnosis)
			}
			continue
		}
		if m == nil {
			t.Errorf("%s: it failed, and the prober says nothing", truth.Region)
			continue
		}
		checkRegion(t, d, truth, m)
	}
	if !impacts["prod-2"].Recovered.Before(impacts["prod-4"].Recovered) {
		t.Error("prod-2 did not recover before prod-4")
	}
	for name, a := range r.Gates {
		if a.Verdict != verdict.Fail {
			t.Errorf("%s: the gate says %v", name, a.Verdict)
		}
	}
	if r.Last.Verdict != verdict.Pass {
		t.Errorf("at the end the gate says %v: %v", r.Last.Verdict, r.Last.Reasons)
	}
	checkSurfaces(t, r, impacts)
}

// checkRegion compares one region with the truth.
func checkRegion(t *testing.T, d canary.Demo, truth canary.Truth, m *canary.Impact) {
	t.Helper()
	for status, class := range map[int]canary.Class{404: canary.RouteMissing, 503: canary.Unavailable} {
		seen := false
		for _, c := range m.Causes {
			seen = seen || c.Class == class
		}
		if seen != (truth.Answers[status] > 0) {
			t.Errorf("%s: %d answers %d, and causes %v", truth.Region, truth.Answers[status], status, m.Causes)
		}
	}
	if took := m.Detected.Sub(truth.Total); took > 2*d.Interval+5*time.Second {
		t.Errorf("%s: detected %v after it was down", truth.Region, took)
	}
	if off := m.Recovered.Sub(truth.Mended); off < -d.Interval || off > 2*d.Interval {
		t.Errorf("%s: recovered %v after it was mended", truth.Region, off)
	}
	if off := (m.Longest - truth.Longest).Abs(); off > time.Second {
		t.Errorf("%s: the longest delay is %v, and really was %v", truth.Region, m.Longest, truth.Longest)
	}
	if m.Lost != 0 || truth.Lost != 0 || m.Delayed != truth.Delayed || m.Duplicated != 0 {
		t.Errorf("%s: lost %d, delayed %d, twice %d; really lost %d, delayed %d", truth.Region, m.Lost, m.Delayed, m.Duplicated, truth.Lost, truth.Delayed)
	}
}

// checkSurfaces wants the page and the metrics to say the same.
func checkSurfaces(t *testing.T, r canary.DemoResult, impacts map[string]*canary.Impact) {
	t.Helper()
	for _, want := range []string{`<td class="fail">fail</td>`, "our route is missing in prod-"} {
		if !strings.Contains(r.Outage, want) && !strings.Contains(r.Outage, "backend is unavailable") {
			t.Errorf("the page in the outage lacks %s", want)
		}
	}
	if strings.Count(r.Page, `class="pass">pass`) != len(r.Truths) || !strings.Contains(r.Page, ": resolved</h3>") {
		t.Error("the page at the end does not say that all is well")
	}
	for region, m := range impacts {
		late := regexp.MustCompile(`webhook_canary_delivered_total\{[^}]*region="` + region + `"[^}]*timeliness="late"\} (\d+)`).FindStringSubmatch(r.Metrics)
		if late == nil || late[1] != strconv.Itoa(m.Delayed) {
			t.Errorf("%s: metrics count %v as late, the incident %d", region, late, m.Delayed)
		}
	}
	if strings.Contains(r.Metrics, "webhook_canary_lost_total{env=\"\",probe=\"canary\",region=\"prod-2\",sender=\"webhooks\"} 0") == false {
		t.Error("metrics do not count 0 as lost in prod-2")
	}
}
