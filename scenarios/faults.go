package scenarios

import (
	"net/http"
	"sync"
	"time"

	"github.com/hookdrill/hookdrill/chaos"
	"github.com/hookdrill/hookdrill/prober"
	"github.com/hookdrill/hookdrill/prober/history"
	"github.com/hookdrill/hookdrill/scenarios/plan"
)

// faults decides what goes wrong with a request, and counts the hits. A
// decision depends on the plan and the arrival alone; what a trigger opens
// depends on the instant at which it fired.
type faults struct {
	plan  *plan.Plan
	scale float64
	// at holds for each endpoint its windows, in the plan's order, and publish
	// those before the sender's publish API.
	at      [][]window
	publish []window

	mu sync.Mutex
	// fired holds for each fault with a trigger when that fired; -1: not yet.
	fired []time.Duration
	hits  []int
}

// window is one fault at one endpoint.
type window struct {
	fault int
	until time.Duration
}

func newFaults(p *plan.Plan, scale float64) *faults {
	f := &faults{plan: p, scale: scale, at: make([][]window, len(p.Endpoints)),
		fired: make([]time.Duration, len(p.Faults)), hits: make([]int, len(p.Faults))}
	for i, fault := range p.Faults {
		f.fired[i] = -1
		if fault.Value.HTTP == nil {
			continue
		}
		if fault.AtPublish {
			f.publish = append(f.publish, window{fault: i, until: fault.Until})
		}
		for j, e := range fault.Endpoints {
			f.at[e] = append(f.at[e], window{fault: i, until: fault.Ends[j]})
		}
	}
	return f
}

// Decide implements prober.Faults: the first fault of the plan that selects
// the request and acts on it takes it.
func (f *faults) Decide(a prober.Arrival) prober.Act {
	r := chaos.Request{
		Seed: f.plan.Seed, Endpoint: f.plan.Endpoints[a.Endpoint].Name, Key: a.Key, Number: a.Number,
		Attempt: a.Attempt, Offset: a.Offset, Scale: f.scale,
	}
	for _, w := range f.at[a.Endpoint] {
		if (f.plan.Faults[w.fault].Value.Layer == chaos.LayerRequest) != a.Early {
			continue
		}
		healthy := &later{}
		if h := f.act(w, r, healthy); h != nil {
			return prober.Act{Fault: uint16(w.fault + 1), Wrap: func(next http.Handler) http.Handler {
				healthy.Handler = next
				return h
			}}
		}
	}
	return prober.Act{}
}

// act returns what answers r in place of next, or nil where the window is not
// open, or its fault lets r pass.
func (f *faults) act(w window, r chaos.Request, next http.Handler) http.Handler {
	fault := &f.plan.Faults[w.fault]
	from, until, open := f.bounds(w)
	if !open || r.Offset < from || r.Offset >= until+fault.Value.Tail {
		return nil
	}
	r.From, r.Until = from, until
	if !fault.Select.Selects(r) {
		return nil
	}
	return fault.Value.HTTP(r, next)
}

// later is a handler that is known only once the decision was taken.
type later struct{ http.Handler }

func (f *faults) bounds(w window) (from, until time.Duration, open bool) {
	fault := &f.plan.Faults[w.fault]
	if fault.Trigger == nil {
		return fault.From, w.until, true
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	at := f.fired[w.fault]
	return at, at + w.until, at >= 0
}

// fire opens the window of a fault with a trigger.
func (f *faults) fire(fault int, at time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.fired[fault] = at
}

// attempted counts the hits among the rows of a request, which count once.
func (f *faults) attempted(rows []history.Attempt) {
	if len(rows) == 0 || rows[0].Fault == 0 {
		return
	}
	f.hit(int(rows[0].Fault)-1, 1)
}

func (f *faults) hit(fault, n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.hits[fault] += n
}

func (f *faults) hitsOf(fault int) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.hits[fault]
}
