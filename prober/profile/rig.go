package profile

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"

	"github.com/hookdrill/hookdrill/prober"
	"github.com/hookdrill/hookdrill/prober/dependency"
	"github.com/hookdrill/hookdrill/prober/event"
)

// Options are what a run adds to a profile.
type Options struct {
	// Scale is how many scenario seconds pass in one second; zero means 1.
	Scale float64
	// Gateway wraps the proxy before the publish API, so that faults can
	// answer in place of it; nil: it only passes on.
	Gateway func(next http.Handler) http.Handler
	// Dial opens all connections to the sender's API; nil: to loopback and to
	// the profile's allow_hosts alone. A prober's allow-list is stricter: it
	// looks at where a name leads as well.
	Dial func(ctx context.Context, network, addr string) (net.Conn, error)
	// UserAgent names whoever drives the sender in its access logs, unless a
	// step says otherwise; empty: Go's.
	UserAgent string
	// Remember is how many of the newest events Accounts can be asked about; 0:
	// all. What lives for months must not remember all.
	Remember int
	// Log takes log lines, those of dependencies among them.
	Log zerolog.Logger
	// Trace hears of each step, with secrets taken out; nil: nobody does. It
	// is called by one goroutine at a time.
	Trace func(Exchange)
}

// Rig is everything that outlives one life of the sender: its dependencies,
// its ports, the gateway, and what it was told of endpoints. It is safe for
// concurrent use.
type Rig struct {
	p      *Profile
	o      Options
	base   data
	needs  map[string]*dependency.Dependency
	client *http.Client
	gate   *gateway
	hide   *redactor
	trace  sync.Mutex
	wg     sync.WaitGroup

	// stale says that Apply has to run before the next publish.
	stale atomic.Bool

	mu sync.Mutex
	// lives counts the calls of Factory; begun says that one has done what
	// is done in the first life only.
	lives  int
	begun  bool
	dir    string
	groups []*group
	vars   map[string]string
	subs   []*subscription
	// published holds what Accounts has to know of an event, and order their
	// tokens from the oldest to the newest, where Options.Remember bounds it.
	published map[event.Token]published
	order     []event.Token
}

// published is an event that was accepted: what publish captured, its topic
// and its type.
type published struct {
	vars        map[string]string
	topic, kind string
}

// subscription is an endpoint the sender was told of.
type subscription struct {
	prober.Subscription

	vars map[string]string
	// life is the one in which the steps ran.
	life int
}

// needLimit bounds the start of one dependency.
const needLimit = 90 * time.Second

// Open allocates ports, reads secrets, and starts dependencies and gateway.
// After an error nothing of it is left. ctx bounds the start alone.
func Open(ctx context.Context, p *Profile, o Options) (*Rig, error) {
	if o.Scale <= 0 {
		o.Scale = 1
	}
	r := &Rig{
		p: p, o: o, needs: map[string]*dependency.Dependency{}, hide: &redactor{},
		vars: map[string]string{}, published: map[event.Token]published{},
	}
	r.client = newClient(p.AllowHosts, o.Dial)
	if err := r.open(ctx); err != nil {
		return nil, fmt.Errorf("profile %s: %w", p.Name, errors.Join(err, r.Close(ctx)))
	}
	return r, nil
}

func (r *Rig) open(ctx context.Context) error {
	r.base = data{Scale: r.o.Scale, Speed: r.p.settings(r.o.Scale), Port: map[string]string{},
		Need: map[string]needData{}, Secret: map[string]string{}}
	here, err := filepath.Abs(filepath.Dir(r.p.File))
	if err != nil {
		return err
	}
	r.base.Here = here
	for _, s := range r.p.Secrets {
		value, err := s.read()
		if err != nil {
			return err
		}
		r.base.Secret[s.Name] = value
		r.hide.add(value)
	}
	if err := r.allot(); err != nil {
		return err
	}
	if r.p.Remote != nil {
		if r.base.Remote, err = r.p.Remote.render(r.base); err != nil {
			return err
		}
	}
	for _, n := range r.p.Needs {
		if err := r.need(ctx, n); err != nil {
			return err
		}
	}
	if r.p.Gateway == nil {
		return nil
	}
	to, err := r.p.Gateway.render(r.base)
	if err != nil {
		return err
	}
	if r.gate, err = openGateway(to, r.client.Transport, r.o.Gateway); err != nil {
		return err
	}
	r.base.Gateway = r.gate.url
	return nil
}

