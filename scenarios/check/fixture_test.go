package check

import (
	"cmp"
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/hookdrill/hookdrill/prober/history"
	"github.com/hookdrill/hookdrill/prober/policy"
	"github.com/hookdrill/hookdrill/scenarios/plan"
	"github.com/hookdrill/hookdrill/scenarios/verdict"
)

const (
	sec  = time.Second
	mins = time.Minute
	ms   = time.Millisecond
)

// world is a plan and a history made by hand.
type world struct {
	p   *plan.Plan
	h   *history.History
	pol policy.Policy
	// numbers counts the events of each key; request counts requests.
	request uint32
}

// promise is the policy of a sender that promises everything.
func promise() policy.Policy {
	return policy.Policy{
		Name: "hand", Schedule: []time.Duration{5 * sec, 30 * sec, 2 * mins, 5 * mins}, Jitter: 0.2, Timeout: 15 * sec,
		Redirects: policy.RedirectsNever, RetryAfter: policy.RetryAfterHonoured, RetryAfterCap: time.Hour,
		Order: policy.OrderKey, Durability: policy.DurabilityDisk, GoneDisables: true, Signature: "standard-webhooks",
	}
}

// newWorld makes a world in which each endpoint has a topic of its own, and
// the last topic goes to all.
func newWorld(endpoints ...string) *world {
	w := &world{p: &plan.Plan{Run: "r1", Drain: plan.Drain{AtMost: time.Hour, Quiet: mins}}, h: &history.History{}, pol: promise()}
	w.h.Header = history.Header{Run: "r1", World: history.Virtual, Scale: 1}
	all := plan.Topic{Name: "all"}
	for i, name := range endpoints {
		w.p.Endpoints = append(w.p.Endpoints, plan.Endpoint{Name: name})
		w.p.Topics = append(w.p.Topics, plan.Topic{Name: name, Endpoints: []int{i}})
		w.h.Header.Endpoints = append(w.h.Header.Endpoints, name)
		all.Endpoints = append(all.Endpoints, i)
	}
	w.p.Topics = append(w.p.Topics, all)
	w.ready(1, 0)
	return w
}

// key plans n events of the next key for a topic, and returns the key.
func (w *world) key(n, topic int) uint32 {
	k := len(w.p.Streams)
	w.p.Streams = append(w.p.Streams, plan.Stream{From: time.Duration(k) * sec, For: time.Duration(n) * sec, Every: sec, Count: n,
		Keys: 1, FirstKey: k, Topics: []int{topic}, MinBody: 256, MaxBody: 256})
	return uint32(k)
}

func (w *world) publish(key, number uint32, at time.Duration, o history.Outcome) *history.Published {
	w.h.Published = append(w.h.Published, history.Published{At: at, Planned: at - ms, Called: at - ms,
		Key: key, Number: number, Try: 1, Incarnation: 1, Outcome: o})
	return &w.h.Published[len(w.h.Published)-1]
}

func (w *world) accept(key, number uint32, at time.Duration) *history.Published {
	return w.publish(key, number, at, history.Accepted)
}

// attempt adds an attempt that took 100 ms and was answered with a status; 0
// is an attempt without an answer.
func (w *world) attempt(key, number uint32, endpoint int, at time.Duration, status int) *history.Attempt {
	w.request++
	a := history.Attempt{FirstByte: at, Whole: at + ms, Answered: at + 100*ms, Ended: at + 100*ms,
		ID: uint64(key)<<32 + uint64(number), Request: w.request, Endpoint: uint32(endpoint), Key: key, Number: number,
		Nth: 1, Status: uint16(status), Incarnation: 1, Disposition: history.AnsweredNo,
		Signature: history.CheckGood, Body: history.CheckGood}
	switch {
	case status >= 200 && status <= 299:
		a.Disposition = history.Acked
	case status == 0:
		a.Disposition, a.Answered = history.Aborted, 0
	}
	for i := range w.h.Attempts {
		if b := &w.h.Attempts[i]; b.Key == key && b.Number == number && int(b.Endpoint) == endpoint {
			a.Nth++
		}
	}
	w.h.Attempts = append(w.h.Attempts, a)
	return &w.h.Attempts[len(w.h.Attempts)-1]
}

// hit is an attempt that a fault answered.
func (w *world) hit(key, number uint32, endpoint int, at time.Duration, status, fault int) *history.Attempt {
	a := w.attempt(key, number, endpoint, at, status)
	a.Fault = uint16(fault + 1)
	return a
}

