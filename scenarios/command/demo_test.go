package command

import (
	"fmt"
	"html"
	"io"
	"net/http"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hookdrill/hookdrill/prober"
	"github.com/hookdrill/hookdrill/prober/canary"
)

// TestIncidentDemo plays the incident in virtual time, and wants what the
// prober made of it to be what really was, by the gateways and the senders.
func TestIncidentDemo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, err := incidentDemo(t.TempDir(), prober.InMemory(), 1)
		if err != nil {
			t.Fatal(err)
		}
		checkDemo(t, d, playDemo(t, d), time.Second)
	})
}

// TestRealIncidentDemo plays it on loopback, a minute in a second, as the
// command does, and asks the gate over HTTP as the demo goes on. It takes two
// and a half minutes.
func TestRealIncidentDemo(t *testing.T) {
	if os.Getenv("HOOKDRILL_REAL") == "" {
		t.Skip("not tested: the incident on real sockets: HOOKDRILL_REAL is not set")
	}
	d, err := incidentDemo(t.TempDir(), prober.Loopback(), 60)
	if err != nil {
		t.Fatal(err)
	}
	d.Listen = "127.0.0.1:0"
	said := map[string]int{}
	tell, url := logTo(t, &d), ""
	d.Tell = func(at time.Duration, text string) {
		tell(at, text)
		if base, found := strings.CutPrefix(text, "page:    "); found {
			url = base
		}
		if strings.HasPrefix(text, "the gate says") {
			status, body := get(t, url+"v1/gate/all")
			said[fmt.Sprint(status, " ", body)]++
		}
	}
	// A quarter of a second of the machine is what a standstill may cost.
	checkDemo(t, d, playDemo(t, d), 15*time.Second)
	if len(said) != 1 || said["403 fail"] != 2 {
		t.Errorf("over HTTP the gate says %v during the incident", said)
	}
}

func get(t *testing.T, url string) (status int, first string) {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		t.Error(err)
		return 0, ""
	}
	defer func() { _ = resp.Body.Close() }() // it was read
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Error(err)
	}
	first, _, _ = strings.Cut(string(body), "\n")
	return resp.StatusCode, first
}

func logTo(t *testing.T, d *canary.Demo) func(time.Duration, string) {
	starts := d.Starts
	return func(at time.Duration, text string) { t.Log(starts.Add(at).Format("15:04:05"), text) }
}