func (r *Rig) need(ctx context.Context, n Need) error {
	spec := dependency.Spec{Name: n.Name, Kind: n.Kind, Log: r.o.Log}
	if n.URL != nil {
		var err error
		if spec.URL, err = n.URL.render(r.base); err != nil {
			return err
		}
		if err := r.p.allowsNeed(spec.URL); err != nil {
			return fmt.Errorf("needs.%s: %w", n.Name, err)
		}
	}
	ctx, cancel := context.WithTimeoutCause(ctx, needLimit, fmt.Errorf("%v were over", needLimit))
	defer cancel()
	d, err := dependency.Start(ctx, spec)
	if err != nil {
		return err
	}
	r.needs[n.Name] = d
	r.base.Need[n.Name] = newNeed(d.Addr(), d.URL())
	return nil
}

// read returns the value of a secret.
func (s Secret) read() (string, error) {
	if s.Env != "" {
		if v := os.Getenv(s.Env); v != "" {
			return v, nil
		}
	}
	if s.File != "" {
		b, err := os.ReadFile(s.File)
		if err == nil {
			return strings.TrimSpace(string(b)), nil
		}
		if s.Default == "" {
			return "", fmt.Errorf("secret %s: %w", s.Name, err)
		}
	}
	if s.Default == "" {
		return "", fmt.Errorf("secret %s: the environment has no %s", s.Name, s.Env)
	}
	return s.Default, nil
}

// Dependency returns one of Needs by its name.
func (r *Rig) Dependency(name string) (*dependency.Dependency, bool) {
	d, found := r.needs[name]
	return d, found
}

// Secret returns what signs attempts to an endpoint that was subscribed;
// false where the profile names no signature or the endpoint is not known.
func (r *Rig) Secret(endpoint string) (string, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := r.subscription(endpoint)
	if r.p.Signature == nil || s == nil {
		return "", false
	}
	if r.p.Signature.Value == nil {
		return s.Secret, true
	}
	d := r.data().with(s.vars)
	d.Endpoint = newEndpoint(s.Subscription, s.vars)
	value, err := r.p.Signature.Value.render(d)
	return value, err == nil
}

func (r *Rig) subscription(endpoint string) *subscription {
	for _, s := range r.subs {
		if s.Endpoint == endpoint {
			return s
		}
	}
	return nil
}

// view returns what templates of requests see now. The mutex is held.
func (r *Rig) view() data {
	d := r.base.with(r.vars)
	d.Dir = r.dir
	return d
}

// data returns what templates of files see too. The mutex is held.
func (r *Rig) data() data {
	d := r.view()
	for _, s := range r.subs {
		d.Subscriptions = append(d.Subscriptions, newEndpoint(s.Subscription, s.vars))
	}
	return d
}

// Close stops what runs, the processes first, and waits for it. When ctx ends
// first it is killed. The error tells what did not end well.
func (r *Rig) Close(ctx context.Context) error {
	r.mu.Lock()
	errs := []error{r.stopAll(ctx)}
	r.mu.Unlock()
	r.wg.Wait()
	if r.gate != nil {
		errs = append(errs, r.gate.close())
	}
	for _, n := range slices.Backward(r.p.Needs) {
		if d := r.needs[n.Name]; d != nil {
			errs = append(errs, d.Close(ctx))
		}
	}
	r.client.CloseIdleConnections()
	return r.hide.err(errors.Join(errs...))
}

// remember keeps captured values for later steps.
func (r *Rig) remember(vars map[string]string) { maps.Copy(r.vars, vars) }
