package canary

import (
	"fmt"
	"net/url"
	"slices"
	"time"

	"github.com/hookdrill/hookdrill/prober/signature"
	"github.com/hookdrill/hookdrill/prober/strict"
)

// places are the regions.
func (r *reader) places(c *Config) []strict.Field {
	return []strict.Field{
		strict.Need("regions", "Regions of the sender. Each gets canaries of its own.", strict.List(&c.Regions, r.region).Filled()),
	}
}

func (r *reader) region(g *Region) strict.Value {
	return strict.Mapping{What: "region", Fields: []strict.Field{
		strict.Need("name", "What the region is called: lower-case letters, digits and hyphens, at most 40.", nameOfRegion(&g.Name)),
		strict.Need("profile", "Profile that tells how to drive the sender there, relative to this file.", r.file(&g.Profile)),
		strict.Need("receive", "How the region's canaries arrive.", r.receive(&g.Receive)),
	}}
}

func nameOfRegion(dst *string) strict.Value {
	v := strict.Check(strict.Filled(dst), func(*strict.Node) error {
		switch {
		case *dst == All:
			return fmt.Errorf("%q is the gate of all regions", All)
		case !regionName.MatchString(*dst):
			return fmt.Errorf("%q: want lower-case letters, digits and hyphens, at most 40", *dst)
		}
		return nil
	})
	return strict.Shaped(v, func(s *strict.Schema) {
		s.Pattern, s.Not = regionName.String(), &strict.Schema{Const: All}
		s.ErrorMessage = "want lower-case letters, digits and hyphens, at most 40"
	})
}

func (r *reader) receive(v *Receive) strict.Value {
	return strict.Mapping{Dotted: true, Fields: []strict.Field{
		strict.Need("listen", "Address on which the canaries of the region arrive, such as `127.0.0.1:9001`.", address(&v.Listen)),
		strict.Need("url", "Public URL that the sender is told: it leads to listen.", publicURL(&v.URL)),
		strict.Key("cert", "TLS certificate; without one, something before it ends TLS.", r.file(&v.Cert)),
		strict.Key("key", "Key of the certificate.", r.file(&v.Key)),
		strict.Key("ca", "Authorities for checks of url; by default the system's.", r.file(&v.CA)),
		strict.Key("secret", "Secret that signs deliveries.", r.secret(&v.Secret)),
		strict.Key("scheme", "How deliveries are signed; with a secret by default `standard-webhooks`.", strict.Word(&v.Scheme, signature.Names()...)),
	}, Rules: []strict.Rule{
		strict.Together("cert and key go together", "cert", "key"),
	}, Shape: func() []*strict.Schema {
		return []*strict.Schema{{If: strict.With("scheme"), Then: strict.Any("a scheme needs a secret", "secret")}}
	}, Then: func(r *strict.Reader, n *strict.Node, has strict.Given) {
		switch {
		case v.Scheme != "" && !has.Has("secret"):
			r.Add(n.Pos, "receive", "scheme %s needs a secret", v.Scheme)
		case v.Scheme == "" && !v.Secret.IsZero():
			v.Scheme = "standard-webhooks"
		}
	}}
}

func publicURL(dst *string) strict.Value {
	const want = "no URL such as https://canary.example.com/eu"
	v := strict.Check(strict.Filled(dst), func(*strict.Node) error {
		u, err := url.Parse(*dst)
		if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.User != nil {
			return fmt.Errorf("%q is %s", *dst, want)
		}
		return nil
	})
	return strict.Shaped(v, func(s *strict.Schema) { s.Pattern, s.ErrorMessage = hostForm, "is "+want })
}

// whole looks at what one part says about another.
func (r *reader) whole(root *strict.Node, has strict.Given, c *Config) {
	at := func(key string) *strict.Node {
		if n := has[key]; n != nil {
			return n
		}
		return root
	}
	if c.LostAfter <= c.LateAfter {
		r.Add(at("lost_after").Pos, "lost_after", "%v must be more than late_after, which is %v", c.LostAfter, c.LateAfter)
	}
	if len(c.Regions) > CapRegions {
		r.Add(at("regions").Pos, "regions", "%d are too many: at most %d", len(c.Regions), CapRegions)
	}
	seen := map[string]bool{}
	for _, g := range c.Regions {
		for _, what := range []string{"name " + g.Name, "address " + g.Receive.Listen} {
			if seen[what] {
				r.Add(at("regions").Pos, "regions", "two have the %s", what)
			}
			seen[what] = true
		}
		r.listed(at("allow"), c.Allow, g.Receive.URL, "where "+g.Name+" receives")
	}
	r.listed(at("allow"), c.Allow, c.OTLP.URL, "where metrics are pushed to")
	for _, w := range c.Windows {
		for _, name := range w.Regions {
			if !slices.Contains(c.names(), name) {
				r.Add(at("maintenance").Pos, "maintenance", "%s: there is no region %q%s", w.Name, name, strict.DidYouMean(name, c.names()))
			}
		}
	}
	if perMinute := c.perMinute(); len(c.Regions) > 0 && perMinute > float64(c.Budget.PerMinute) {
		r.Add(at("interval").Pos, "interval", "%d regions every %v are %.0f canaries a minute; budget.per_minute is %d",
			len(c.Regions), c.Interval, perMinute, c.Budget.PerMinute)
	}
	if perDay := c.perMinute() * 24 * 60; len(c.Regions) > 0 && perDay > float64(c.Budget.PerDay) {
		r.Add(at("interval").Pos, "interval", "%d regions every %v are %.0f canaries a day; budget.per_day is %d",
			len(c.Regions), c.Interval, perDay, c.Budget.PerDay)
	}
}

// listed wants a URL's host on the allow-list.
func (r *reader) listed(n *strict.Node, a Allow, address, what string) {
	if u, err := url.Parse(address); err == nil && u.Host != "" && len(a.Hosts) > 0 && !a.host(u.Hostname()) {
		r.Add(n.Pos, "allow.hosts", "they do not list %s, %s", u.Hostname(), what)
	}
}

// perMinute is how many canaries all regions make in a minute.
func (c *Config) perMinute() float64 {
	return float64(len(c.Regions)) * float64(time.Minute) / float64(c.Interval)
}
