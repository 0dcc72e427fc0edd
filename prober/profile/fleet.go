package profile

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/hookdrill/hookdrill/prober"
)

var (
	errStopping = errors.New("the sender is being stopped")
	errSeveral  = errors.New("several commands deliver: which of them is to be scaled is not known")
)

// Instances implements prober.Fleet.
func (l *local) Instances() int {
	n := 0
	for _, g := range l.r.groups {
		if g.c.Delivers {
			n += g.size()
		}
	}
	return n
}

// KillInstance implements prober.Fleet. Instances are counted through all
// commands that deliver.
func (l *local) KillInstance(i int) error {
	g, at, err := l.member(i)
	if err != nil {
		return err
	}
	p := g.swap(at, nil)
	if p == nil {
		return fmt.Errorf("instance %d does not run", i)
	}
	return p.Kill()
}

// StartInstance implements prober.Fleet.
func (l *local) StartInstance(ctx context.Context, i int) error {
	g, at, err := l.member(i)
	if err != nil {
		return err
	}
	return l.start(ctx, g, at)
}

// Scale implements prober.Fleet. The last instances go first, in an orderly
// way, and what starts anew finds its ports free.
func (l *local) Scale(ctx context.Context, n int) error {
	g, err := l.scalable()
	if err != nil {
		return err
	}
	if n < 1 {
		return fmt.Errorf("scale to %d: want at least 1", n)
	}
	var errs []error
	for _, p := range g.cut(n) {
		ctx, cancel := context.WithTimeout(ctx, g.c.Grace)
		errs = append(errs, p.Stop(ctx))
		cancel()
	}
	for at := g.size(); at < n; at++ {
		if err := l.start(ctx, g, at); err != nil {
			return errors.Join(append(errs, err)...)
		}
	}
	return l.r.hide.err(errors.Join(errs...))
}

// start starts an instance that does not run, beyond the last where at is one
// more than there are. Publishing goes on while it becomes ready.
func (l *local) start(ctx context.Context, g *group, at int) error {
	r := l.r
	d, err := l.place(g, at)
	if err != nil {
		return err
	}
	if g.runs(at) {
		return nil
	}
	p, err := launch(ctx, g.c, d, r, l.log)
	if err != nil {
		return r.hide.err(err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if l.ending.Load() || r.lives != l.life {
		return errors.Join(errStopping, p.Kill())
	}
	if old := g.swap(at, p); old != nil && alive(old) {
		return errors.Join(fmt.Errorf("instance %d was started twice", at+1), old.Kill())
	}
	g.watch(r, p)
	return nil
}

// place returns what an instance's templates see, with ports of its own.
func (l *local) place(g *group, at int) (data, error) {
	r := l.r
	r.mu.Lock()
	defer r.mu.Unlock()
	if at == len(g.ports) {
		var f finder
		defer f.close()
		if err := g.allot(&f); err != nil {
			return data{}, err
		}
	}
	return g.data(r, at), nil
}

// member finds an instance, from 1, among all that deliver.
func (l *local) member(i int) (g *group, at int, err error) {
	at = i - 1
	for _, g := range l.r.groups {
		switch {
		case !g.c.Delivers:
		case 0 <= at && at < g.size():
			return g, at, nil
		default:
			at -= g.size()
		}
	}
	return nil, 0, fmt.Errorf("there is no instance %d of %d", i, l.Instances())
}

func (l *local) scalable() (*group, error) {
	var found *group
	for _, g := range l.r.groups {
		if !g.c.Delivers {
			continue
		}
		if found != nil {
			return nil, errSeveral
		}
		found = g
	}
	if found == nil {
		return nil, errors.New("no command delivers")
	}
	return found, nil
}

// notify says who hears of a death, also of one that was before.
func (g *group) notify(died func()) {
	g.mu.Lock()
	g.died = died
	late := slices.ContainsFunc(g.procs, func(p *prober.Proc) bool { return p != nil && !alive(p) })
	g.mu.Unlock()
	if late {
		died()
	}
}

func (g *group) size() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.procs)
}

func (g *group) runs(at int) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return at < len(g.procs) && g.procs[at] != nil && alive(g.procs[at])
}

// swap puts p in an instance's place, which may be one beyond the last, and
// returns what was there. It is no member any more, so that nobody hears of
// its end.
func (g *group) swap(at int, p *prober.Proc) (old *prober.Proc) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if at >= len(g.procs) {
		g.procs = append(g.procs, p)
		return nil
	}
	old, g.procs[at] = g.procs[at], p
	return old
}

// cut takes out all instances beyond the n-th and returns those that run.
func (g *group) cut(n int) []*prober.Proc {
	g.mu.Lock()
	defer g.mu.Unlock()
	if n >= len(g.procs) {
		return nil
	}
	out := slices.DeleteFunc(slices.Clone(g.procs[n:]), func(p *prober.Proc) bool { return p == nil })
	g.procs = slices.Clip(g.procs[:n])
	return out
}
