package scenarios

import (
	"context"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/mock"

	"github.com/hookdrill/hookdrill/prober"
	"github.com/hookdrill/hookdrill/prober/history"
)

// asProcess is a sender in a process of its own, as far as its life goes.
type asProcess struct {
	prober.Sender
	*mockProcess
}

// lively returns lives with one incarnation that lives in the process, and what
// they write down.
func lively(ctx context.Context, t *testing.T, p *mockProcess) (l *lives, wrote func() []string) {
	t.Helper()
	events := make(chan history.SenderEvent, 16)
	l = &lives{set: newSettings(nil), ctx: ctx, crashed: func() {}, dir: t.TempDir(),
		record:  func(e history.SenderEvent) { events <- e },
		factory: func(context.Context, prober.World) (prober.Sender, error) { return asProcess{nil, p}, nil }}
	inc, err := l.born(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if err := l.live(ctx, inc); err != nil {
		t.Fatal(err)
	}
	return l, func() []string {
		var all []string
		for {
			select {
			case e := <-events:
				all = append(all, e.What.String()+" "+e.Detail)
			default:
				return all
			}
		}
	}
}

// TestAProcessIsKilledOnce sees that the plan's kill, a second one, and the end
// of the run send one signal: a process number may be another's by then.
func TestAProcessIsKilledOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		p := newMockProcess(t)
		gone := make(chan struct{})
		p.EXPECT().Exited().Return(gone)
		p.EXPECT().Kill().Run(func() { close(gone) }).Return(nil).Once()
		l, wrote := lively(ctx, t, p)
		l.kill()
		l.kill()
		l.terminate(ctx)
		cancel()
		l.stops.Wait()
		if diff := cmp.Diff([]string{"ready ", "kill "}, wrote()); diff != "" {
			t.Errorf("written down (-want +got):\n%s", diff)
		}
	})
}

// TestAPauseIsUndone sees that a process that was stopped is continued, and is
// not when it is a dead one's turn.
func TestAPauseIsUndone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		p := newMockProcess(t)
		p.EXPECT().Exited().Return(nil)
		mock.InOrder(p.EXPECT().Pause().Return(nil).Once(), p.EXPECT().Resume().Return(nil).Once())
		l, wrote := lively(ctx, t, p)
		resume := l.hold()
		resume()
		cancel()
		l.stops.Wait()
		if diff := cmp.Diff([]string{"ready ", "pause ", "resume "}, wrote()); diff != "" {
			t.Errorf("written down (-want +got):\n%s", diff)
		}
	})
}

// TestACrashIsSeenOnce sees that a process that ended by itself is not killed
// afterwards, and that its reason is written down.
func TestACrashIsSeenOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newMockProcess(t)
		gone := make(chan struct{})
		p.EXPECT().Exited().Return(gone)
		p.EXPECT().ExitReason().Return("exit status 2: panic: no").Once()
		l, wrote := lively(t.Context(), t, p)
		crashes := 0
		l.crashed = func() { crashes++ }
		close(gone)
		l.stops.Wait()
		l.kill()
		l.terminate(t.Context())
		if diff := cmp.Diff([]string{"ready ", "crash exit status 2: panic: no"}, wrote()); diff != "" || crashes != 1 {
			t.Errorf("told of %d crashes; written down (-want +got):\n%s", crashes, diff)
		}
	})
}
