package canary

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/hookdrill/hookdrill/prober"
)

// TestPrometheusAndAlertmanager has the real ones watch a prober: the shipped
// rules fire for the regions that break, and for no other, Alertmanager tells
// of it, and both take it back after the regions are mended. The dashboard has
// something to draw.
func TestPrometheusAndAlertmanager(t *testing.T) {
	prometheus := tool(t, "that a real Prometheus scrapes a prober and fires the shipped rules", "prometheus")
	alertmanager := tool(t, "that a real Alertmanager receives the alerts", "prometheus-alertmanager", "alertmanager")
	t.Setenv("HOOKDRILL_LIVE_TOKEN", "live")
	var log lines
	r := newRig(t, "eu", "in", "us")
	r.c.Interval, r.c.RouteInterval, r.c.LateAfter, r.c.Cooldown = time.Second, time.Second, 4*time.Second, time.Second
	r.c.Admin = Admin{Listen: "127.0.0.1:0", Token: Secret{Env: "HOOKDRILL_LIVE_TOKEN"}}
	r.o.Log = zerolog.New(&log)
	l := r.start()
	defer l.stop(t)
	notes := &notifications{}
	hook := httptest.NewServer(notes)
	defer hook.Close()

	dir := t.TempDir()
	write(t, dir, "rules.yaml", quick(t, read(t, "prometheus/rules.yaml")))
	write(t, dir, "alertmanager.yaml", fmt.Sprintf(alertmanagerConfig, hook.URL))
	am := start(t, alertmanager, listeningOn, "--config.file="+filepath.Join(dir, "alertmanager.yaml"), "--storage.path="+filepath.Join(dir, "am"),
		"--web.listen-address=127.0.0.1:0", "--cluster.listen-address=")
	admin := strings.TrimPrefix(log.find(t, `"url":"([^"]+)"`), "http://")
	write(t, dir, "prometheus.yaml", fmt.Sprintf(prometheusConfig, am, admin))
	p := server{t, "http://" + start(t, prometheus, listeningOn, "--config.file="+filepath.Join(dir, "prometheus.yaml"),
		"--storage.tsdb.path="+filepath.Join(dir, "tsdb"), "--web.listen-address=127.0.0.1:0")}

	// A region's series are there before anything failed.
	p.wants(`min by (region) (webhook_canary_delivered_total{timeliness="on_time"}) > 2`, "eu in us")
	p.wants(`count by (region) (webhook_canary_failures_total == 0)`, "eu in us")
	p.wants(`count by (region) (webhook_canary_verdict{verdict="fail"} == 0)`, "eu in us")
	p.wants(`count by (region) (webhook_canary_delivery_latency_seconds_bucket{le="+Inf"})`, "eu in us")
	p.wants(`region:webhook_canary_bad:ratio1h == 0`, "eu in us")
	p.wants(`ALERTS`, "")
	// What gates by PromQL ask is one number from the start, never none or NaN.
	for query := range gateQueries() {
		p.number(query, 1)
	}

	r.gates["eu"].set(http.StatusNotFound)
	r.senders["in"].with(func() { r.senders["in"].refuse = &prober.StatusError{Code: 503, Gateway: true} })
	p.wants(`ALERTS{alertname="WebhookCanaryLate",alertstate="firing"}`, "eu")
	p.wants(`ALERTS{alertname="WebhookRegionDivergent",alertstate="firing"}`, "eu in")
	p.wants(`ALERTS{alertname="WebhookCanaryBurnFast",alertstate="firing"}`, "in")
	p.wants(`webhook_canary_failures_total{stage="route_check",class="http_404_route_missing"} > 0`, "eu")
	p.wants(`webhook_canary_failures_total{stage="publish",class="http_503_unavailable"} > 0`, "in")
	notes.wait(t, "firing WebhookCanaryLate eu page", "firing WebhookRegionDivergent eu page",
		"firing WebhookRegionDivergent in page", "firing WebhookCanaryBurnFast in page")
	if got := (server{t, "http://" + am}).active("WebhookCanaryLate"); got != "eu" {
		t.Errorf("Alertmanager has WebhookCanaryLate for %q, want eu", got)
	}

	for query, bad := range gateQueries() {
		p.number(query, bad)
	}
	for _, expr := range panels(t) {
		p.draws(strings.NewReplacer("$sender", "webhooks", "$region", "eu|in|us").Replace(expr))
	}

	r.gates["eu"].set(0)
	r.senders["in"].with(func() { r.senders["in"].refuse = nil })
	notes.wait(t, "resolved WebhookCanaryLate eu page", "resolved WebhookRegionDivergent eu page",
		"resolved WebhookRegionDivergent in page", "resolved WebhookCanaryBurnFast in page")
	p.wants(`ALERTS{alertname=~"WebhookCanaryLate|WebhookRegionDivergent|WebhookCanaryBurnFast"}`, "")
	notes.never(t, " us ")
}

// gateQueries are those of prober.md 4.2 for gates that ask Prometheus, with
// what they come to in the outage: Flagger's MetricTemplate, which wants one
// series, and the provider of Argo Rollouts, for which no answer is an error.
func gateQueries() map[string]float64 {
	return map[string]float64{
		`1 - clamp_max(max(webhook_canary_region_divergent), 1)`: 0,
		`sum(webhook_canary_verdict{verdict="fail"}) == bool 0`:  0,
		`min(webhook_canary_success{region="us"})`:               1,
	}
}

