package scenarios

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/hookdrill/hookdrill/chaos"
	"github.com/hookdrill/hookdrill/prober/history"
	"github.com/hookdrill/hookdrill/scenarios/plan"
)

// timeline does what the plan says, when it says so.
type timeline struct {
	*run
	// actions are those with a known time, in order.
	actions []action
	// followers do what comes some time after something else.
	followers sync.WaitGroup

	mu   sync.Mutex
	busy int
	// undo holds for each fault with a door what opens it again, by endpoint.
	undo map[door]func() error
}

type action struct {
	at time.Duration
	do func(ctx context.Context)
}

type door struct{ fault, endpoint int }

func newTimeline(r *run) *timeline {
	t := &timeline{run: r, undo: make(map[door]func() error)}
	for i := range r.plan.Faults {
		t.scheduleFault(i)
	}
	for i := range r.plan.Verbs {
		t.scheduleVerb(&r.plan.Verbs[i])
	}
	for i := range r.plan.Dependencies {
		t.scheduleDependency(&r.plan.Dependencies[i])
	}
	for _, m := range r.plan.Marks {
		t.add(m.At, func(context.Context) {
			r.note(history.NoteMark, m.Text)
			r.say("mark: " + m.Text)
		})
	}
	slices.SortStableFunc(t.actions, func(a, b action) int { return cmp.Compare(a.at, b.at) })
	return t
}

func (t *timeline) add(at time.Duration, do func(ctx context.Context)) {
	t.actions = append(t.actions, action{at, do})
}

// play goes through the actions and returns when the last is done and all that
// followed from any of them, too; what was shut is open then.
func (t *timeline) play(ctx context.Context) {
	defer t.openAll()
	defer t.followers.Wait()
	for _, a := range t.actions {
		if t.clock.wait(ctx, a.at) != nil {
			return
		}
		a.do(ctx)
	}
}

// last returns when the last thing with a known time happens.
func (t *timeline) last() time.Duration {
	if len(t.actions) == 0 {
		return 0
	}
	return t.actions[len(t.actions)-1].at
}

// idle reports whether nothing is under way that has no known time.
func (t *timeline) idle() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.busy == 0
}

// follow runs f on its own: the timeline goes on meanwhile.
func (t *timeline) follow(f func()) {
	t.mu.Lock()
	t.busy++
	t.mu.Unlock()
	t.followers.Go(func() {
		f()
		t.mu.Lock()
		defer t.mu.Unlock()
		t.busy--
	})
}

func (t *timeline) scheduleFault(i int) {
	f := &t.plan.Faults[i]
	if f.Trigger != nil {
		t.triggers.add(f.Trigger, func(at time.Duration) {
			t.faults.fire(i, at)
			t.on(i)
			for _, end := range endsOf(f) {
				t.follow(func() {
					if t.clock.pause(t.ctx, end.at) == nil {
						t.off(i, end)
					}
				})
			}
		})
		return
	}
	t.add(f.From, func(context.Context) { t.on(i) })
	ends := endsOf(f)
	for _, end := range ends {
		t.add(end.at, func(context.Context) { t.off(i, end) })
	}
	if f.Value.Steps == nil {
		return
	}
	for _, end := range ends {
		for _, s := range f.Value.Steps(f.From, end.at) {
			t.add(s.At, func(context.Context) { t.note(history.NoteDeploy, f.ID+t.part(f, end)+": "+s.Text) })
		}
	}
}

// end is an instant at which a fault's window closes for some endpoints.
type end struct {
	at        time.Duration
	endpoints []int
}

// endsOf returns when a fault's window closes, the earliest first.
func endsOf(f *plan.Fault) []end {
	if f.AtPublish {
		return []end{{at: f.Until}}
	}
	var ends []end
	for i, e := range f.Endpoints {
		at := slices.IndexFunc(ends, func(known end) bool { return known.at == f.Ends[i] })
		if at < 0 {
			at = len(ends)
			ends = append(ends, end{at: f.Ends[i]})
		}
		ends[at].endpoints = append(ends[at].endpoints, e)
	}
	slices.SortFunc(ends, func(a, b end) int { return cmp.Compare(a.at, b.at) })
	return ends
}

