package canary

import (
	"context"
	"errors"
	"fmt"
	"os"
	"reflect"
	"slices"
	"time"
)

// reload asks the loop to take over a configuration.
type reload struct {
	c    *Config
	done chan error
}

// Reload takes over another configuration without losing what is known. Where
// it cannot, the old one goes on, and the error says why. It blocks until ctx
// ends while the prober is not running.
func (p *Prober) Reload(ctx context.Context, c *Config) error {
	r := reload{c, make(chan error, 1)}
	select {
	case p.reloads <- r:
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case err := <-r.done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Reread reads Options.Watch again, as SIGHUP asks for.
func (p *Prober) Reread(ctx context.Context) error {
	c, err := Load(p.o.Watch)
	if err != nil {
		return p.refused(err)
	}
	return p.Reload(ctx, c)
}

func (p *Prober) reloadFile(ctx context.Context) error {
	c, err := Load(p.o.Watch)
	if err != nil {
		return p.refused(err)
	}
	return p.reload(ctx, c)
}

// refused keeps why a configuration was not taken over.
func (p *Prober) refused(err error) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.reloadErr = err
	return fmt.Errorf("the old configuration goes on: %w", err)
}

func (p *Prober) reload(ctx context.Context, c *Config) error {
	old := p.c
	c = c.capped(p.o.Scale)
	switch {
	case c.State != old.State:
		return p.refused(errors.New("state: another file needs a restart"))
	case c.Sender != old.Sender || c.Env != old.Env:
		return p.refused(errors.New("sender, env: other labels of the metrics need a restart"))
	case c.Admin != old.Admin:
		return p.refused(errors.New("admin: another listener needs a restart"))
	}
	if !reflect.DeepEqual(c.OTLP, old.OTLP) || !reflect.DeepEqual(c.Allow, old.Allow) {
		fresh, err := p.push(context.WithoutCancel(ctx), c)
		if err != nil {
			return p.refused(err)
		}
		p.log(p.pusher.close(ctx), "push the last metrics to the old collector")
		p.pusher = fresh
	}
	// Regions that change are stopped before others start: two may want one
	// address. Those that stay as they are, probe on.
	stopping, cancel := context.WithTimeout(ctx, shutdownGrace)
	defer cancel()
	for name, r := range p.runners {
		i := slices.IndexFunc(c.Regions, func(g Region) bool { return g.Name == name })
		if i >= 0 && sameRunner(old, c) && reflect.DeepEqual(c.Regions[i], r.g) {
			continue
		}
		r.stop(stopping, i >= 0)
		delete(p.runners, name)
	}
	p.guard.adopt(c)
	err := p.observe(func(m *Model, now time.Time) {
		m.Adopt(now, c.Settings, c.names())
		p.c, p.loaded, p.reloadErr = c, now, nil
		p.metrics.adopt(c)
	})
	for _, g := range c.Regions {
		if p.runners[g.Name] != nil {
			continue
		}
		r, startErr := p.start(ctx, c, g)
		if startErr != nil {
			err = errors.Join(err, p.refused(startErr))
			continue
		}
		p.runners[g.Name] = r
	}
	return err
}

// sameRunner reports whether what all runners take from a configuration is
// the same in both.
func sameRunner(a, b *Config) bool {
	pick := func(c *Config) []any {
		return []any{c.Interval, c.RouteInterval, c.Jitter, c.Timeout, c.Keys, c.Size, c.Topic, c.Type, c.LostAfter, c.Allow}
	}
	return reflect.DeepEqual(pick(a), pick(b))
}

// watch sees a file change by its time and size.
type watch struct {
	file string
	was  os.FileInfo
}

func newWatch(file string) *watch {
	w := &watch{file: file}
	w.changed()
	return w
}

func (w *watch) changed() bool {
	if w.file == "" {
		return false
	}
	now, err := os.Stat(w.file)
	if err != nil { // it is being replaced, perhaps
		return false
	}
	was := w.was
	w.was = now
	return was != nil && (!was.ModTime().Equal(now.ModTime()) || was.Size() != now.Size())
}