// fault plans a fault that answers all requests, and switches it on and off.
func (w *world) fault(id string, from, until time.Duration, endpoints ...int) int {
	i := len(w.p.Faults)
	f := plan.Fault{ID: id, Line: 10 + i, From: from, Until: until, Endpoints: endpoints}
	f.Value.Kind = "status"
	for range endpoints {
		f.Ends = append(f.Ends, until)
	}
	w.p.Faults = append(w.p.Faults, f)
	w.h.Header.Faults = append(w.h.Header.Faults, id)
	w.h.Faults = append(w.h.Faults,
		history.FaultEvent{At: from, Fault: uint16(i), What: history.FaultOn},
		history.FaultEvent{At: until, Fault: uint16(i), What: history.FaultOff})
	return i
}

func (w *world) ready(incarnation uint16, at time.Duration) {
	w.sender(history.SenderStart, incarnation, at, "")
	w.sender(history.SenderReady, incarnation, at, "")
}

func (w *world) sender(what history.SenderWhat, incarnation uint16, at time.Duration, detail string) {
	w.h.Senders = append(w.h.Senders, history.SenderEvent{At: at, What: what, Incarnation: incarnation, Detail: detail})
}

// kill plans a kill and carries it out.
func (w *world) kill(at, back time.Duration) {
	w.p.Verbs = append(w.p.Verbs, plan.Verb{Action: plan.ActionKill, At: at, For: back - at, Line: 30 + len(w.p.Verbs)})
	w.sender(history.SenderKill, 1, at, modelled)
	w.ready(2, back)
}

func (w *world) end(at time.Duration, reason string, pending int) {
	w.h.End = &history.End{At: at, Reason: reason, Pending: pending}
}

// ask lists a guarantee in the plan.
func (w *world) ask(name string, args map[string]any, endpoints ...int) {
	w.p.Guarantees = append(w.p.Guarantees, plan.Guarantee{Name: name, Line: 40 + len(w.p.Guarantees), Args: args, Endpoints: endpoints})
}

// judge puts the history in order, as a recorder would have, and judges it.
func (w *world) judge(t testing.TB) Judgement {
	t.Helper()
	text, err := json.Marshal(w.pol)
	if err != nil {
		t.Fatal(err)
	}
	w.h.Header.Policy = text
	slices.SortStableFunc(w.h.Published, func(a, b history.Published) int { return cmp.Compare(a.At, b.At) })
	slices.SortStableFunc(w.h.Attempts, func(a, b history.Attempt) int { return cmp.Compare(a.Ended, b.Ended) })
	slices.SortStableFunc(w.h.Faults, func(a, b history.FaultEvent) int { return cmp.Compare(a.At, b.At) })
	slices.SortStableFunc(w.h.Senders, func(a, b history.SenderEvent) int { return cmp.Compare(a.At, b.At) })
	for i := range w.h.Attempts {
		w.h.Attempts[i].Seq = uint32(i + 1)
	}
	return Judge(w.p, w.h, Options{})
}

// row is one line of a table of judgements: what is in the world, and what a
// checker has to say to it.
type row struct {
	situation string
	make      func(w *world)
	want      verdict.Status
	// reason says why that is right; says is text that the report must hold.
	reason, says string
}

// table judges each row by one guarantee, in a world with the endpoints
// calm-1, calm-2 and shaky (0, 1, 2), all listed with args.
func table(t *testing.T, guarantee string, args map[string]any, rows []row) {
	t.Helper()
	for _, r := range rows {
		t.Run(r.situation+" - "+r.want.String(), func(t *testing.T) {
			w := newWorld("calm-1", "calm-2", "shaky")
			w.ask(guarantee, args)
			w.end(time.Hour, history.EndSettled, -1)
			r.make(w)
			report := find(t, w.judge(t), guarantee)
			if report.Status != r.want {
				t.Errorf("got %v, want %v since %s\n%s", report.Status, r.want, r.reason, text(report))
			}
			if all := text(report); !contains(all, r.says) {
				t.Errorf("the report does not say %q:\n%s", r.says, all)
			}
		})
	}
}

func find(t testing.TB, j Judgement, guarantee string) Report {
	t.Helper()
	for _, r := range j.Reports {
		if r.Guarantee == guarantee {
			return r
		}
	}
	t.Fatalf("no report of %s among %d", guarantee, len(j.Reports))
	return Report{}
}
