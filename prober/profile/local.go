package profile

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/hookdrill/hookdrill/prober"
)

// local is a life of a sender whose processes are ours. Verbs act on all
// instances that deliver.
type local struct {
	*sender

	exited chan struct{}
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
	l := &local{s, make(chan struct{})}
	now := s.r.delivering()
	s.r.wg.Go(func() { l.watch(now) })
	if asks {
		return localPending{l, pending{s}}
	}
	return l
}

// watch closes exited when all that deliver have ended, unless Apply has put
// others in their place.
func (l *local) watch(procs []*prober.Proc) {
	defer close(l.exited)
	for {
		for _, p := range procs {
			<-p.Exited()
		}
		l.r.mu.Lock()
		now, life := l.r.delivering(), l.r.lives
		l.r.mu.Unlock()
		if life != l.life || slices.Equal(now, procs) {
			return
		}
		procs = now
	}
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
func (l *local) Kill() error { return l.each((*prober.Proc).Kill) }

// Terminate implements prober.Process.
func (l *local) Terminate() error { return l.each((*prober.Proc).Terminate) }

// Pause implements prober.Process.
func (l *local) Pause() error { return l.each((*prober.Proc).Pause) }

// Resume implements prober.Process.
func (l *local) Resume() error { return l.each((*prober.Proc).Resume) }

// Exited implements prober.Process: it is closed when the last instance that
// delivers is gone.
func (l *local) Exited() <-chan struct{} { return l.exited }

// ExitReason implements prober.Process, for each instance where there are
// several.
func (l *local) ExitReason() string {
	var all []string
	for _, p := range l.r.delivering() {
		all = append(all, p.ExitReason())
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
	_, err := r.run(ctx, r.p.Stop, r.view(), l.log)
	return r.hide.err(errors.Join(err, r.stopAll(ctx)))
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
