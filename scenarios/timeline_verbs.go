package scenarios

import (
	"context"
	"fmt"
	"time"

	"github.com/hookdrill/hookdrill/prober/dependency"
	"github.com/hookdrill/hookdrill/prober/history"
	"github.com/hookdrill/hookdrill/scenarios/plan"
)

func (t *timeline) scheduleVerb(v *plan.Verb) {
	if v.Trigger == nil {
		t.add(v.At, func(ctx context.Context) { t.verb(ctx, v) })
		return
	}
	t.triggers.add(v.Trigger, func(time.Duration) { t.verb(t.ctx, v) })
}

func (t *timeline) verb(ctx context.Context, v *plan.Verb) {
	switch {
	case v.Action == plan.ActionKill && v.Instance > 0:
		t.killOne(ctx, v)
	case v.Action == plan.ActionKill:
		t.lives.kill()
		t.follow(func() { t.back(ctx, v.For) })
	case v.Action == plan.ActionTerm:
		t.follow(func() {
			t.terminate(ctx, v)
			t.back(ctx, v.For)
		})
	case v.Action == plan.ActionPause:
		resume := t.lives.hold()
		t.follow(func() {
			_ = t.clock.pause(ctx, v.For) // an interrupted run resumes too
			resume()
		})
	case v.Action == plan.ActionScale:
		t.scale(ctx, v)
	}
}

func (t *timeline) terminate(ctx context.Context, v *plan.Verb) {
	patience := stopGrace
	if v.Grace > 0 {
		patience = scaleDown(v.Grace, t.set.scale)
	}
	grace, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	t.lives.terminate(grace)
}

func (t *timeline) back(ctx context.Context, away time.Duration) {
	if t.clock.pause(ctx, away) == nil {
		t.lives.again(ctx)
	}
}

// killOne ends one of several processes, and starts it again after a while.
func (t *timeline) killOne(ctx context.Context, v *plan.Verb) {
	if err := t.lives.killInstance(v.Instance); err != nil {
		t.note(history.NoteHarness, fmt.Sprintf("%s did nothing: %v", v.ID, err))
		return
	}
	t.follow(func() {
		if t.clock.pause(ctx, v.For) != nil {
			return
		}
		if err := t.lives.startInstance(ctx, v.Instance); err != nil {
			t.note(history.NoteHarness, fmt.Sprintf("%s was not undone: %v", v.ID, err))
		}
	})
}

// scale changes the number of processes for a while.
func (t *timeline) scale(ctx context.Context, v *plan.Verb) {
	before, err := t.lives.scaleTo(ctx, v.To)
	if err != nil {
		t.note(history.NoteHarness, fmt.Sprintf("%s did nothing: %v", v.ID, err))
		return
	}
	t.follow(func() {
		if t.clock.pause(ctx, v.For) != nil {
			return
		}
		if _, err := t.lives.scaleTo(ctx, before); err != nil {
			t.note(history.NoteHarness, fmt.Sprintf("%s was not undone: %v", v.ID, err))
		}
	})
}

func (t *timeline) scheduleDependency(v *plan.DependencyVerb) {
	do := func(ctx context.Context) { t.follow(func() { t.depend(ctx, v) }) }
	if v.Trigger == nil {
		t.add(v.At, do)
		return
	}
	t.triggers.add(v.Trigger, func(time.Duration) { do(t.ctx) })
}

// depend does something to a dependency and undoes it after a while, also
// where the run has been interrupted.
func (t *timeline) depend(ctx context.Context, v *plan.DependencyVerb) {
	undo, err := t.disturb(ctx, v)
	if err != nil {
		t.note(history.NoteHarness, fmt.Sprintf("%s did nothing: %v", v.ID, err))
		return
	}
	text := fmt.Sprintf("%s: %s %s", v.ID, v.Action, v.Name)
	t.note(history.NoteDependency, text)
	t.say("dependency: " + text)
	_ = t.clock.pause(ctx, v.For)
	grace, cancel := t.grace()
	defer cancel()
	if err := undo(grace); err != nil {
		t.note(history.NoteHarness, fmt.Sprintf("%s was not undone: %v", v.ID, err))
		return
	}
	t.note(history.NoteDependency, v.ID+": over")
	t.say("dependency: " + v.ID + " is over")
}

func (t *timeline) disturb(ctx context.Context, v *plan.DependencyVerb) (dependency.Undo, error) {
	if t.set.depends == nil {
		return nil, fmt.Errorf("the sender has no dependency %q", v.Name)
	}
	d, known := t.set.depends(v.Name)
	if !known {
		return nil, fmt.Errorf("the sender has no dependency %q", v.Name)
	}
	return d.Do(ctx, dependency.Action{
		Verb:    dependency.Verb(v.Action),
		Latency: scaleDown(v.Latency, t.set.scale), Jitter: scaleDown(v.Jitter, t.set.scale), Rate: int64(v.Rate) >> 10,
	})
}
