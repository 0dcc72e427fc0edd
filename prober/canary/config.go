package canary

import (
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/hookdrill/hookdrill/prober/strict"
)

// Config is a configuration as it was read. It is not changed after Parse.
type Config struct {
	// File is the name errors show.
	File string
	// State is the file that keeps in-flight canaries, budgets and incidents.
	// Its lock is the lease: of two probers with one state file, one probes.
	State string
	Settings
	// Jitter is the share of the interval by which a canary may be later.
	Jitter float64
	// RouteInterval is how far apart checks of the public URLs are.
	RouteInterval time.Duration
	// Timeout bounds a publish, and each check.
	Timeout time.Duration
	// Keys is how many ordering keys each region has, and Size a canary's
	// size in bytes.
	Keys, Size int
	// Topic and Type are a canary's.
	Topic, Type string
	// Env and Sender are labels of all metrics.
	Env, Sender string
	// Budget bounds what is published.
	Budget Budget
	// Cooldown is how far apart publishes are while a circuit is open.
	Cooldown time.Duration
	// Allow lists what may be talked to.
	Allow Allow
	// KillFile stops all publishing while it exists; empty: there is none.
	KillFile string
	Admin    Admin
	// OTLP is where metrics are pushed to.
	OTLP    OTLP
	Regions []Region
}

// Budget bounds what is published, within the caps.
type Budget struct {
	// PerMinute and PerDay bound all regions together, InFlight each region.
	PerMinute, PerDay, InFlight int
}

// Allow lists what may be talked to. It is mandatory: a prober without it
// talks to nobody.
type Allow struct {
	// Hosts are names, exact, or suffixes that begin with a dot.
	Hosts []string
	// Networks are where these names may lead, beyond public addresses. An
	// address of a private network, loopback or link-local one that no network
	// lists is refused, whatever the name: that is how a name is rebound.
	Networks []netip.Prefix
}

// Admin is the listener for metrics, gates and the status page.
type Admin struct {
	// Listen is its address; empty: there is none.
	Listen string
	// Token must be shown by callers; mandatory off loopback.
	Token Secret
}

// OTLP is a collector that metrics are pushed to, beside Prometheus that pulls
// them: for probers that nobody can reach, and for those that run once.
type OTLP struct {
	// URL is the collector's, its path included; empty: nothing is pushed.
	URL string
	// Interval is how far apart pushes are.
	Interval time.Duration
	// Headers are sent along, by name: tokens, mostly.
	Headers map[string]Secret
	// CA is a file of authorities for URL; empty: the system's.
	CA string
}

// Region is one region of the sender.
type Region struct {
	Name string
	// Profile is the file that tells how to drive the sender there; empty
	// where a factory is handed in.
	Profile string
	Receive Receive
}

// Receive is the path on which a region's canaries arrive.
type Receive struct {
	// Listen is the address of the endpoint, and URL what the sender is told.
	Listen, URL string
	// Cert and Key are the endpoint's TLS files; empty: something in front of
	// it ends TLS.
	Cert, Key string
	// CA is a file of authorities for checks of URL; empty: the system's.
	CA string
	// Secret signs deliveries, and Scheme says how; empty: not at all.
	Secret Secret
	Scheme string
}

// Secret is where a secret is read from. It is never written in a
// configuration.
type Secret struct{ Env, File string }

// IsZero reports whether there is none.
func (s Secret) IsZero() bool { return s == Secret{} }

// Load reads a configuration file. What is wrong with it is told as
// file:line:col: what: cause, one a line.
func Load(file string) (*Config, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	return Parse(file, text)
}

// names returns the names of the regions.
func (c *Config) names() []string {
	names := make([]string, len(c.Regions))
	for i, r := range c.Regions {
		names[i] = r.Name
	}
	return names
}

// beside returns a path that a configuration gives relative to itself.
func beside(file, path string) string {
	if path == "" || filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(filepath.Dir(file), path)
}

// Only returns the configuration for some of its regions.
func (c *Config) Only(regions []string) (*Config, error) {
	one := *c
	one.Regions = nil
	for _, name := range regions {
		i := slices.Index(c.names(), name)
		if i < 0 {
			return nil, fmt.Errorf("there is no region %q%s", name, strict.DidYouMean(name, c.names()))
		}
		one.Regions = append(one.Regions, c.Regions[i])
	}
	return &one, nil
}
