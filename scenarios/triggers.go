package scenarios

import (
	"slices"
	"sync"
	"time"

	"github.com/hookdrill/hookdrill/prober"
	"github.com/hookdrill/hookdrill/scenarios/plan"
)

// triggers counts milestones, and fires what waits for one of them.
type triggers struct {
	mu sync.Mutex
	// waiting is nil once nothing waits: endpoints ask at every milestone.
	waiting []*waiting
}

type waiting struct {
	trigger *plan.Trigger
	seen    int
	fire    func(at time.Duration)
}

// add makes fire be called, once, when t is due. It is called from the
// goroutine that serves the request, which waits for it: a kill at "request
// read, answer not yet sent" must come before the answer.
func (t *triggers) add(when *plan.Trigger, fire func(at time.Duration)) {
	t.waiting = append(t.waiting, &waiting{trigger: when, fire: fire})
}

// reached takes a milestone.
func (t *triggers) reached(endpoint int, m prober.Milestone, at time.Duration) {
	for _, fire := range t.due(endpoint, m, at) {
		fire(at)
	}
}

func (t *triggers) due(endpoint int, m prober.Milestone, at time.Duration) (due []func(time.Duration)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.waiting) == 0 {
		return nil
	}
	t.waiting = slices.DeleteFunc(t.waiting, func(w *waiting) bool {
		if w.trigger.By > 0 && at > w.trigger.By {
			return true // too late: nobody is to be surprised by it in the drain
		}
		_, counts := slices.BinarySearch(w.trigger.Endpoints, endpoint)
		if !counts || w.trigger.Milestone != string(m) {
			return false
		}
		w.seen++
		if w.seen < w.trigger.Nth {
			return false
		}
		due = append(due, w.fire)
		return true
	})
	return due
}

// open reports whether something waits still at this offset.
func (t *triggers) open(at time.Duration) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.ContainsFunc(t.waiting, func(w *waiting) bool { return w.trigger.By == 0 || at <= w.trigger.By })
}
