package check

import (
	"fmt"
	"strings"
	"time"

	"github.com/hookdrill/hookdrill/prober/history"
)

// failures is a run of failures of one endpoint, without a success in between.
type failures struct {
	times       int
	first, last time.Duration
}

// fail notes how an attempt ended, for the run of failures that its endpoint
// is in.
func (l *ledger) fail(a *history.Attempt) {
	f := &l.failing[a.Endpoint]
	switch {
	case a.Trap:
	case l.pol.Delivered(int(a.Status)) && (a.Disposition == history.Acked || a.Disposition == history.Ambiguous):
		*f = failures{}
	default:
		if f.times == 0 {
			f.first = began(a)
		}
		f.times++
		f.first, f.last = min(f.first, began(a)), max(f.last, over(a))
	}
}

// disables reports whether the last run of failures of an endpoint, after which
// it saw no success, is one after which the sender declares to stop.
func (l *ledger) disables(endpoint int) bool {
	f := l.failing[endpoint]
	return l.pol.DisablesFailures > 0 && f.times >= l.pol.DisablesFailures ||
		l.pol.DisablesAfter > 0 && f.times > 0 && f.last-f.first >= l.pol.DisablesAfter-l.slack(reaction)
}

// whenDisabled says when the sender declares that it disables an endpoint.
func (l *ledger) whenDisabled() string {
	var when []string
	if n := l.pol.DisablesFailures; n > 0 {
		when = append(when, fmt.Sprintf("%d failures in a row", n))
	}
	if d := l.pol.DisablesAfter; d > 0 {
		when = append(when, span(d)+" of failures")
	}
	return strings.Join(when, " or ")
}
