// Package dependency runs what a sender leans on: databases and brokers, each
// behind a TCP proxy that can refuse, stall, slow, cut and reset what passes.
package dependency

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"

	"github.com/rs/zerolog"
)

// Spec says what a sender needs.
type Spec struct {
	// Name is what the profile, scenarios and errors call it.
	Name string
	// Kind is the name of one of Kinds.
	Kind string
	// URL is that of one that runs already, or its host:port; empty means
	// that one is started from the binaries of this machine.
	URL string
	// Log takes its output.
	Log zerolog.Logger
}

// Dependency is a running database or broker behind its proxy.
type Dependency struct {
	spec  Spec
	kind  Kind
	proxy *proxy
	// server is nil where the dependency is not ours.
	server *server

	mu     sync.Mutex
	down   bool
	closed bool
}

// ErrMissing says that the binaries of a dependency are not on this machine.
var ErrMissing = errors.New("not installed")

// Start starts a dependency, or connects the proxy to one that runs already,
// and returns when it answers in its own protocol. When ctx ends first, or it
// dies, nothing is left of it and the error has its last lines. ctx bounds the
// start alone.
func Start(ctx context.Context, s Spec) (*Dependency, error) {
	kind, found := KindByName(s.Kind)
	if !found {
		return nil, fmt.Errorf("dependency %s: no kind %q; there are %s", s.Name, s.Kind, strings.Join(kindNames(), ", "))
	}
	d := &Dependency{spec: s, kind: kind}
	upstream, err := d.find(ctx)
	if err != nil {
		return nil, fmt.Errorf("dependency %s: %w", s.Name, err)
	}
	if d.proxy, err = newProxy(s.Name, upstream, s.Log); err != nil {
		return nil, fmt.Errorf("dependency %s: %w", s.Name, errors.Join(err, d.stopServer(ctx)))
	}
	return d, nil
}

// find returns the address of the dependency itself, once it answers.
func (d *Dependency) find(ctx context.Context) (string, error) {
	if d.spec.URL != "" {
		addr, err := hostPort(d.spec.URL)
		if err != nil {
			return "", err
		}
		return addr, answers(ctx, addr, d.kind.probe, nil)
	}
	s, err := startServer(ctx, d.spec, d.kind)
	if err != nil {
		return "", err
	}
	d.server = s
	return s.addr(), nil
}

func hostPort(given string) (string, error) {
	if !strings.Contains(given, "://") {
		if _, _, err := net.SplitHostPort(given); err != nil {
			return "", fmt.Errorf("address %q: want host:port or a URL", given)
		}
		return given, nil
	}
	u, err := url.Parse(given)
	if err != nil || u.Port() == "" {
		// The error of Parse would show the password.
		return "", errors.New("the URL given has no host with a port")
	}
	return u.Host, nil
}

// Name returns what the profile calls it.
func (d *Dependency) Name() string { return d.spec.Name }

// Addr returns host:port of the proxy: what a sender is given.
func (d *Dependency) Addr() string { return d.proxy.addr }

// URL returns the URL of the dependency through the proxy, with the
// credentials of a URL that was given.
func (d *Dependency) URL() string {
	if d.spec.URL == "" || !strings.Contains(d.spec.URL, "://") {
		return d.kind.url(d.proxy.addr)
	}
	u, err := url.Parse(d.spec.URL)
	if err != nil { // Start has parsed it
		return d.kind.url(d.proxy.addr)
	}
	u.Host = d.proxy.addr
	return u.String()
}

// Close ends all connections and, where it is ours, the dependency with its
// files. When ctx ends first it is killed. The error says when it had died by
// itself. Closing again does nothing.
func (d *Dependency) Close(ctx context.Context) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return nil
	}
	d.closed = true
	d.proxy.close()
	if err := d.stopServer(ctx); err != nil {
		return fmt.Errorf("dependency %s: %w", d.spec.Name, err)
	}
	return nil
}

func (d *Dependency) stopServer(ctx context.Context) error {
	if d.server == nil {
		return nil
	}
	return errors.Join(d.server.stop(ctx), os.RemoveAll(d.server.dir))
}

func portOf(addr string) int {
	_, port, _ := net.SplitHostPort(addr)
	n, _ := strconv.Atoi(port) // addresses here come from listeners
	return n
}
