package check

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/hookdrill/hookdrill/prober/history"
)

// maxLines is the most lines of attempts in a story: the first and the last
// ones tell it, those between are counted.
const maxLines = 12

// subject names an obligation as reports do.
func (l *ledger) subject(key, seq uint32, endpoint int) string {
	return fmt.Sprintf("key=%d seq=%d -> %s", key, seq, l.name(endpoint))
}

func (l *ledger) name(endpoint int) string {
	if endpoint < len(l.plan.Endpoints) {
		return l.plan.Endpoints[endpoint].Name
	}
	return "endpoint " + strconv.Itoa(endpoint)
}

// find lays out one obligation again, for its story.
func (l *ledger) find(number uint32) owed {
	event, _ := slices.BinarySearch(l.owedBy, number+1)
	event-- // the last event whose first obligation is not behind number
	var found owed
	see := func(block []owed) {
		for _, o := range block {
			if o.number == number {
				found = o
				found.attempts = slices.Clone(o.attempts)
			}
		}
	}
	y := layout{l: l}
	y.event(uint32(event), l.seq(uint32(event)), see)
	y.flush(see)
	return found
}

// tell makes a finding about one obligation: its story up to and with the
// last attempt that concerns it, and what else there is to say.
func (l *ledger) tell(number uint32, upTo time.Duration, more ...Line) Finding {
	o := l.find(number)
	f := Finding{Subject: l.subject(o.key, o.seq, o.endpoint)}
	if o.owes {
		f.Story = append(f.Story, Line{At: o.accepted, Text: "accepted"})
	}
	var told []Line
	for i := range o.attempts {
		if a := &o.attempts[i]; began(a) <= upTo {
			told = append(told, Line{At: began(a), Text: l.attempt(i+1, a)})
		}
	}
	f.Story = append(f.Story, shorten(told)...)
	f.Story = append(f.Story, l.lives(o.accepted, upTo)...)
	slices.SortStableFunc(f.Story, func(a, b Line) int { return cmp.Compare(a.At, b.At) })
	f.Story = append(f.Story, more...)
	return f
}

// shorten leaves out the middle of many lines.
func shorten(lines []Line) []Line {
	if len(lines) <= maxLines {
		return lines
	}
	tail := len(lines) - maxLines/2
	left := slices.Clone(lines[:maxLines/2])
	return append(append(left, Line{At: lines[tail-1].At,
		Text: fmt.Sprintf("... %s so far", plural(tail-maxLines/2, "more attempt"))}), lines[tail:]...)
}

// attempt writes what an endpoint knows of one attempt.
func (l *ledger) attempt(n int, a *history.Attempt) string {
	status := "none"
	if a.Status != 0 {
		status = strconv.Itoa(int(a.Status))
	}
	text := fmt.Sprintf("attempt %-3d %-4s", n, status)
	switch a.Disposition {
	case history.Acked:
		text += " acked"
	case history.Ambiguous:
		text += " ambiguous"
	case history.AnsweredNo:
	case history.Aborted:
		text += " aborted"
	case history.Incomplete:
		text += " incomplete"
	default:
		text += " end not known"
	}
	if a.Resent {
		text += ", resent by the transport"
	}
	if a.Fault > 0 && int(a.Fault) <= len(l.plan.Faults) {
		text += " (" + l.plan.Faults[a.Fault-1].ID + ")"
	}
	return trimRight(text)
}

func trimRight(s string) string {
	for len(s) > 0 && s[len(s)-1] == ' ' {
		s = s[:len(s)-1]
	}
	return s
}

// lives are the steps of the sender's life between two offsets.
func (l *ledger) lives(from, until time.Duration) []Line {
	var lines []Line
	for _, s := range l.h.Senders {
		text := ""
		switch s.What {
		case history.SenderKill:
			text = "sender killed"
		case history.SenderTerm:
			text = "sender told to stop"
		case history.SenderCrash:
			text = "sender ended by itself"
		case history.SenderReady:
			text = "sender ready again"
		case history.SenderPause:
			text = "sender paused"
		case history.SenderResume:
			text = "sender resumed"
		}
		if text != "" && s.At > from && s.At <= until {
			lines = append(lines, Line{At: s.At, Text: text})
		}
	}
	return shorten(lines)
}

func aside(format string, args ...any) Line {
	return Line{Aside: true, Text: fmt.Sprintf(format, args...)}
}

// eventName names an event within a story.
func eventName(o *owed) string { return fmt.Sprintf("key=%d seq=%d", o.key, o.seq) }