func playDemo(t *testing.T, d canary.Demo) canary.DemoResult {
	t.Helper()
	if d.Tell == nil {
		d.Tell = logTo(t, &d)
	}
	r, err := d.Play(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	if err := r.Write(&text); err != nil {
		t.Fatal(err)
	}
	t.Log(text.String())
	for line := range strings.Lines(text.String()) {
		if len(line) > 81 {
			t.Errorf("wider than a terminal: %s", line)
		}
	}
	return r
}

// checkDemo compares what the prober made of it with the truth; slack is what
// times may be off by.
func checkDemo(t *testing.T, d canary.Demo, r canary.DemoResult, slack time.Duration) {
	t.Helper()
	if len(r.Incidents) != 1 || r.Incidents[0].Phase != canary.Resolved {
		t.Fatalf("incidents: %v", r.Incidents)
	}
	impacts := map[string]*canary.Impact{}
	for _, m := range r.Incidents[0].Impacts {
		impacts[m.Region] = m
	}
	broken := 0
	for _, truth := range r.Truths {
		m := impacts[truth.Region]
		switch {
		case len(truth.Answers) == 0 && m != nil:
			t.Errorf("%s: nothing failed there, and the prober says %s", truth.Region, m.Diagnosis)
		case len(truth.Answers) > 0 && m == nil:
			t.Errorf("%s: it failed, and the prober says nothing", truth.Region)
		case m != nil:
			broken++
			checkRegion(t, d, truth, m, slack)
		}
	}
	if broken != 2 || len(r.Truths) != 3 {
		t.Fatalf("%d of %d regions broke: want prod-2 and prod-4 of three", broken, len(r.Truths))
	}
	if !impacts["prod-2"].Recovered.Before(impacts["prod-4"].Recovered) {
		t.Error("prod-2 did not recover before prod-4")
	}
	if want := "the fix is in prod-2, not in prod-4"; !strings.Contains(timeline(r.Incidents[0]), want) {
		t.Errorf("the timeline does not say that %s:\n%s", want, timeline(r.Incidents[0]))
	}
	for name, a := range r.Gates {
		if a.Status != http.StatusForbidden || a.Verdict() != "fail" {
			t.Errorf("%s: the gate says %d %s", name, a.Status, a.Text)
		}
	}
	if r.Last.Status != http.StatusOK || r.Last.Verdict() != "pass" || len(r.Gates) != 2 {
		t.Errorf("at the end the gate says %d %s", r.Last.Status, r.Last.Text)
	}
	checkSurfaces(t, r, impacts)
}

func timeline(i *canary.Incident) string {
	var all []string
	for _, e := range i.Entries {
		all = append(all, e.Text)
	}
	return strings.Join(all, "\n")
}

// checkRegion compares one region with the truth.
func checkRegion(t *testing.T, d canary.Demo, truth canary.Truth, m *canary.Impact, slack time.Duration) {
	t.Helper()
	for status, class := range map[int]canary.Class{404: canary.RouteMissing, 503: canary.Unavailable} {
		seen := 0
		for _, c := range m.Causes {
			if c.Class == class && c.Stage == canary.StageRoute {
				seen += c.Count
			}
		}
		if seen == 0 || truth.Answers[status] < seen {
			t.Errorf("%s: %d answers %d, and causes %v", truth.Region, truth.Answers[status], status, m.Causes)
		}
	}
	for _, c := range m.Causes {
		if c.Stage != canary.StageReceive && c.Class != canary.RouteMissing && c.Class != canary.Unavailable {
			t.Errorf("%s: nothing answered %v", truth.Region, c.Trouble)
		}
	}
	t.Logf("%s: failed from %s, down from %s to %s, mended %s", truth.Region, truth.FirstBad.Format(time.TimeOnly),
		truth.Down.Format(time.TimeOnly), truth.Up.Format(time.TimeOnly), truth.Mended.Format(time.TimeOnly))
	if took := m.Detected.Sub(truth.Down); took > 2*d.Interval+slack || m.Detected.Before(truth.FirstBad) || truth.Up.Sub(truth.Down) < time.Hour {
		t.Errorf("%s: detected %v after it was down; two intervals are %v", truth.Region, took, 2*d.Interval)
	}
	// While the rollout heals, answers are good and bad in turn for two or three
	// minutes. Who looks once in each may see only good ones of them.
	if m.Recovered.Before(truth.Up.Add(-slack)) || m.Recovered.After(truth.Mended.Add(2*d.Interval+slack)) {
		t.Errorf("%s: recovered %v; it answered well again from %v, and always from %v", truth.Region, m.Recovered, truth.Up, truth.Mended)
	}
	if off := (m.Longest - truth.Longest).Abs(); off > slack || m.Longest < time.Hour {
		t.Errorf("%s: the longest delay is %v, and really was %v", truth.Region, m.Longest, truth.Longest)
	}
	if m.Lost != 0 || truth.Lost != 0 || m.Delayed != truth.Delayed || m.Delayed < 60 || m.Duplicated != 0 {
		t.Errorf("%s: lost %d, delayed %d, twice %d; really lost %d, delayed %d", truth.Region, m.Lost, m.Delayed, m.Duplicated, truth.Lost, truth.Delayed)
	}
}

// checkSurfaces wants the page, the metrics and the incident to say the same.
func checkSurfaces(t *testing.T, r canary.DemoResult, impacts map[string]*canary.Impact) {
	t.Helper()
	for when, s := range map[string]canary.Seen{"in the outage": r.Outage, "at the end": r.End} {
		for _, truth := range r.Truths {
			row := rowOf(s.Page, "region-"+truth.Region)
			if len(row) != 8 {
				t.Fatalf("%s the page has no row of %s: %v", when, truth.Region, row)
			}
			verdict := row[1]
			if got := value(s.Metrics, "webhook_canary_verdict", truth.Region, `verdict="`+verdict+`"`); got != "1" {
				t.Errorf("%s the page says %s of %s, and the metric of that verdict is %q", when, verdict, truth.Region, got)
			}
			if want := map[bool]string{true: "fail", false: "pass"}[when == "in the outage" && impacts[truth.Region] != nil]; verdict != want {
				t.Errorf("%s the page says %s of %s, want %s", when, verdict, truth.Region, want)
			}
			flying, _, _ := strings.Cut(row[3], " ")
			if got := value(s.Metrics, "webhook_canary_in_flight", truth.Region); got != flying {
				t.Errorf("%s the page has %s in flight in %s, the metrics %s", when, flying, truth.Region, got)
			}
		}
	}
	if want := "In trouble: prod-2, prod-4."; !strings.Contains(r.Outage.Page, want) {
		t.Errorf("the page in the outage lacks %q", want)
	}
	if !strings.Contains(r.End.Page, ": resolved</h3>") || strings.Contains(r.End.Page, "An incident goes on") {
		t.Error("the page at the end does not say that all is well")
	}
	for region, m := range impacts {
		for name, want := range map[string]int{`delivered_total timeliness="late"`: m.Delayed, "lost_total ": m.Lost,
			"recovered_total ": 0, "duplicate_deliveries_total ": m.Duplicated, "in_flight ": 0, "region_divergent ": 0} {
			name, label, _ := strings.Cut(name, " ")
			if got := value(r.End.Metrics, "webhook_canary_"+name, region, label); got != strconv.Itoa(want) {
				t.Errorf("%s: %s is %s, the incident says %d", region, name, got, want)
			}
		}
		for _, c := range m.Causes {
			if c.Stage != canary.StageRoute {
				continue
			}
			got := value(r.End.Metrics, "webhook_canary_failures_total", region, `class="`+string(c.Class)+`"`, `stage="route_check"`)
			if n, err := strconv.Atoi(got); err != nil || n < c.Count {
				t.Errorf("%s: the metrics count %s failures %s, the incident %d", region, got, c.Class, c.Count)
			}
		}
	}
}

var (
	cells = regexp.MustCompile(`(?s)<t[hd][^>]*>(.*?)</t[hd]>`)
	tags  = regexp.MustCompile(`<[^>]*>`)
)

// rowOf returns the cells of a table's row as text.
func rowOf(page, id string) (row []string) {
	_, rest, _ := strings.Cut(page, `<tr id="`+id+`">`)
	rest, _, _ = strings.Cut(rest, "</tr>")
	for _, m := range cells.FindAllStringSubmatch(rest, -1) {
		row = append(row, strings.Join(strings.Fields(html.UnescapeString(tags.ReplaceAllString(m[1], " "))), " "))
	}
	return row
}

// value returns that of a region's series whose labels hold those given.
func value(metrics, name, region string, labels ...string) string {
	for line := range strings.Lines(metrics) {
		series, v, _ := strings.Cut(strings.TrimSpace(line), "} ")
		if !strings.HasPrefix(series, name+"{") || !strings.Contains(series, `region="`+region+`"`) {
			continue
		}
		all := true
		for _, l := range labels {
			all = all && strings.Contains(series, l)
		}
		if all {
			return v
		}
	}
	return ""
}
