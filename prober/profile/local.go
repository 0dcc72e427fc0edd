package profile

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/hookdrill/hookdrill/prober"
)

// local is a life of a sender whose processes are ours. Verbs act on all
// instances that deliver.
type local struct {
	*sender

	exited chan struct{}
	once   sync.Once
	// ending says that the whole of it was asked to end.
	ending atomic.Bool
}

// pending is the part of a life that knows how much is to be done.
type pending struct{ s *sender }

type remotePending struct {
	*sender
	pending
}

type localPending struct {
	*local
	pending
}

// dress returns s with the optional interfaces that its profile allows. The
// mutex is held.
func (s *sender) dress() prober.Sender {
	asks := s.r.p.Pending != nil
	if len(s.r.p.Commands) == 0 {
		if asks {
			return remotePending{s, pending{s}}
		}
		return s
	}
	l := &local{sender: s, exited: make(chan struct{})}
	for _, g := range s.r.groups {
		if g.c.Delivers {
			g.notify(l.died)
		}
	}
	if asks {
		return localPending{l, pending{s}}
	}
	return l
}

// died hears that an instance has ended that no verb on instances has ended.
// One that was not asked to ends the sender: the others may go on, but what it
// had in hand is gone, and nobody starts it again.
func (l *local) died() {
	if l.ending.Load() && slices.ContainsFunc(l.r.delivering(), alive) {
		return // until the last
	}
	l.once.Do(func() { close(l.exited) })
}

// delivering are the instances that verbs act on.
func (r *Rig) delivering() []*prober.Proc {
	var all []*prober.Proc
	for _, g := range r.groups {
		if g.c.Delivers {
			all = append(all, g.instances()...)
		}
	}
	return all
}

// Instances returns the processes that deliver now, for verbs on one of
// several.
func (r *Rig) Instances() []*prober.Proc {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.delivering()
}

func (l *local) each(verb func(*prober.Proc) error) error {
	var errs []error
	for _, p := range l.r.delivering() {
		errs = append(errs, verb(p))
	}
	return errors.Join(errs...)
}

// Kill implements prober.Process.
func (l *local) Kill() error {
	l.ending.Store(true)
	err := l.each((*prober.Proc).Kill)
	if err == nil {
		l.died()
	}
	return err
}

// Terminate implements prober.Process.
func (l *local) Terminate() error {
	l.ending.Store(true)
	return l.each((*prober.Proc).Terminate)
}

// Pause implements prober.Process.
func (l *local) Pause() error { return l.each((*prober.Proc).Pause) }

// Resume implements prober.Process.
func (l *local) Resume() error { return l.each((*prober.Proc).Resume) }

// Exited implements prober.Process: it is closed when the last instance that
// delivers is gone, or one that was not asked to.
func (l *local) Exited() <-chan struct{} { return l.exited }

// ExitReason implements prober.Process, for each instance where there are
// several.
func (l *local) ExitReason() string {
	var all []string
	for _, p := range l.r.delivering() {
		if !alive(p) {
			all = append(all, p.ExitReason())
		}
	}
	return l.r.hide.text(strings.Join(all, "; "))
}

// Stop implements prober.Stopper: the steps of stop, then SIGTERM to all
// processes, the last first. One that is not gone after its grace is killed,
// which is an error.
func (l *local) Stop(ctx context.Context) error {
	r := l.r
	r.mu.Lock()
	defer r.mu.Unlock()
	l.ending.Store(true)
	_, err := r.run(ctx, r.p.Stop, r.view(), l.log)
	err = errors.Join(err, r.stopAll(ctx))
	l.died()
	return r.hide.err(err)
}

// Pending implements prober.Pender.
func (p pending) Pending(ctx context.Context) (int, error) {
	r := p.s.r
	r.mu.Lock()
	d := r.view()
	r.mu.Unlock()
	_, body, err := r.do(ctx, r.p.Pending.Step, d)
	if err != nil {
		return 0, err
	}
	n, err := sum(body, r.p.Pending.Value)
	if err != nil {
		return 0, fmt.Errorf("status.pending: %w", r.hide.err(err))
	}
	return n, nil
}
