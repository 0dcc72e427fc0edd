package canary

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hookdrill/hookdrill/prober/event"
)

// TestLife tells the life of one canary by what happens to it, and wants the
// states it passes and the facts that come out.
func TestLife(t *testing.T) {
	const late, lost = 2 * time.Minute, time.Hour
	names := map[FactKind]string{FactAnswered: "answered", FactAccepted: "accepted", FactOnTime: "on-time", FactLate: "late", FactOverdue: "overdue",
		FactLost: "lost", FactRecovered: "recovered", FactDuplicate: "duplicate", FactOutOfOrder: "out-of-order", FactRejected: "rejected", FactFailure: "failure",
		FactAttempts: "attempts"}
	for _, row := range []struct {
		reason string
		steps  string // verb@offset
		states string
		facts  string
	}{
		{"on time", "ok@1s receive@5s tick@3h", "in-flight delivered delivered", "answered accepted on-time"},
		{"late, and seen to be", "ok@1s tick@3m receive@4m", "in-flight late delivered", "answered accepted overdue late"},
		{"late between two ticks", "ok@1s receive@4m", "in-flight delivered", "answered accepted overdue late"},
		{"lost once", "ok@1s tick@3m tick@2h tick@3h", "in-flight late lost lost", "answered accepted overdue lost"},
		{"lost without a tick before", "ok@1s tick@2h", "in-flight lost", "answered accepted overdue lost"},
		{"recovered", "ok@1s tick@2h receive@3h", "in-flight lost recovered", "answered accepted overdue lost late recovered"},
		{"twice", "ok@1s receive@2s receive@3s", "in-flight delivered delivered", "answered accepted on-time duplicate"},
		{"its attempts are told, and count once", "ok@1s receive@5s reveal@6s reveal@7s", "in-flight delivered delivered delivered", "answered accepted on-time attempts"},
		{"told before it arrived is told of another", "ok@1s reveal@2s", "in-flight in-flight", "answered accepted"},
		{"refused owes nothing", "refuse@1s tick@3h", "publish-failed publish-failed", "answered failure"},
		{"left open, never seen", "open@1s tick@3h", "publish-failed publish-failed", "answered failure"},
		{"left open, and accepted as it turns out", "open@1s receive@5s", "publish-failed delivered", "answered failure accepted on-time"},
		{"there before the publish was answered", "receive@1s ok@2s", "delivered delivered", "accepted on-time answered"},
		{"there before the publish failed", "receive@1s open@2s", "delivered delivered", "accepted on-time answered"},
		{"killed between the call and the answer", "tick@3h", "pending", ""},
		{"withdrawn", "ok@1s withdraw@2s tick@3h", "in-flight withdrawn withdrawn", "answered accepted"},
		{"a clock that goes backwards", "ok@1m receive@30s", "in-flight delivered", "answered accepted on-time"},
	} {
		l, start := newLedger("r", late, lost), time.Unix(1e9, 0)
		token := event.Token{Run: "t", Key: 1, Seq: 1}
		l.call(token, start)
		var states, facts []string
		for step := range strings.FieldsSeq(row.steps) {
			verb, offset, _ := strings.Cut(step, "@")
			d, err := time.ParseDuration(offset)
			if err != nil {
				t.Fatal(err)
			}
			at := start.Add(d)
			var out []Fact
			switch verb {
			case "ok":
				out = l.answer(token, at, OK, false)
			case "refuse":
				out = l.answer(token, at, RouteMissing, true)
			case "open":
				out = l.answer(token, at, ResponseTimeout, false)
			case "receive":
				out = l.receive(token, at)
			case "reveal":
				out = l.reveal(token, at, 2)
			case "tick":
				out = l.tick(at)
			case "withdraw":
				l.withdraw(at)
			}
			for _, f := range out {
				facts = append(facts, names[f.Kind])
				if f.Latency < 0 {
					t.Errorf("%s: a latency of %v", row.reason, f.Latency)
				}
			}
			states = append(states, l.byToken[token].State().String())
		}
		if got := strings.Join(states, " "); got != row.states {
			t.Errorf("%s: states %s, want %s", row.reason, got, row.states)
		}
		if got := strings.Join(facts, " "); got != row.facts {
			t.Errorf("%s: facts %s, want %s", row.reason, got, row.facts)
		}
		if want := 0; l.flying != want && l.byToken[token].flying() == false {
			t.Errorf("%s: %d in flight, want %d", row.reason, l.flying, want)
		}
	}
}

func TestOutOfOrder(t *testing.T) {
	l, at := newLedger("r", time.Minute, time.Hour), time.Unix(1e9, 0)
	var kinds []FactKind
	for seq := range uint32(3) {
		l.call(event.Token{Run: "t", Key: 7, Seq: seq + 1}, at)
	}
	for _, seq := range []uint32{1, 3, 2} {
		for _, f := range l.receive(event.Token{Run: "t", Key: 7, Seq: seq}, at) {
			if f.Kind == FactOutOfOrder {
				kinds = append(kinds, f.Kind)
			}
		}
	}
	if diff := cmp.Diff([]FactKind{FactOutOfOrder}, kinds); diff != "" {
		t.Error(diff)
	}
}

// TestLedgerStaysFlat looks at what is kept after many canaries: bounded, and
// nothing that is still on its way is forgotten.
func TestLedgerStaysFlat(t *testing.T) {
	l, at := newLedger("r", time.Minute, time.Hour), time.Unix(1e9, 0)
	first := event.Token{Run: "t", Key: 0, Seq: 1}
	for seq := range uint32(5 * keep) {
		token := event.Token{Run: "t", Key: 0, Seq: seq + 1}
		l.call(token, at)
		l.answer(token, at, OK, false)
		if token != first {
			l.receive(token, at)
		}
		l.tick(at)
		clear(l.dirty)
		l.dropped = l.dropped[:0]
	}
	if len(l.all) > 2*keep || len(l.byToken) != len(l.all) || len(l.waiting) != 1 {
		t.Errorf("%d canaries, %d tokens and %d waiting are kept", len(l.all), len(l.byToken), len(l.waiting))
	}
	if l.byToken[first] == nil || l.flying != 1 {
		t.Error("the one that is on its way was forgotten")
	}
}