const alertmanagerConfig = `
route: {receiver: hook, group_by: [alertname, region], group_wait: 0s, group_interval: 1s, repeat_interval: 1h}
receivers:
  - name: hook
    webhook_configs: [{url: %q, send_resolved: true}]
`

const prometheusConfig = `
global: {scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s}
rule_files: [rules.yaml]
alerting: {alertmanagers: [{static_configs: [{targets: [%q]}]}]}
scrape_configs:
  - job_name: hookdrill
    authorization: {credentials: live}
    static_configs: [{targets: [%q]}]
`

// quick makes the rules fit a test of a minute: late_after as it is configured
// here, and short waits and windows for the alerts that are looked at. What
// they compare stays as it is shipped.
func quick(t *testing.T, rules string) string {
	t.Helper()
	for _, c := range []struct{ old, now string }{
		{"_timestamp_seconds > 120)\n        for: 1m\n", "_timestamp_seconds > 4)\n        for: 1s\n"},
		{"_divergent == 1\n        for: 5m\n", "_divergent == 1\n        for: 1s\n"},
		{"[5m]", "[5s]"},
	} {
		if !strings.Contains(rules, c.old) {
			t.Fatalf("the shipped rules have no %q any more: this test would look at other rules", c.old)
		}
		rules = strings.ReplaceAll(rules, c.old, c.now)
	}
	return rules
}

func write(t *testing.T, dir, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// server asks a Prometheus or an Alertmanager over HTTP.
type server struct {
	t   *testing.T
	url string
}

func (s server) get(path string, into any) error {
	req, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, s.url+path, nil)
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }() // it was read as far as it counts
	if resp.StatusCode != http.StatusOK {
		return errors.New(resp.Status)
	}
	return json.NewDecoder(resp.Body).Decode(into)
}

// answer is one to a query.
type answer struct {
	Data struct {
		Result []struct {
			Metric map[string]string
			Value  []any
		}
	}
}

func (s server) query(query string) (a answer, err error) {
	return a, s.get("/api/v1/query?query="+url.QueryEscape(query), &a)
}

// number waits until a query has one answer, and that is a number.
func (s server) number(query string, want float64) {
	s.t.Helper()
	eventually(s.t, query, func() (string, bool) {
		a, err := s.query(query)
		if err != nil || len(a.Data.Result) != 1 || len(a.Data.Result[0].Value) != 2 {
			return fmt.Sprintf("%v, %v", a.Data.Result, err), false
		}
		return fmt.Sprintf("%v, want %v", a.Data.Result[0].Value[1], want), a.Data.Result[0].Value[1] == fmt.Sprint(want)
	})
}

// draws wants a panel's query to be one that has an answer. What shows failures
// alone may have none.
func (s server) draws(query string) {
	s.t.Helper()
	if a, err := s.query(query); err != nil || len(a.Data.Result) == 0 && !strings.HasSuffix(query, "> 0") {
		s.t.Errorf("the dashboard's %s: %d series, %v", query, len(a.Data.Result), err)
	}
}

// wants waits until the answer to a query is about these regions alone.
func (s server) wants(query, regions string) {
	s.t.Helper()
	eventually(s.t, query, func() (string, bool) {
		a, err := s.query(query)
		if err != nil {
			return err.Error(), false // it is still starting
		}
		seen := map[string]bool{}
		for _, r := range a.Data.Result {
			seen[r.Metric["region"]] = true
		}
		got := words(seen)
		return strconv.Quote(got) + ", want " + strconv.Quote(regions), got == regions
	})
}

// active returns the regions of an alert that an Alertmanager has.
func (s server) active(name string) string {
	s.t.Helper()
	var all []struct{ Labels map[string]string }
	if err := s.get("/api/v2/alerts?filter="+url.QueryEscape("alertname="+name), &all); err != nil {
		s.t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, a := range all {
		seen[a.Labels["region"]] = true
	}
	return words(seen)
}

// notifications is what an Alertmanager tells a receiver of webhooks.
type notifications struct {
	mu   sync.Mutex
	seen map[string]bool
}

func (n *notifications) ServeHTTP(_ http.ResponseWriter, r *http.Request) {
	var m struct {
		Alerts []struct {
			Status string
			Labels map[string]string
		}
	}
	err := json.NewDecoder(r.Body).Decode(&m)
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.seen == nil {
		n.seen = map[string]bool{}
	}
	if err != nil {
		n.seen[err.Error()] = true
	}
	for _, a := range m.Alerts {
		n.seen[fmt.Sprintf("%s %s %s %s", a.Status, a.Labels["alertname"], a.Labels["region"], a.Labels["severity"])] = true
	}
}

func (n *notifications) wait(t *testing.T, want ...string) {
	t.Helper()
	eventually(t, "Alertmanager tells", func() (string, bool) {
		n.mu.Lock()
		defer n.mu.Unlock()
		for _, w := range want {
			if !n.seen[w] {
				return fmt.Sprintf("no %q among: %s", w, strings.ReplaceAll(words(n.seen), " page", " page,")), false
			}
		}
		return "", true
	})
}

func (n *notifications) never(t *testing.T, part string) {
	t.Helper()
	n.mu.Lock()
	defer n.mu.Unlock()
	for s := range n.seen {
		if strings.Contains(s, part) {
			t.Errorf("Alertmanager tells: %s", s)
		}
	}
}