func (t *timeline) on(i int) {
	f := &t.plan.Faults[i]
	t.recorder.Fault(history.FaultEvent{Fault: uint16(i), What: history.FaultOn})
	_ = t.recorder.Flush() // for recordSender's reason
	t.say(fmt.Sprintf("fault on: %s: %s, at %s", f.ID, brief(f), t.places(f.Endpoints)))
	if f.Value.Door == nil {
		return
	}
	for _, e := range f.Endpoints {
		t.shut(i, e)
	}
}

// brief is a fault's summary as far as it fits into a line of progress; plan
// prints all of it.
func brief(f *plan.Fault) string {
	const most = 32
	if len(f.Summary) <= most {
		return f.Summary
	}
	first, _, several := strings.Cut(f.Summary, ", ")
	if !several || len(first) > most || strings.Contains(first, "{") {
		return f.Value.Kind
	}
	return first + ", ...)"
}

func (t *timeline) shut(fault, endpoint int) {
	d, err := t.server.Door(endpoint)
	if err == nil {
		var undo func() error
		undo, err = t.plan.Faults[fault].Value.Door(chaos.Door(d))
		if err == nil {
			t.mu.Lock()
			t.undo[door{fault, endpoint}] = undo
			t.mu.Unlock()
			t.server.Drop(endpoint)
		}
	}
	if err != nil {
		t.note(history.NoteHarness, fmt.Sprintf("fault %s did not act at %s: %v",
			t.plan.Faults[fault].ID, t.plan.Endpoints[endpoint].Name, err))
	}
}

func (t *timeline) off(i int, e end) {
	f := &t.plan.Faults[i]
	for _, endpoint := range e.endpoints {
		t.open(door{i, endpoint})
	}
	indexes := make([]uint32, len(e.endpoints))
	for j, endpoint := range e.endpoints {
		indexes[j] = uint32(endpoint)
	}
	t.recorder.Fault(history.FaultEvent{Fault: uint16(i), What: history.FaultOff, Endpoints: indexes})
	t.say(fmt.Sprintf("fault off: %s at %s", f.ID, t.places(e.endpoints)))
}

func (t *timeline) open(d door) {
	t.mu.Lock()
	undo := t.undo[d]
	delete(t.undo, d)
	t.mu.Unlock()
	if undo == nil {
		return
	}
	if err := undo(); err != nil {
		t.note(history.NoteHarness, fmt.Sprintf("fault %s was not undone at %s: %v",
			t.plan.Faults[d.fault].ID, t.plan.Endpoints[d.endpoint].Name, err))
	}
}

// openAll undoes what an interrupted run left shut.
func (t *timeline) openAll() {
	t.mu.Lock()
	var left []door
	for d := range t.undo {
		left = append(left, d)
	}
	t.mu.Unlock()
	for _, d := range left {
		t.open(d)
	}
}

// count writes down how often each fault acted. At a door of real sockets
// nobody sees what the kernel turns away.
func (t *timeline) count() {
	for i := range t.plan.Faults {
		f, e := &t.plan.Faults[i], history.FaultEvent{Fault: uint16(i), What: history.FaultHits}
		e.Hits = t.faults.hitsOf(i)
		if f.Value.Door != nil {
			for _, endpoint := range f.Endpoints {
				n, seen := t.turned(endpoint)
				e.Hits += n
				e.Inferred = e.Inferred || !seen
			}
		}
		t.recorder.Fault(e)
	}
}

func (t *timeline) turned(endpoint int) (int, bool) {
	d, err := t.server.Door(endpoint)
	if err != nil {
		return 0, true
	}
	return d.Turned()
}

// part says which endpoints an end is about, where a fault has several.
func (t *timeline) part(f *plan.Fault, e end) string {
	if len(e.endpoints) == len(f.Endpoints) {
		return ""
	}
	return " at " + t.places(e.endpoints)
}

// places names endpoints by their region where they have one, and by name
// where they are few.
func (t *timeline) places(endpoints []int) string {
	if len(endpoints) == 0 {
		return "the publish API"
	}
	var regions, names []string
	for _, e := range endpoints {
		names = append(names, t.plan.Endpoints[e].Name)
		if r := t.plan.Endpoints[e].Labels["region"]; r != "" && !slices.Contains(regions, r) {
			regions = append(regions, r)
		}
	}
	switch {
	case len(regions) > 0:
		return strings.Join(regions, ", ")
	case len(names) <= 3:
		return strings.Join(names, ", ")
	default:
		return fmt.Sprintf("%d endpoints", len(names))
	}
}
