package scenarios

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/hookdrill/hookdrill/prober/history"
)

// drain waits until everything owed is settled, or the plan's cap is reached,
// and returns why it ended.
func (r *run) drain(ctx context.Context, t *timeline) (reason string) {
	if err := r.untilQuiet(ctx, t); err != nil {
		return r.whyCut()
	}
	began := r.clock.now()
	r.recorder.Note(history.Note{Kind: history.NoteDrain})
	open, accepted := r.ledger.owing()
	r.say(fmt.Sprintf("drain: %d events accepted, %d obligations open", accepted, open))
	settled := time.Duration(-1)
	for {
		now := r.clock.now()
		switch {
		case r.ctx.Err() != nil:
			return r.whyCut()
		case !r.settled(ctx):
			settled = -1
		case settled < 0:
			settled = now
		case now-settled >= r.plan.Drain.Quiet:
			return history.EndSettled
		}
		if now-began >= r.plan.Drain.AtMost {
			return history.EndCap
		}
		_ = r.clock.pause(ctx, r.tick())
	}
}

// untilQuiet waits until nothing of the plan is to come: traffic, timeline,
// triggers, and what each fault does after its window.
func (r *run) untilQuiet(ctx context.Context, t *timeline) error {
	last := max(r.plan.TrafficEnd, t.last())
	for i := range r.plan.Faults {
		f := &r.plan.Faults[i]
		if f.Trigger == nil {
			last = max(last, f.Until+f.Value.Tail)
		}
	}
	if err := r.clock.wait(ctx, last); err != nil {
		return err
	}
	for !t.idle() || r.triggers.open(r.clock.now()) && r.owing() {
		if err := r.clock.pause(ctx, r.tick()); err != nil {
			return err
		}
	}
	return nil
}

func (r *run) owing() bool {
	open, _ := r.ledger.owing()
	return open > 0
}

// settled reports whether nothing more is to be expected: everything owed was
// acked, or the sender says that it intends nothing. What the sender says
// counts where it has a say: after an ambiguous ack it may send again.
func (r *run) settled(ctx context.Context) bool {
	if !r.published.Load() {
		return false
	}
	open, _ := r.ledger.owing()
	pending := r.lives.pending(ctx)
	return pending == 0 || pending < 0 && open == 0
}

// tick is how often the drain looks: each scenario second, and in a scaled run
// not more often than is good for a sender that is asked each time.
func (r *run) tick() time.Duration {
	return max(time.Second, scaleUp(50*time.Millisecond, r.set.scale))
}

func (r *run) whyCut() string {
	if r.gone.Load() {
		return history.EndCrashed
	}
	return history.EndInterrupted
}

// sayPending writes down what the sender says that it owes.
func (r *run) sayPending(pending int) {
	if pending >= 0 {
		r.recordSender(history.SenderEvent{What: history.SenderPending, Incarnation: r.lives.incarnation(),
			Detail: strconv.Itoa(pending)})
	}
}
