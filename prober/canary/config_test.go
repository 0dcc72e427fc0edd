package canary

import (
	"bytes"
	"flag"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files")

const minimal = `version: 1
allow: {hosts: [canary.example.com]}
regions:
  - {name: eu, profile: p.yaml, receive: {listen: "127.0.0.1:9001", url: "https://canary.example.com/eu"}}
`

func TestLoad(t *testing.T) {
	c, err := Load("testdata/full.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if c.LostAfter != 84*time.Hour || c.Keys != 4 || c.Regions[1].Receive.Cert != "testdata/tls.crt" || c.State != "testdata/probe.db" ||
		len(c.Windows) != 2 || !c.Windows[1].Once || c.Windows[0].From != 22*time.Hour || c.Admin.Token.Env != "HOOKDRILL_TOKEN" ||
		c.OTLP.Interval != 30*time.Second || c.OTLP.Headers["api-key"].Env != "OTLP_KEY" || c.OTLP.CA != "testdata/collector.pem" {
		t.Errorf("read as %+v", c)
	}
	golden(t, "dry-run.txt", func(b *bytes.Buffer) error { return c.Describe(b) })
}

// golden compares what f writes with a file of testdata.
func golden(t *testing.T, name string, f func(*bytes.Buffer) error) {
	t.Helper()
	var b bytes.Buffer
	if err := f(&b); err != nil {
		t.Fatal(err)
	}
	name = "testdata/" + name
	if *update {
		if err := os.WriteFile(name, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), b.String()); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}

func TestDefaults(t *testing.T) {
	c, err := Parse("p.yaml", []byte(minimal))
	if err != nil {
		t.Fatal(err)
	}
	want := Defaults()
	want.File, want.RouteInterval = "p.yaml", want.Interval
	want.Allow, want.Regions = c.Allow, c.Regions
	if diff := cmp.Diff(want, *c); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// mistake is a configuration with something wrong.
type mistake struct{ reason, text, want string }

func mistakes() []mistake {
	with := func(line string) string { return minimal + line + "\n" }
	return []mistake{
		{"empty", "", "p.yaml:1:1: the file is empty"},
		{"no YAML", "a: [", "p.yaml:2:1: yaml: did not find expected node content while parsing a flow node"},
		{"a list", "[]", "p.yaml:1:1: must be a mapping, not a list"},
		{"a misspelt key", with("intervall: 30s"), `p.yaml:5:1: unknown key "intervall"; did you mean "interval"?`},
		{"twice", with("slo: 0.9\nslo: 0.9"), `p.yaml:6:1: key "slo" stands here twice; the first is on line 5`},
		{"faster than the floor", with("interval: 10ms"), `p.yaml:5:11: interval: must be a duration from 1s to 24h0m0s, not "10ms"`},
		{"unlimited", with("budget: {per_day: unlimited}"), `p.yaml:5:19: budget.per_day: must be a whole number from 1 to 100000, not "unlimited"`},
		{"zero is not unlimited", with("budget: {per_minute: 0}"), `p.yaml:5:22: budget.per_minute: must be a whole number from 1 to 600, not 0`},
		{"above the cap", with("budget: {in_flight: 1001}"), `p.yaml:5:21: budget.in_flight: must be a whole number from 1 to 1000, not 1001`},
		{"more than its budget", with("interval: 1s\nbudget: {per_day: 100}"), "p.yaml:5:11: interval: 1 regions every 1s are 86400 canaries a day; budget.per_day is 100"},
		{"lost before late", with("lost_after: 1m"), "p.yaml:5:13: lost_after: 1m0s must be more than late_after, which is 2m0s"},
		{"off loopback without a token", with(`admin: {listen: "0.0.0.0:8089"}`), "p.yaml:5:8: admin: listen: 0.0.0.0:8089 is not on loopback; a token is needed"},
		{"a secret written out", with("admin: {token: hunter2}"), `p.yaml:5:16: admin.token: must be a mapping with env or file, not "hunter2"`},
		{"an alert that is none", with("alerts: {off: [burn-fats]}"), `p.yaml:5:16: alerts.off: "burn-fats" is none of late, lost, burn-fast, burn-slow, burn-trend, divergent, silent; did you mean "burn-fast"?`},
		{"everybody allowed", strings.Replace(minimal, "[canary.example.com]", `["*"]`, 1), `p.yaml:2:8: allow: hosts: "*" would allow everybody`},
		{"nobody allowed", strings.Replace(minimal, "[canary.example.com]", `[]`, 1), "p.yaml:2:8: allow: hosts: there are none, and a prober talks to nobody who is not listed"},
		{"where it receives is not allowed", strings.Replace(minimal, "[canary", `[other`, 1), "p.yaml:2:8: allow.hosts: they do not list canary.example.com, where eu receives"},
		{"a region like the gate of all", strings.Replace(minimal, "name: eu", `name: all`, 1), `p.yaml:4:12: name: "all" is the gate of all regions`},
		{"a window of a region that is none", with(`maintenance: [{name: w, regions: [ue], from: "01:00", until: "02:00"}]`), `p.yaml:5:14: maintenance: w: there is no region "ue"; did you mean "eu"?`},
		{"a window without time", with(`maintenance: [{name: w, from: "01:00", until: "01:00"}]`), "p.yaml:5:47: until: it is when it begins: the window is empty"},
		{"nowhere to push to", with("otlp: {interval: 1m}"), `p.yaml:5:7: otlp: missing key "url"`},
		{"a collector without a path", with(`otlp: {url: "http://canary.example.com:4318"}`), `p.yaml:5:13: otlp.url: "http://canary.example.com:4318" is no URL such as https://collector.example.com:4318/v1/metrics`},
		{"a collector that is not allowed", with(`otlp: {url: "http://collector:4318/v1/metrics"}`), "p.yaml:2:8: allow.hosts: they do not list collector, where metrics are pushed to"},
		{"a token written out", with(`otlp: {url: "http://canary.example.com/v1/metrics", headers: {Authorization: hunter2}}`), `p.yaml:5:78: otlp.headers.Authorization: must be a mapping with env or file, not "hunter2"`},
		{"no name of a header", with(`otlp: {url: "http://canary.example.com/v1/metrics", headers: {"a b": {env: A}}}`), `p.yaml:5:63: otlp.headers: "a b" is no name of a header`},
		{"an alias", with("env: *a"), `p.yaml:5:6: yaml: unknown anchor 'a' referenced`},
	}
}

// TestInvalid wants each mistake told with its place, its part and its cause.
func TestInvalid(t *testing.T) {
	for _, row := range mistakes() {
		_, err := Parse("p.yaml", []byte(row.text))
		got := "no error"
		if err != nil {
			got = err.Error()
		}
		if got != row.want {
			t.Errorf("%s:\n got %s\nwant %s", row.reason, got, row.want)
		}
	}
}

func FuzzParse(f *testing.F) {
	full, err := os.ReadFile("testdata/full.yaml")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(full)
	f.Add([]byte(minimal))
	schema := format().Judge(f)
	f.Fuzz(func(t *testing.T, text []byte) {
		c, err := Parse("p.yaml", text)
		if err != nil {
			return
		}
		if err := schema(text); err != nil {
			t.Errorf("the schema: %v", err)
		}
		switch {
		case c.Interval < FloorInterval, c.Budget.PerMinute > CapPerMinute, c.Budget.PerDay > CapPerDay, c.Budget.InFlight > CapInFlight, c.Size > CapBody:
			t.Errorf("a configuration lifts a cap: %+v", c)
		case len(c.Allow.Hosts) == 0, c.OTLP.URL != "" && !c.Allow.host(hostOf(c.OTLP.URL)), c.Admin.Listen != "" && !isLoopback(c.Admin.Listen) && c.Admin.Token.IsZero():
			t.Errorf("a configuration is open: %+v", c)
		}
	})
}

func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Hostname()
}
