package plan

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestBroadcast(t *testing.T) {
	p := loadHere(t, everything, 0)
	q := p.Broadcast()
	events, obligations := q.amounts()
	if want := events * len(p.Endpoints); obligations != want {
		t.Errorf("%d obligations of %d events, want %d", obligations, events, want)
	}
	if diff := cmp.Diff(slices.Collect(p.Publishes()), slices.Collect(q.Publishes())); diff != "" {
		t.Errorf("the events changed (-was +is):\n%s", diff)
	}
	if len(p.Topics[0].Endpoints) == len(p.Endpoints) {
		t.Error("the plan it was made from has changed")
	}
}
