package scenarios

import (
	"fmt"
	"testing"

	"github.com/hookdrill/hookdrill/prober/history"
	"github.com/hookdrill/hookdrill/scenarios/plan"
)

func twoTopics() *plan.Plan {
	return &plan.Plan{
		Endpoints: []plan.Endpoint{{Name: "a"}, {Name: "b"}, {Name: "c"}},
		Topics:    []plan.Topic{{Name: "one", Endpoints: []int{1}}, {Name: "all", Endpoints: []int{0, 1, 2}}},
	}
}

func row(endpoint, key, number uint32, status uint16, d history.Disposition) []history.Attempt {
	return []history.Attempt{{Endpoint: endpoint, Key: key, Number: number, Status: status, Disposition: d}}
}

func TestLedger(t *testing.T) {
	ack := func(e, key, number uint32) func(*ledger) {
		return func(l *ledger) { l.attempted(row(e, key, number, 200, history.Acked)) }
	}
	accept := func(key, number uint32) func(*ledger) { return func(l *ledger) { l.accept(key, number) } }
	gone := func(e uint32) func(*ledger) {
		return func(l *ledger) { l.attempted(row(e, 0, 1, 410, history.AnsweredNo)) }
	}
	for _, c := range []struct {
		name, reason string
		steps        []func(*ledger)
		want         int
	}{
		{"nothing accepted", "what was not accepted is not owed", nil, 0},
		{"one to one", "an event of topic one is owed to b alone", []func(*ledger){accept(0, 1)}, 1},
		{"one to all", "an event of topic all is owed three times", []func(*ledger){accept(1, 1)}, 3},
		{"accepted twice", "an outbox offers an event again that was accepted", []func(*ledger){accept(0, 1), accept(0, 1)}, 1},
		{"acked", "an ack settles one obligation", []func(*ledger){accept(1, 1), ack(2, 1, 1)}, 2},
		{"acked twice", "a duplicate settles nothing more", []func(*ledger){accept(1, 1), ack(2, 1, 1), ack(2, 1, 1)}, 2},
		{"acked before accepted", "the answer to a publish may come after the delivery", []func(*ledger){ack(1, 0, 1), accept(0, 1)}, 0},
		{"acked by a stranger", "an ack of an endpoint that is not owed counts for nothing", []func(*ledger){accept(0, 1), ack(0, 0, 1)}, 1},
		{"unknown event", "a token that was never planned is a phantom", []func(*ledger){ack(1, 7, 9), accept(7, 9)}, 0},
		{"gone", "a 410 discharges what is owed to that endpoint", []func(*ledger){accept(0, 1), accept(1, 1), gone(1)}, 2},
		{"accepted after gone", "nothing more is owed to it either", []func(*ledger){gone(1), accept(0, 1)}, 0},
		{"acked after gone", "what is not owed cannot be settled", []func(*ledger){accept(0, 1), gone(1), ack(1, 0, 1)}, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := newLedger(twoTopics(), true)
			l.planned(plan.Publish{Key: 0, Number: 1, Topic: 0})
			l.planned(plan.Publish{Key: 1, Number: 1, Topic: 1})
			for _, step := range c.steps {
				step(l)
			}
			if open, _ := l.owing(); open != c.want {
				t.Errorf("%d obligations are open, want %d: %s", open, c.want, c.reason)
			}
		})
	}
}

func TestLedgerWithoutGone(t *testing.T) {
	l := newLedger(twoTopics(), false)
	l.planned(plan.Publish{Key: 0, Number: 1, Topic: 0})
	l.accept(0, 1)
	if gone := l.attempted(row(1, 0, 1, 410, history.AnsweredNo)); gone != -1 {
		t.Errorf("endpoint %d is gone for a sender that does not take 410 for an end", gone)
	}
	if open, _ := l.owing(); open != 1 {
		t.Errorf("%d obligations are open, want 1", open)
	}
}

// TestTokens: the sender is asked about what it has accepted, and about no
// more events than there is time for.
func TestTokens(t *testing.T) {
	l := newLedger(twoTopics(), false)
	for i := range uint32(4) {
		l.planned(plan.Publish{Key: i % 2, Number: i/2 + 1, Topic: 0})
	}
	l.accept(1, 1)
	l.accept(1, 2)
	l.accept(0, 2)
	for _, c := range []struct {
		most int
		want string
	}{{10, "[r-0-2 r-1-1 r-1-2] of 3"}, {2, "[r-0-2 r-1-1] of 3"}} {
		tokens, accepted := l.tokens("r", c.most)
		var names []string
		for _, k := range tokens {
			names = append(names, fmt.Sprintf("%s-%d-%d", k.Run, k.Key, k.Seq))
		}
		if got := fmt.Sprintf("%v of %d", names, accepted); got != c.want {
			t.Errorf("at most %d: %s, want %s", c.most, got, c.want)
		}
	}
}
