package canary

import (
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"
)

const shipped = "../../deploy/"

func read(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(shipped + name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestRules runs the unit tests of the alert rules.
func TestRules(t *testing.T) {
	promtool, err := exec.LookPath("promtool")
	if err != nil {
		t.Skip("promtool is not here: apt-get install prometheus")
	}
	for _, args := range [][]string{{"check", "rules", "rules.yaml"}, {"test", "rules", "rules_test.yaml"}} {
		cmd := exec.CommandContext(t.Context(), promtool, args...)
		cmd.Dir = shipped + "prometheus"
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("promtool %s: %v\n%s", strings.Join(args, " "), err, out)
		}
	}
}

// TestShippedNamesExist wants every series that rules and dashboard name to be
// one that a prober with nothing to tell exports already.
func TestShippedNamesExist(t *testing.T) {
	s := newStory(t, testSettings(), "eu")
	exported := map[string]bool{}
	for line := range strings.Lines(call(desk(t, s, ""), "GET", "/metrics", "").Body.String()) {
		if name, _, ok := strings.Cut(line, "{"); ok && !strings.HasPrefix(line, "#") {
			exported[name] = true
		} else if name, _, ok := strings.Cut(line, " "); ok {
			exported[name] = true
		}
	}
	series := regexp.MustCompile(`\b(webhook_(?:canary|prober)_[a-z_]+)\b`)
	for _, file := range []string{"prometheus/rules.yaml", "grafana/webhook-canaries.json"} {
		named := series.FindAllString(read(t, file), -1)
		if len(named) < 10 {
			t.Errorf("%s names %d series: this test looked at nothing", file, len(named))
		}
		for _, name := range named {
			if !exported[name] && !strings.HasSuffix(name, "_bad") {
				t.Errorf("%s names %s, which nobody exports", file, name)
			}
		}
	}
}

// panels returns the queries of the dashboard.
func panels(t *testing.T) []string {
	t.Helper()
	var d struct {
		Panels []struct {
			Targets []struct{ Expr string }
		}
	}
	if err := json.Unmarshal([]byte(read(t, "grafana/webhook-canaries.json")), &d); err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, p := range d.Panels {
		for _, target := range p.Targets {
			all = append(all, target.Expr)
		}
	}
	if len(d.Panels) < 10 || len(all) < len(d.Panels) {
		t.Errorf("%d panels with %d queries", len(d.Panels), len(all))
	}
	return all
}

func TestDashboard(t *testing.T) {
	for _, expr := range panels(t) {
		if strings.Count(expr, "(") != strings.Count(expr, ")") {
			t.Error(expr)
		}
	}
}

// TestKubernetes reads the configuration and the profile within the manifests
// as a prober would. The manifests themselves are tested beside them.
func TestKubernetes(t *testing.T) {
	dir := t.TempDir()
	for doc := range strings.SplitSeq(read(t, "kubernetes/hookdrill-probe.yaml"), "\n---\n") {
		var m struct {
			Data map[string]string `yaml:"data"`
		}
		if err := yaml.Unmarshal([]byte(doc), &m); err != nil {
			t.Fatal(err)
		}
		for name, text := range m.Data {
			write(t, dir, name, text)
		}
	}
	c, err := Load(filepath.Join(dir, "probe.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Describe(io.Discard); err != nil {
		t.Error(err)
	}
}

func TestUnit(t *testing.T) {
	unit := read(t, "systemd/hookdrill-probe.service")
	for _, want := range []string{"ExecStart=/usr/local/bin/hookdrill probe --config ", "ExecReload=/bin/kill -HUP $MAINPID", "TimeoutStopSec=30s", "StateDirectory="} {
		if !strings.Contains(unit, want) {
			t.Errorf("the unit lacks %s", want)
		}
	}
	// The program is where this test runs from, not where the unit wants it.
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	analyze := tool(t, "that systemd knows every setting of the unit", "systemd-analyze")
	dir := t.TempDir()
	write(t, dir, "hookdrill-probe.service", strings.Replace(unit, "/usr/local/bin/hookdrill", self, 1))
	verify := exec.CommandContext(t.Context(), analyze, "verify", "--man=no", "--recursive-errors=no", filepath.Join(dir, "hookdrill-probe.service"))
	if out, err := verify.CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("systemd-analyze verify: %v\n%s", err, out)
	}
}
