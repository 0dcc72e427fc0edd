package canary

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"
)

// TestNativeHistograms has a real Prometheus take native histograms, which only
// the protobuf format has, and asks it for quantiles of them.
func TestNativeHistograms(t *testing.T) {
	prometheus := tool(t, "that a real Prometheus reads native histograms", "prometheus")
	var log lines
	r := newRig(t, "eu", "us")
	r.c.Interval, r.c.RouteInterval = time.Second, time.Second
	r.c.Admin = Admin{Listen: "127.0.0.1:0"}
	r.o.Log = zerolog.New(&log)
	r.senders["eu"].with(func() { r.senders["eu"].tells = true })
	l := r.start()
	defer l.stop(t)
	dir := t.TempDir()
	native, flag := nativeSettings(t, prometheus)
	write(t, dir, "prometheus.yaml", fmt.Sprintf(nativeConfig, native, strings.TrimPrefix(log.find(t, `"url":"([^"]+)"`), "http://")))
	p := server{t, "http://" + start(t, prometheus, listeningOn, append(flag, "--config.file="+filepath.Join(dir, "prometheus.yaml"),
		"--storage.tsdb.path="+filepath.Join(dir, "tsdb"), "--web.listen-address=127.0.0.1:0")...)}

	p.wants(`histogram_count(webhook_canary_delivery_latency_seconds) > 5`, "eu us")
	p.wants(`histogram_quantile(0.99, sum by (region) (rate(webhook_canary_delivery_latency_seconds[10s]))) < 5`, "eu us")
	p.wants(`histogram_quantile(0.5, rate(webhook_canary_publish_duration_seconds[10s])) >= 0`, "eu us")
	p.wants(`histogram_quantile(0.5, rate(webhook_prober_schedule_delay_seconds[10s])) >= 0`, "eu us")
	// Each delivery took one attempt: the median lies in the bucket around 1.
	p.wants(`histogram_quantile(0.5, webhook_canary_delivery_attempts) > 0.9 < 1.1`, "eu")
	// What was asked was no classic one.
	p.wants(`webhook_canary_delivery_latency_seconds_bucket`, "")
	p.wants(`webhook_canary_published_total`, "eu us")
}

// nativeConfig scrapes by protobuf.
const nativeConfig = `
global: {scrape_interval: 1s, scrape_timeout: 1s%s}
scrape_configs:
  - {job_name: hookdrill, static_configs: [{targets: [%q]}]}
`

// nativeSettings returns what makes a Prometheus take native histograms: a
// setting since 3.8, and a flag before.
func nativeSettings(t *testing.T, prometheus string) (setting string, flags []string) {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), prometheus, "--version").CombinedOutput()
	m := regexp.MustCompile(`version (\d+)\.(\d+)`).FindSubmatch(out)
	if err != nil || m == nil {
		t.Fatalf("%s --version: %v\n%s", prometheus, err, out)
	}
	major, _ := strconv.Atoi(string(m[1])) // they are digits
	minor, _ := strconv.Atoi(string(m[2]))
	if major > 3 || major == 3 && minor >= 8 {
		return ", scrape_native_histograms: true", nil
	}
	return "", []string{"--enable-feature=native-histograms"}
}
