package scenarios

import (
	"fmt"
	"strings"
	"time"

	"github.com/hookdrill/hookdrill/prober"
	"github.com/hookdrill/hookdrill/prober/history"
)

// watcher hands on what endpoints see to those who wait for it.
type watcher struct{ *run }

// Reached implements prober.Watcher.
func (w watcher) Reached(endpoint int, m prober.Milestone, at time.Duration) {
	w.triggers.reached(endpoint, m, at)
}

// Attempted implements prober.Watcher.
func (w watcher) Attempted(rows []history.Attempt) {
	w.faults.attempted(rows)
	if gone := w.ledger.attempted(rows); gone >= 0 {
		w.recordSender(history.SenderEvent{What: history.SenderGone, Incarnation: w.lives.incarnation(),
			Detail: w.plan.Endpoints[gone].Name})
	}
}

// Amended implements prober.Watcher. An ack that became ambiguous settles
// what it settled before: the event did arrive.
func (w watcher) Amended(history.Amend) {}

// told is what there is to say about a step in the sender's life.
func told(e history.SenderEvent) string {
	detail := ""
	if e.Detail != "" {
		first, _, _ := strings.Cut(e.Detail, "\n")
		detail = " (" + first + ")"
	}
	switch e.What {
	case history.SenderReady:
		return fmt.Sprintf("sender ready: incarnation %d", e.Incarnation)
	case history.SenderKill:
		return "sender killed" + detail
	case history.SenderTerm:
		return "sender asked to stop"
	case history.SenderExit:
		return "sender stopped" + detail
	case history.SenderCrash:
		return "sender crashed" + detail
	case history.SenderPause:
		return "sender paused" + detail
	case history.SenderResume:
		return "sender resumed" + detail
	case history.SenderGone:
		return "endpoint gone: " + e.Detail + " answered 410"
	default:
		return ""
	}
}
