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

// reload reads everything that the new configuration names before it touches
// anything. Regions that stay as they are, probe on.
func (p *Prober) reload(ctx context.Context, c *Config) error {
	c = c.capped(p.o.Scale)
	if err := c.follows(p.c); err != nil {
		return p.refused(err)
	}
	from, err := p.partsOf(c)
	if err != nil {
		return p.refused(err)
	}
	push, err := pushPartsOf(c)
	if err != nil {
		return p.refused(err)
	}
	// Regions that change are stopped before others start: two may want one
	// address.
	stopping, cancel := context.WithTimeout(ctx, shutdownGrace)
	defer cancel()
	fresh, err := p.swap(ctx, stopping, c, from)
	if err != nil {
		return p.refused(err)
	}
	p.guard.adopt(c)
	err = p.observe(func(m *Model, now time.Time) {
		m.Adopt(now, c.Settings, c.names())
		p.c, p.loaded, p.reloadErr = c, now, nil
		p.metrics.adopt(c)
	})
	for _, r := range fresh {
		r.begin(ctx)
		p.runners[r.g.Name] = r
	}
	return errors.Join(err, p.repush(ctx, push))
}

// follows reports what a running prober cannot take over.
func (c *Config) follows(old *Config) error {
	switch {
	case c.State != old.State:
		return errors.New("state: another file needs a restart")
	case c.Sender != old.Sender || c.Env != old.Env:
		return errors.New("sender, env: other labels of the metrics need a restart")
	case c.Admin != old.Admin:
		return errors.New("admin: another listener needs a restart")
	default:
		return nil
	}
}

// swap stops the regions that go or change, and opens those that come. When
// one of these cannot be opened, those that were stopped go on as they were.
func (p *Prober) swap(ctx, stopping context.Context, c *Config, from map[string]parts) ([]*runner, error) {
	var stopped []*runner
	for name, r := range p.runners {
		i := slices.IndexFunc(c.Regions, func(g Region) bool { return g.Name == name })
		if i >= 0 && sameRunner(p.c, c) && reflect.DeepEqual(c.Regions[i], r.g) && from[name].sum == r.parts.sum {
			continue
		}
		r.stop(stopping, i >= 0)
		delete(p.runners, name)
		stopped = append(stopped, r)
	}
	var come []Region
	for _, g := range c.Regions {
		if p.runners[g.Name] == nil {
			come = append(come, g)
		}
	}
	fresh, err := p.openAll(c, come, from)
	if err == nil {
		return fresh, nil
	}
	for _, r := range stopped {
		again, err2 := p.openRunner(r.c, r.g, r.parts)
		if err2 != nil {
			err = errors.Join(err, fmt.Errorf("and the old endpoint cannot be had again: %w", err2))
			continue
		}
		again.begin(ctx)
		p.runners[r.g.Name] = again
	}
	return nil, err
}

// sameRunner reports whether what all runners take from a configuration is
// the same in both.
func sameRunner(a, b *Config) bool {
	pick := func(c *Config) []any {
		return []any{c.Interval, c.RouteInterval, c.Jitter, c.Timeout, c.Keys, c.Size, c.Topic, c.Type, c.LostAfter, c.Allow}
	}
	return reflect.DeepEqual(pick(a), pick(b))
}

// watched are the files whose change is a reload.
func (p *Prober) watched() []string {
	if p.o.Watch == "" {
		return nil
	}
	return append(p.c.files(), p.o.Watch)
}

// watch sees files change by their times and sizes.
type watch map[string]os.FileInfo

// changed reports whether one of the files is another than when it was looked
// at last. One that was never looked at has not changed.
func (w watch) changed(files []string) (yes bool) {
	for _, name := range files {
		if name == "" {
			continue
		}
		now, err := os.Stat(name)
		if err != nil { // it is being replaced, perhaps
			continue
		}
		was := w[name]
		w[name] = now
		yes = yes || was != nil && (!was.ModTime().Equal(now.ModTime()) || was.Size() != now.Size())
	}
	return yes
}
