package canary

import (
	"net"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"time"

	"go.yaml.in/yaml/v4"

	"github.com/hookdrill/hookdrill/prober/event"
	"github.com/hookdrill/hookdrill/prober/signature"
)

// maxAge bounds late_after and lost_after.
const maxAge = 30 * day

var regionName = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$`)

// Defaults returns the configuration of a file that says nothing but what it
// must.
func Defaults() Config {
	return Config{
		State: "hookdrill-probe.db", Sender: "webhooks",
		Settings: Settings{
			Interval: 30 * time.Second, LateAfter: 2 * time.Minute, LostAfter: 72 * hour,
			FailAfter: 2, DivergeAfter: 2, ResolveAfter: 3, SLO: 0.999, CircuitFailures: 5,
			DivergentFor: 5 * time.Minute, MinFailures: 3,
			Gate: GateRule{MinSamples: 5, Window: 10 * time.Minute},
		},
		Jitter: 0.1, Timeout: 10 * time.Second, Keys: 1, Size: 512,
		Topic: "hookdrill.canary", Type: "hookdrill.canary",
		Budget: Budget{PerMinute: 60, PerDay: 20_000, InFlight: 200}, Cooldown: Heartbeat,
		Admin: Admin{Listen: "127.0.0.1:8089"}, OTLP: OTLP{Interval: time.Minute},
	}
}

// Parse reads a configuration. file is the name that errors show; paths in it
// are relative to it.
func Parse(file string, text []byte) (*Config, error) {
	r := &reader{file: file}
	root := r.root(text)
	if root == nil {
		return nil, r.err()
	}
	c := Defaults()
	c.File = file
	has := r.mapping(root, "", r.fields(&c))
	for _, key := range []string{"version", "allow", "regions"} {
		if has[key] == nil {
			r.errorf(root, "", "missing key %q", key)
		}
	}
	if c.RouteInterval == 0 {
		c.RouteInterval = c.Interval
	}
	if len(r.errs) == 0 { // what is wrong by itself makes echoes here
		r.whole(root, has, &c)
	}
	if err := r.err(); err != nil {
		return nil, err
	}
	c.State, c.KillFile = beside(file, c.State), beside(file, c.KillFile)
	return &c, nil
}

func (r *reader) fields(c *Config) fields {
	s := &c.Settings
	return fields{
		"version":        func(n *yaml.Node) { r.word(n, "version", "1") },
		"env":            func(n *yaml.Node) { c.Env = r.text(n, "env") },
		"sender":         func(n *yaml.Node) { c.Sender = r.text(n, "sender") },
		"state":          func(n *yaml.Node) { c.State = r.text(n, "state") },
		"interval":       func(n *yaml.Node) { s.Interval = r.duration(n, "interval", FloorInterval, day) },
		"route_interval": func(n *yaml.Node) { c.RouteInterval = r.duration(n, "route_interval", FloorInterval, day) },
		"jitter":         func(n *yaml.Node) { c.Jitter = r.jitter(n) },
		"timeout":        func(n *yaml.Node) { c.Timeout = r.duration(n, "timeout", 100*time.Millisecond, time.Minute) },
		"late_after":     func(n *yaml.Node) { s.LateAfter = r.duration(n, "late_after", time.Second, maxAge) },
		"lost_after":     func(n *yaml.Node) { s.LostAfter = r.duration(n, "lost_after", time.Second, maxAge) },
		"fail_after":     func(n *yaml.Node) { s.FailAfter = r.number(n, "fail_after", 1, 100) },
		"diverge_after":  func(n *yaml.Node) { s.DivergeAfter = r.number(n, "diverge_after", 1, 100) },
		"resolve_after":  func(n *yaml.Node) { s.ResolveAfter = r.number(n, "resolve_after", 1, 100) },
		"keys":           func(n *yaml.Node) { c.Keys = r.number(n, "keys", 1, maxKeys) },
		"size":           func(n *yaml.Node) { c.Size = r.number(n, "size", event.MinBody, CapBody) },
		"topic":          func(n *yaml.Node) { c.Topic = r.text(n, "topic") },
		"type":           func(n *yaml.Node) { c.Type = r.text(n, "type") },
		"slo":            func(n *yaml.Node) { s.SLO = r.share(n, "slo", 0, 1) },
		"budget":         func(n *yaml.Node) { r.budget(n, &c.Budget) },
		"circuit":        func(n *yaml.Node) { r.circuit(n, c) },
		"alerts":         func(n *yaml.Node) { r.alerts(n, s) },
		"maintenance": func(n *yaml.Node) {
			r.list(n, "maintenance", func(n *yaml.Node) { s.Windows = append(s.Windows, r.window(n)) })
		},
		"gate":      func(n *yaml.Node) { r.gate(n, &s.Gate) },
		"allow":     func(n *yaml.Node) { c.Allow = r.allow(n) },
		"kill_file": func(n *yaml.Node) { c.KillFile = r.text(n, "kill_file") },
		"admin":     func(n *yaml.Node) { r.admin(n, &c.Admin) },
		"otlp":      func(n *yaml.Node) { r.otlp(n, &c.OTLP) },
		"regions": func(n *yaml.Node) {
			r.list(n, "regions", func(n *yaml.Node) { c.Regions = append(c.Regions, r.region(n)) })
		},
	}
}

func (r *reader) jitter(n *yaml.Node) float64 {
	if n.Value == "0" {
		return 0
	}
	return r.share(n, "jitter", 0, 1)
}

func (r *reader) budget(n *yaml.Node, b *Budget) {
	r.mapping(n, "budget", fields{
		"per_minute": func(n *yaml.Node) { b.PerMinute = r.number(n, "budget.per_minute", 1, CapPerMinute) },
		"per_day":    func(n *yaml.Node) { b.PerDay = r.number(n, "budget.per_day", 1, CapPerDay) },
		"in_flight":  func(n *yaml.Node) { b.InFlight = r.number(n, "budget.in_flight", 1, CapInFlight) },
	})
}

func (r *reader) circuit(n *yaml.Node, c *Config) {
	r.mapping(n, "circuit", fields{
		"failures": func(n *yaml.Node) { c.CircuitFailures = r.number(n, "circuit.failures", 1, 100) },
		"cooldown": func(n *yaml.Node) { c.Cooldown = r.duration(n, "circuit.cooldown", FloorInterval, hour) },
	})
}

func (r *reader) alerts(n *yaml.Node, s *Settings) {
	r.mapping(n, "alerts", fields{
		"off": func(n *yaml.Node) {
			r.list(n, "alerts.off", func(n *yaml.Node) { s.Muted = append(s.Muted, r.word(n, "alerts.off", AlertNames()...)) })
		},
		"divergent_for": func(n *yaml.Node) { s.DivergentFor = r.duration(n, "alerts.divergent_for", 0, day) },
		"min_failures":  func(n *yaml.Node) { s.MinFailures = r.number(n, "alerts.min_failures", 1, 1000) },
	})
}

func (r *reader) gate(n *yaml.Node, g *GateRule) {
	r.mapping(n, "gate", fields{
		"min_samples": func(n *yaml.Node) { g.MinSamples = r.number(n, "gate.min_samples", 1, keep/2) },
		"max_bad":     func(n *yaml.Node) { g.MaxBad = r.number(n, "gate.max_bad", 0, keep/2) },
		"window":      func(n *yaml.Node) { g.Window = r.duration(n, "gate.window", time.Minute, day) },
	})
}

func (r *reader) allow(n *yaml.Node) Allow {
	var a Allow
	has := r.mapping(n, "allow", fields{
		"hosts": func(n *yaml.Node) { a.Hosts = r.texts(n, "allow.hosts") },
		"networks": func(n *yaml.Node) {
			r.list(n, "allow.networks", func(n *yaml.Node) {
				p, err := netip.ParsePrefix(r.text(n, "allow.networks"))
				if err != nil {
					r.errorf(n, "allow.networks", "%q is no network such as 10.0.0.0/8", n.Value)
				}
				a.Networks = append(a.Networks, p.Masked())
			})
		},
	})
	if has["hosts"] == nil || len(a.Hosts) == 0 {
		r.errorf(n, "allow", "hosts: there are none, and a prober talks to nobody who is not listed")
	}
	for _, h := range a.Hosts {
		if h == "*" || h == "." {
			r.errorf(n, "allow", "hosts: %q would allow everybody", h)
		}
	}
	return a
}

func (r *reader) admin(n *yaml.Node, a *Admin) {
	r.mapping(n, "admin", fields{
		"listen": func(n *yaml.Node) { a.Listen = r.address(n, "admin.listen") },
		"token":  func(n *yaml.Node) { a.Token = r.secret(n, "admin.token") },
	})
	if a.Listen != "" && !isLoopback(a.Listen) && a.Token.IsZero() {
		r.errorf(n, "admin", "listen: %s is not on loopback; a token is needed", a.Listen)
	}
}

func (r *reader) secret(n *yaml.Node, what string) Secret {
	var s Secret
	r.mapping(n, what, fields{
		"env":  func(n *yaml.Node) { s.Env = r.text(n, what+".env") },
		"file": func(n *yaml.Node) { s.File = beside(r.file, r.text(n, what+".file")) },
	})
	if (s.Env == "") == (s.File == "") {
		r.errorf(n, what, "want one of env and file")
	}
	return s
}

func (r *reader) address(n *yaml.Node, what string) string {
	s := r.text(n, what)
	if _, port, err := net.SplitHostPort(s); s != "" && (err != nil || port == "") {
		r.errorf(n, what, "%q is no address such as 127.0.0.1:8089", s)
	}
	return s
}

func isLoopback(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return false
	}
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}

func (r *reader) region(n *yaml.Node) Region {
	var g Region
	has := r.mapping(n, "region", fields{
		"name":    func(n *yaml.Node) { g.Name = r.text(n, "name") },
		"profile": func(n *yaml.Node) { g.Profile = beside(r.file, r.text(n, "profile")) },
		"receive": func(n *yaml.Node) { g.Receive = r.receive(n) },
	})
	for _, key := range []string{"name", "profile", "receive"} {
		if has[key] == nil {
			r.errorf(n, "region", "missing key %q", key)
		}
	}
	switch {
	case has["name"] == nil:
	case g.Name == All:
		r.errorf(has["name"], "name", "%q is the gate of all regions", All)
	case !regionName.MatchString(g.Name):
		r.errorf(has["name"], "name", "%q: want lower-case letters, digits and hyphens, at most 40", g.Name)
	}
	return g
}

func (r *reader) receive(n *yaml.Node) Receive {
	var v Receive
	has := r.mapping(n, "receive", fields{
		"listen": func(n *yaml.Node) { v.Listen = r.address(n, "receive.listen") },
		"url":    func(n *yaml.Node) { v.URL = r.text(n, "receive.url") },
		"cert":   func(n *yaml.Node) { v.Cert = beside(r.file, r.text(n, "receive.cert")) },
		"key":    func(n *yaml.Node) { v.Key = beside(r.file, r.text(n, "receive.key")) },
		"ca":     func(n *yaml.Node) { v.CA = beside(r.file, r.text(n, "receive.ca")) },
		"secret": func(n *yaml.Node) { v.Secret = r.secret(n, "receive.secret") },
		"scheme": func(n *yaml.Node) { v.Scheme = r.word(n, "receive.scheme", signature.Names()...) },
	})
	for _, key := range []string{"listen", "url"} {
		if has[key] == nil {
			r.errorf(n, "receive", "missing key %q", key)
		}
	}
	if u, err := url.Parse(v.URL); v.URL != "" && (err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.User != nil) {
		r.errorf(has["url"], "receive.url", "%q is no URL such as https://canary.example.com/eu", v.URL)
	}
	switch {
	case (v.Cert == "") != (v.Key == ""):
		r.errorf(n, "receive", "cert and key go together")
	case v.Scheme != "" && v.Secret.IsZero():
		r.errorf(n, "receive", "scheme %s needs a secret", v.Scheme)
	case v.Scheme == "" && !v.Secret.IsZero():
		v.Scheme = "standard-webhooks"
	}
	return v
}

// whole looks at what one part says about another.
func (r *reader) whole(root *yaml.Node, has map[string]*yaml.Node, c *Config) {
	at := func(key string) *yaml.Node {
		if n := has[key]; n != nil {
			return n
		}
		return root
	}
	if c.LostAfter <= c.LateAfter {
		r.errorf(at("lost_after"), "lost_after", "%v must be more than late_after, which is %v", c.LostAfter, c.LateAfter)
	}
	if has["regions"] != nil && len(c.Regions) == 0 {
		r.errorf(at("regions"), "regions", "there are none")
	}
	if len(c.Regions) > CapRegions {
		r.errorf(at("regions"), "regions", "%d are too many: at most %d", len(c.Regions), CapRegions)
	}
	seen := map[string]bool{}
	for _, g := range c.Regions {
		for _, what := range []string{"name " + g.Name, "address " + g.Receive.Listen} {
			if seen[what] {
				r.errorf(at("regions"), "regions", "two have the %s", what)
			}
			seen[what] = true
		}
		r.listed(at("allow"), c.Allow, g.Receive.URL, "where "+g.Name+" receives")
	}
	r.listed(at("allow"), c.Allow, c.OTLP.URL, "where metrics are pushed to")
	for _, w := range c.Windows {
		for _, name := range w.Regions {
			if !slices.Contains(c.names(), name) {
				r.errorf(at("maintenance"), "maintenance", "%s: there is no region %q%s", w.Name, name, didYouMean(name, c.names()))
			}
		}
	}
	if perMinute := c.perMinute(); len(c.Regions) > 0 && perMinute > float64(c.Budget.PerMinute) {
		r.errorf(at("interval"), "interval", "%d regions every %v are %.0f canaries a minute; budget.per_minute is %d",
			len(c.Regions), c.Interval, perMinute, c.Budget.PerMinute)
	}
	if perDay := c.perMinute() * 24 * 60; len(c.Regions) > 0 && perDay > float64(c.Budget.PerDay) {
		r.errorf(at("interval"), "interval", "%d regions every %v are %.0f canaries a day; budget.per_day is %d",
			len(c.Regions), c.Interval, perDay, c.Budget.PerDay)
	}
}

// listed wants a URL's host on the allow-list.
func (r *reader) listed(n *yaml.Node, a Allow, address, what string) {
	if u, err := url.Parse(address); err == nil && u.Host != "" && len(a.Hosts) > 0 && !a.host(u.Hostname()) {
		r.errorf(n, "allow.hosts", "they do not list %s, %s", u.Hostname(), what)
	}
}

// perMinute is how many canaries all regions make in a minute.
func (c *Config) perMinute() float64 {
	return float64(len(c.Regions)) * float64(time.Minute) / float64(c.Interval)
}
