package check

import (
	"encoding/json"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/hookdrill/hookdrill/prober/history"
	"github.com/hookdrill/hookdrill/prober/policy"
	"github.com/hookdrill/hookdrill/scenarios/plan"
	"github.com/hookdrill/hookdrill/scenarios/verdict"
)

// Options say how to judge.
type Options struct {
	// Strict judges by Standard Webhooks in place of what the sender declares.
	Strict bool
}

// Judge decides what a history shows about the guarantees of its plan, and
// about those that are always judged. It changes neither and takes time and
// memory in proportion to the history. A history of another plan is unknown.
func Judge(p *plan.Plan, h *history.History, o Options) Judgement {
	return judge(p, p.Publishes(), h, o, checkers())
}

func judge(p *plan.Plan, events iter.Seq[plan.Publish], h *history.History, o Options, table []checker) (j Judgement) {
	j.World = h.Header.World
	defer func() {
		if r := recover(); r != nil {
			j.Reports = []Report{unjudged(fmt.Sprintf("checker panicked: %v", r))}
			j.Status = verdict.Unknown
		}
	}()
	pol, declared, err := policyOf(h, o)
	if pol.Broadcast {
		p = p.Broadcast()
	}
	if err == nil {
		err = mismatch(p, h)
	}
	var l *ledger
	if err == nil {
		l, err = newLedger(p, events, h, pol)
	}
	if err != nil {
		j.Reports = []Report{unjudged(err.Error())}
		return j
	}
	j.Cut, j.Deviations = cut(h, l.events()), declared.Deviations()
	looks := looksFor(l, table)
	stats := &look{checker: checker{name: "stats"}}
	stats.start(l, func(l *ledger, _ ask) eyes { return statsEyes(l, &j.Stats) })
	l.show(append(slices.Clone(looks), stats))
	stats.end()
	for _, k := range looks {
		if r, keep := k.end(); keep {
			j.Reports = append(j.Reports, r)
		}
	}
	j.Status = merge(j)
	return j
}

// merge puts the reports together: what is cut is never a pass.
func merge(j Judgement) verdict.Status {
	all := make([]verdict.Status, len(j.Reports))
	for i, r := range j.Reports {
		all[i] = r.Status
	}
	merged := verdict.All(all...)
	if j.Cut != "" && merged != verdict.Fail {
		return verdict.Unknown
	}
	return merged
}

func unjudged(reason string) Report {
	return Report{Guarantee: assumptionsName, Sentence: assumptionsHold, Status: verdict.Unknown, Reason: reason}
}

// policyOf returns the policy to judge by, and the one that the sender
// declares.
func policyOf(h *history.History, o Options) (pol, declared policy.Policy, err error) {
	if len(h.Header.Policy) > 0 {
		if err := json.Unmarshal(h.Header.Policy, &declared); err != nil {
			return declared, declared, fmt.Errorf("the header's policy: %w", err)
		}
	}
	if !o.Strict {
		return declared, declared, nil
	}
	standard := policy.Standard()
	// Who hears of an event is no promise that a standard could make.
	standard.Broadcast, standard.Seam = declared.Broadcast, declared.Seam
	return standard, declared, nil
}

// mismatch returns an error where a history is not one of this plan: then
// nothing that it shows can be blamed on a sender.
func mismatch(p *plan.Plan, h *history.History) error {
	endpoints := make([]string, len(p.Endpoints))
	for i, e := range p.Endpoints {
		endpoints[i] = e.Name
	}
	faults := make([]string, len(p.Faults))
	for i, f := range p.Faults {
		faults[i] = f.ID
	}
	switch {
	case h.Header.Run != p.Run:
		return fmt.Errorf("the history is of run %q, the plan makes run %q", h.Header.Run, p.Run)
	case !slices.Equal(h.Header.Endpoints, endpoints):
		return fmt.Errorf("the history and the plan have different endpoints")
	case !slices.Equal(h.Header.Faults, faults):
		return fmt.Errorf("the history and the plan have different faults")
	}
	return nil
}

// cut says in a sentence why a history is not that of a whole run; empty: it
// is. planned is the number of events in the plan.
func cut(h *history.History, planned int) string {
	if h.End == nil {
		return "the history has no end: the run was killed"
	}
	var why []string
	switch h.End.Reason {
	case history.EndInterrupted:
		why = append(why, "interrupted at "+offset(h.End.At))
	case history.EndCrashed:
		why = append(why, "the sender ended and did not come back, at "+offset(h.End.At))
	case history.EndSettled, history.EndCap:
	default:
		why = append(why, fmt.Sprintf("ended for a reason that is not known: %q", h.End.Reason))
	}
	if n := h.End.Unpublished; n > 0 {
		why = append(why, fmt.Sprintf("%s of %s were never accepted", count(n), plural(max(planned, n), "planned event")))
	}
	if n := h.End.Dropped; n > 0 {
		why = append(why, plural(int(n), "record")+" could not be kept")
	}
	return strings.Join(why, "; ")
}

// slack is by how much an offset may be off in this world before it means
// anything: real time at a scale magnifies what a busy machine does. All
// tolerances on scenario time come from here, so that none is finer than the
// time for which a machine may leave a process without a processor.
func (l *ledger) slack(busy time.Duration) time.Duration {
	if l.h.Header.World == history.Real {
		busy = max(busy, noise)
	}
	return max(time.Second, time.Duration(l.h.Header.Scale*float64(busy)))
}

// noise is how much a busy machine may add to anything in real time.
const noise = 250 * time.Millisecond
