package scenarios

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"github.com/hookdrill/hookdrill/prober"
	"github.com/hookdrill/hookdrill/prober/history"
)

// kill ends the present incarnation as SIGKILL does: for real where it is a
// process, and else in the model. It returns when the sender is gone.
func (l *lives) kill() {
	inc := l.take(nil)
	if inc == nil {
		return
	}
	detail := ""
	if inc.process == nil {
		detail = "modelled"
	}
	l.record(history.SenderEvent{What: history.SenderKill, Incarnation: inc.number, Detail: detail})
	inc.end()
	if inc.process != nil {
		if err := inc.process.Kill(); err != nil {
			l.set.log.Error().Err(err).Msg("kill the sender")
		}
		return
	}
	inc.fence.kill()
	l.copyDir(inc.number)
	l.leave(inc)
}

// leave lets a dead incarnation in this process clean up after itself. A
// process would not have; but its goroutines must end.
func (l *lives) leave(inc *life) {
	s, can := inc.sender.(prober.Stopper)
	if !can {
		return
	}
	l.stops.Go(func() {
		if err := s.Stop(l.ctx); err != nil {
			l.set.log.Debug().Err(err).Msg("a killed incarnation did not stop by itself")
		}
	})
}

// copyDir gives the next incarnation the directory as it was at the kill: what
// the dead one may still write is not seen.
func (l *lives) copyDir(n uint16) {
	next := filepath.Join(filepath.Dir(l.dir), "incarnation-"+strconv.Itoa(int(n)+1))
	if err := os.CopyFS(next, os.DirFS(l.dir)); err != nil {
		l.set.log.Error().Err(err).Msg("copy the sender's directory")
		return
	}
	l.mu.Lock()
	l.dir = next
	l.mu.Unlock()
}

// terminate asks the present incarnation to stop, and returns when it has.
func (l *lives) terminate(ctx context.Context) {
	inc := l.take(nil)
	if inc == nil {
		return
	}
	l.record(history.SenderEvent{What: history.SenderTerm, Incarnation: inc.number})
	err := l.stop(ctx, inc)
	detail := ""
	if err != nil {
		detail = err.Error()
	}
	l.record(history.SenderEvent{What: history.SenderExit, Incarnation: inc.number, Detail: detail})
}

// stop ends an incarnation in an orderly way, as far as it can be.
func (l *lives) stop(ctx context.Context, inc *life) error {
	var err error
	if s, can := inc.sender.(prober.Stopper); can {
		err = s.Stop(ctx)
	} else if inc.process != nil {
		err = inc.process.Kill()
	}
	inc.end()
	inc.fence.kill()
	return err
}

var errAlone = errors.New("the sender is one process, or none")

// fleet returns the present incarnation's processes.
func (l *lives) fleet() (*life, prober.Fleet, error) {
	inc := l.now()
	if inc == nil {
		return nil, nil, errDown
	}
	f, can := inc.sender.(prober.Fleet)
	if !can {
		return nil, nil, errAlone
	}
	return inc, f, nil
}

// killInstance ends one process of several; the incarnation lives on.
func (l *lives) killInstance(i int) error {
	inc, f, err := l.fleet()
	if err != nil {
		return err
	}
	l.record(history.SenderEvent{What: history.SenderKill, Incarnation: inc.number, Detail: fmt.Sprintf("instance %d", i)})
	return f.KillInstance(i)
}

func (l *lives) startInstance(ctx context.Context, i int) error {
	inc, f, err := l.fleet()
	if err != nil {
		return err
	}
	if err := f.StartInstance(ctx, i); err != nil {
		return err
	}
	l.record(history.SenderEvent{What: history.SenderReady, Incarnation: inc.number, Detail: fmt.Sprintf("instance %d", i)})
	return nil
}

// scaleTo starts or stops processes until there are n, and returns how many
// there were.
func (l *lives) scaleTo(ctx context.Context, n int) (before int, err error) {
	inc, f, err := l.fleet()
	if err != nil {
		return 0, err
	}
	before = f.Instances()
	if err := f.Scale(ctx, n); err != nil {
		return before, err
	}
	l.record(history.SenderEvent{What: history.SenderScale, Incarnation: inc.number, Detail: fmt.Sprintf("from %d to %d", before, n)})
	return before, nil
}

// hold pauses the present incarnation, and returns what resumes it.
func (l *lives) hold() (resume func()) {
	inc := l.now()
	if inc == nil {
		return func() {}
	}
	l.record(history.SenderEvent{What: history.SenderPause, Incarnation: inc.number, Detail: modelled(inc)})
	if inc.process == nil {
		inc.fence.pause()
	} else if err := inc.process.Pause(); err != nil {
		l.set.log.Error().Err(err).Msg("pause the sender")
	}
	return func() {
		if inc.process == nil {
			inc.fence.resume()
		} else if err := inc.process.Resume(); err != nil {
			l.set.log.Error().Err(err).Msg("resume the sender")
		}
		l.record(history.SenderEvent{What: history.SenderResume, Incarnation: inc.number, Detail: modelled(inc)})
	}
}

func modelled(inc *life) string {
	if inc.process == nil {
		return "modelled"
	}
	return ""
}
