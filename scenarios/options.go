package scenarios

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"time"

	"github.com/rs/zerolog"

	"github.com/hookdrill/hookdrill/prober"
	"github.com/hookdrill/hookdrill/prober/dependency"
	"github.com/hookdrill/hookdrill/prober/history"
	"github.com/hookdrill/hookdrill/prober/policy"
)

// Option changes how a plan is played.
type Option func(*settings)

type settings struct {
	world    string
	scale    float64
	network  prober.Network
	sender   string
	policy   *policy.Policy
	dir      string
	log      zerolog.Logger
	progress func(at time.Duration, text string)
	strict   bool
	gateway  *Gateway
	depends  func(name string) (*dependency.Dependency, bool)
	tokens   prober.TokenFinder
	secret   func(endpoint string) (string, bool)
}

func newSettings(opts []Option) settings {
	s := settings{
		world: history.Virtual, scale: 1, network: prober.InMemory(), sender: "a sender in this process",
		log: zerolog.Nop(), progress: func(time.Duration, string) {},
	}
	for _, o := range opts {
		o(&s)
	}
	return s
}

// RealTime plays the plan on real sockets of the loopback interface, with
// scale scenario seconds in each real one. Without it the plan is played in
// the time and the memory of the caller's synctest bubble.
func RealTime(scale float64) Option {
	return func(s *settings) {
		s.world, s.scale, s.network = history.Real, scale, prober.Loopback()
	}
}

// WithSender names the sender in the history, as a command line gives it.
func WithSender(name string) Option { return func(s *settings) { s.sender = name } }

// WithPolicy says what the sender declares, in place of its own Policy.
func WithPolicy(p policy.Policy) Option { return func(s *settings) { s.policy = &p } }

// WithDir gives the sender's incarnations a directory that outlives the run.
// Without it they get one that is removed at the end.
func WithDir(dir string) Option { return func(s *settings) { s.dir = dir } }

// WithLog takes the log lines of the sender and of the harness.
func WithLog(log zerolog.Logger) Option { return func(s *settings) { s.log = log } }

// WithProgress is told what happens, as it happens. It must not block, and is
// called by one goroutine at a time.
func WithProgress(f func(at time.Duration, text string)) Option {
	return func(s *settings) { s.progress = f }
}

// WithGateway says that g is wrapped around the HTTP proxy before the sender's
// publish API, so that the plan's faults act there. Without it they act on the
// calls themselves.
func WithGateway(g *Gateway) Option { return func(s *settings) { s.gateway = g } }

// WithDependencies finds the sender's databases and brokers by name.
func WithDependencies(find func(name string) (*dependency.Dependency, bool)) Option {
	return func(s *settings) { s.depends = find }
}

// WithTokens finds the tokens of a request that count, for senders whose
// requests carry more than what they deliver.
func WithTokens(find prober.TokenFinder) Option { return func(s *settings) { s.tokens = find } }

// WithSecrets finds what signs attempts to an endpoint, where that is not the
// secret that it was subscribed with.
func WithSecrets(find func(endpoint string) (string, bool)) Option {
	return func(s *settings) { s.secret = find }
}

// Strict judges by what Standard Webhooks recommends instead of by what the
// sender declares.
func Strict() Option { return func(s *settings) { s.strict = true } }

// Build says which hookdrill this is, and which Go made it.
func Build() string {
	version := "(devel)"
	if info, ok := debug.ReadBuildInfo(); ok {
		version = moduleVersion(info)
	}
	return fmt.Sprintf("hookdrill %s %s %s/%s", version, runtime.Version(), runtime.GOOS, runtime.GOARCH)
}

const module = "github.com/hookdrill/hookdrill"

// moduleVersion finds hookdrill whether it is the program or a dependency.
func moduleVersion(info *debug.BuildInfo) string {
	if info.Main.Path == module && info.Main.Version != "" {
		return info.Main.Version
	}
	for _, d := range info.Deps {
		if d.Path == module {
			return d.Version
		}
	}
	return "(devel)"
}
