package canary

import (
	"regexp"
	"slices"
	"time"

	"github.com/hookdrill/hookdrill/prober/event"
	"github.com/hookdrill/hookdrill/prober/strict"
)

// formatVersion is the version of the file format that this package reads.
const formatVersion = 1

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

// reader reads one configuration.
type reader struct{ *strict.Reader }

func newReader(file string) *reader {
	return &reader{strict.NewReader(file, strict.Format{Name: "a configuration"})}
}

// Parse reads a configuration. file is the name that errors show; paths in it
// are relative to it.
func Parse(file string, text []byte) (*Config, error) {
	r, c := newReader(file), Defaults()
	c.File = file
	r.Read(text, r.config(&c))
	if err := r.Err(); err != nil {
		return nil, err
	}
	c.State, c.KillFile = beside(file, c.State), beside(file, c.KillFile)
	return &c, nil
}

// Schema returns the JSON Schema of configurations. id is its address.
func Schema(id string) *strict.Schema {
	c := Defaults()
	return strict.Document(id, "hookdrill probe configuration", newReader("").config(&c))
}

func (r *reader) config(c *Config) strict.Value {
	return strict.Mapping{
		Fields: slices.Concat(r.general(c), judging(c), publishing(c), r.places(c)),
		Then: func(_ *strict.Reader, root *strict.Node, has strict.Given) {
			if c.RouteInterval == 0 {
				c.RouteInterval = c.Interval
			}
			if r.Len() == 0 { // what is wrong by itself makes echoes here
				r.whole(root, has, c)
			}
		},
	}
}

func (r *reader) general(c *Config) []strict.Field {
	return []strict.Field{
		strict.Need("version", "Version of this format.", strict.Version(new(int), formatVersion)),
		strict.Key("env", "Environment that is probed, such as `staging`: a label of all metrics.", strict.Filled(&c.Env)),
		strict.Key("sender", "What the sender is called: a label of all metrics.", strict.Filled(&c.Sender)),
		strict.Key("state", "File that keeps canaries on their way, budgets and incidents, relative to this one. Its lock is the lease: of several probers with one file, one publishes.",
			strict.Filled(&c.State)),
		strict.Key("kill_file", "Nothing is published while this file exists.", strict.Filled(&c.KillFile)),
		strict.Key("admin", "Listener for metrics, gates and the status page.", r.admin(&c.Admin)),
		strict.Key("otlp", "Collector that metrics are pushed to, beside Prometheus that pulls them. Its host has to be in allow.", r.otlp(&c.OTLP)),
		strict.Need("allow", "What may be talked to. Whoever is not listed is not, whatever a profile says.", allow(&c.Allow)),
	}
}

// judging are the settings of when something is wrong.
func judging(c *Config) []strict.Field {
	s := &c.Settings
	return []strict.Field{
		strict.Key("late_after", "Age from which a canary on its way is late.", strict.Within(&s.LateAfter, time.Second, maxAge)),
		strict.Key("lost_after", "Age from which it is lost. It has to exceed the time for which the sender tries.",
			strict.Within(&s.LostAfter, time.Second, maxAge)),
		strict.Key("fail_after", "How many bad looks in a row make a region troubled, and how many good ones end that.",
			strict.Int(&s.FailAfter, 1, 100)),
		strict.Key("diverge_after", "How many looks in a row at which it differs from the others make a region divergent.",
			strict.Int(&s.DivergeAfter, 1, 100)),
		strict.Key("resolve_after", "How many canaries in a row have to be on time before an incident is over.",
			strict.Int(&s.ResolveAfter, 1, 100)),
		strict.Key("slo", "Share of canaries that have to be on time.", strict.Share(&s.SLO, 0, 1)),
		strict.Key("alerts", "Which alerts fire, and when.", strict.Mapping{Dotted: true, Fields: []strict.Field{
			strict.Key("off", "Alerts that never fire.", strict.List(&s.Muted, func(name *string) strict.Value { return strict.Word(name, AlertNames()...) })),
			strict.Key("divergent_for", "How long a region differs before that is an alert.", strict.Within(&s.DivergentFor, 0, day)),
			strict.Key("min_failures", "The fewest bad canaries for a burn-rate alert: with little traffic one failure alone is a high rate.",
				strict.Int(&s.MinFailures, 1, 1000)),
		}}),
		strict.Key("maintenance", "Times at which alerts are muted. Measuring goes on.", strict.List(&s.Windows, window)),
		strict.Key("gate", "What gates judge by.", strict.Mapping{Dotted: true, Fields: []strict.Field{
			strict.Key("min_samples", "The fewest decided canaries of a region that a pass needs.", strict.Int(&s.Gate.MinSamples, 1, keep/2)),
			strict.Key("max_bad", "How many bad ones a pass stands.", strict.Int(&s.Gate.MaxBad, 0, keep/2)),
			strict.Key("window", "How far back a gate looks that knows neither a deploy nor a time.", strict.Within(&s.Gate.Window, time.Minute, day)),
		}}),
	}
}

// publishing are the settings of what is sent.
func publishing(c *Config) []strict.Field {
	return []strict.Field{
		strict.Key("interval", "How far apart a region's canaries are.", strict.Within(&c.Interval, FloorInterval, day)),
		strict.Key("route_interval", "How far apart checks of a region's public URL are. By default: interval.",
			strict.Within(&c.RouteInterval, FloorInterval, day)),
		strict.Key("jitter", "Share of the interval by which a canary may be later.", jitter(&c.Jitter)),
		strict.Key("timeout", "Bounds a publish, and each check.", strict.Within(&c.Timeout, 100*time.Millisecond, time.Minute)),
		strict.Key("keys", "How many ordering keys each region has.", strict.Int(&c.Keys, 1, maxKeys)),
		strict.Key("size", "A canary's size in bytes.", strict.Int(&c.Size, event.MinBody, CapBody)),
		strict.Key("topic", "A canary's topic.", strict.Filled(&c.Topic)),
		strict.Key("type", "A canary's event type.", strict.Filled(&c.Type)),
		strict.Key("budget", "Bounds what is published, below the caps that no configuration lifts.", strict.Mapping{Dotted: true, Fields: []strict.Field{
			strict.Key("per_minute", "Canaries a minute, of all regions together.", strict.Int(&c.Budget.PerMinute, 1, CapPerMinute)),
			strict.Key("per_day", "Canaries a day, of all regions together.", strict.Int(&c.Budget.PerDay, 1, CapPerDay)),
			strict.Key("in_flight", "Canaries of a region that are on their way, so that an outage does not become a flood.",
				strict.Int(&c.Budget.InFlight, 1, CapInFlight)),
		}}),
		strict.Key("circuit", "Publishes less while a region refuses what is published.", strict.Mapping{Dotted: true, Fields: []strict.Field{
			strict.Key("failures", "How many failed publishes in a row open the circuit.", strict.Int(&c.CircuitFailures, 1, 100)),
			strict.Key("cooldown", "How far apart publishes are while it is open.", strict.Within(&c.Cooldown, FloorInterval, hour)),
		}}),
	}
}

// jitter reads a share that may be nothing.
func jitter(dst *float64) strict.Value {
	v := strict.Share(dst, 0, 1)
	orNone := strict.Custom(v.Schema, func(r *strict.Reader, n *strict.Node, what string) {
		if n.Text == "0" {
			*dst = 0
			return
		}
		v.Read(r, n, what)
	})
	return strict.Shaped(orNone, func(s *strict.Schema) { s.Minimum, s.ExclusiveMinimum = s.ExclusiveMinimum, nil })
}
