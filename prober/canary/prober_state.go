package canary

import (
	"context"
	"slices"
	"time"

	"github.com/hookdrill/hookdrill/prober/event"
)

func (p *Prober) now() time.Time { return p.o.Clock() }

// sleep waits for d of the prober's time. False: ctx ended.
func (p *Prober) sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(time.Duration(float64(d) / p.o.Scale))
	defer t.Stop()
	select {
	case <-t.C:
		return ctx.Err() == nil
	case <-ctx.Done():
		return false
	}
}

// observe hands an observation to the model, and what it changed to the disk
// before it returns.
func (p *Prober) observe(f func(*Model, time.Time)) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	f(p.model, p.now())
	close(p.moved)
	p.moved = make(chan struct{})
	return p.store.save(p.model.changes())
}

// note is observe for observations that nobody waits for.
func (p *Prober) note(f func(*Model, time.Time)) { p.log(p.observe(f), "keep the state") }

func (p *Prober) log(err error, what string) {
	if err != nil {
		p.o.Log.Error().Err(err).Msg(what)
	}
}

// claim takes a canary out of the budget and enters it.
func (p *Prober) claim(region string, key uint32, perDay int) (event.Token, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now()
	c := &Canary{Region: region, Token: event.Token{Run: p.run, Key: key}, Called: p.model.time(now)}
	left, err := p.store.claim(c, perDay, now)
	if err != nil {
		return event.Token{}, err
	}
	p.left = left
	p.model.Called(region, c.Token, now)
	return c.Token, nil
}

// load is what a region's sender has to bear now.
func (p *Prober) load(region string) load {
	p.mu.Lock()
	defer p.mu.Unlock()
	r := p.model.region(region)
	if r == nil {
		return load{}
	}
	return load{inFlight: r.ledger.flying, circuit: r.circuit.open, quiet: p.now().Sub(r.ledger.lastCalled())}
}

// newest returns when a region's newest canary was published.
func (p *Prober) newest(region string) time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	if r := p.model.region(region); r != nil {
		return r.ledger.lastCalled()
	}
	return time.Time{}
}

// oldest returns a region's oldest canary on its way, if it is older than age.
func (p *Prober) oldest(region string, age time.Duration) (event.Token, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	r := p.model.region(region)
	if r == nil {
		return event.Token{}, false
	}
	c := r.ledger.oldest()
	if c == nil || c.latency(p.now()) < age {
		return event.Token{}, false
	}
	return c.Token, true
}

func (l *ledger) lastCalled() time.Time {
	if len(l.all) == 0 {
		return time.Time{}
	}
	return l.all[len(l.all)-1].Called
}

// called counts the canaries since an instant; those of an hour are all there.
func (l *ledger) called(since time.Time) int {
	i, _ := slices.BinarySearchFunc(l.all, since, func(c *Canary, t time.Time) int {
		if c.Called.After(t) {
			return 1
		}
		return -1
	})
	return len(l.all) - i
}

// Snapshot returns what is known now.
func (p *Prober) Snapshot() Snapshot {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.model.Snapshot()
	s.At = p.now()
	return s
}

// Judge answers a gate now.
func (p *Prober) Judge(q Question) Answer {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.model.Judge(q, p.now(), p.guard.whyStopped() != "" || p.standby)
}
