package chaos

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestSelectorSelects(t *testing.T) {
	for _, c := range []struct {
		name   string
		s      Selector
		key    uint32
		want   []int
		reason string
	}{
		{"all", Selector{}, 7, []int{1, 2, 3, 4, 5, 6, 7, 8}, "the zero value limits nothing"},
		{"first", Selector{From: 1, To: 1}, 7, []int{1}, "attempts: 1"},
		{"range", Selector{From: 2, To: 4}, 7, []int{2, 3, 4}, "attempts: 2-4, both ends in"},
		{"open range", Selector{From: 6}, 7, []int{6, 7, 8}, "no upper bound"},
		{"every", Selector{Every: 3}, 7, []int{3, 6}, "every 3rd means the third and the sixth, not the first and the fourth"},
		{"every in range", Selector{From: 4, To: 8, Every: 2}, 7, []int{4, 6, 8}, "bounds do not move the count"},
		{"limit", Selector{Limit: 2}, 7, []int{1, 2}, "the first two"},
		{"limit behind from", Selector{From: 3, Limit: 2}, 7, []int{3, 4}, "attempts that are not selected do not count"},
		{"limit with every", Selector{Every: 2, Limit: 2}, 7, []int{2, 4}, "counts what is selected"},
		{"key", Selector{Keys: []uint32{3, 7}, To: 2}, 7, []int{1, 2}, "a key that is listed"},
		{"other key", Selector{Keys: []uint32{3}}, 7, nil, "a key that is not"},
	} {
		var got []int
		for n := 1; n <= 8; n++ {
			if c.s.Selects(Request{Seed: 1, Endpoint: "eu-1", Key: c.key, Number: 2, Attempt: n}) {
				got = append(got, n)
			}
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: %s (-want +got):\n%s", c.name, c.reason, diff)
		}
	}
}

func TestSelectorWithoutToken(t *testing.T) {
	for _, c := range []struct {
		s      Selector
		want   bool
		reason string
	}{
		{Selector{}, true, "a fault on everything is on this request too"},
		{Selector{Salt: 9}, true, "a salt limits nothing"},
		{Selector{From: 1}, false, "of an unknown attempt nothing can be said"},
		{Selector{To: 3}, false, "of an unknown attempt nothing can be said"},
		{Selector{Every: 2}, false, "of an unknown attempt nothing can be said"},
		{Selector{P: 1}, false, "a draw needs an attempt"},
		{Selector{Limit: 1}, false, "a limit counts attempts"},
		{Selector{Keys: []uint32{0}}, false, "key 0 is a key, not the lack of one"},
	} {
		if got := c.s.Selects(Request{Seed: 1, Endpoint: "eu-1"}); got != c.want {
			t.Errorf("%+v: %t, want %t (%s)", c.s, got, c.want, c.reason)
		}
	}
}

// TestProbabilityIsAShare also shows that draws of different faults are
// apart, and that a limit holds on what was drawn.
func TestProbabilityIsAShare(t *testing.T) {
	one, other, limited := Selector{P: 0.2, Salt: 1}, Selector{P: 0.2, Salt: 2}, Selector{P: 0.2, Salt: 1, Limit: 1}
	n, both, first, firsts := 0, 0, 0, 0
	for key := range uint32(2000) {
		hit := 0
		for attempt := 1; attempt <= 5; attempt++ {
			r := Request{Seed: 20251210, Endpoint: "eu-3", Key: key, Number: 1, Attempt: attempt}
			if one.Selects(r) {
				n++
				hit++
				if other.Selects(r) {
					both++
				}
			}
			if limited.Selects(r) {
				firsts++
				if hit != 1 || !one.Selects(r) {
					t.Fatalf("key %d attempt %d: selected under a limit of 1 with %d before", key, attempt, hit-1)
				}
			}
		}
		first += min(hit, 1)
	}
	if n < 1800 || n > 2200 {
		t.Errorf("p=0.2 selected %d of 10000", n)
	}
	if both < 300 || both > 500 {
		t.Errorf("two faults with p=0.2 meet on %d of %d, want a fifth", both, n)
	}
	if firsts != first {
		t.Errorf("a limit of 1 selected %d, want %d: one of each obligation that is hit at all", firsts, first)
	}
}

// TestDrawsArePinned holds what every stored seed relies on: a history can be
// judged again, and a reproduce line works, only while these do not change.
func TestDrawsArePinned(t *testing.T) {
	r := Request{Seed: 20251210, Endpoint: "eu-3", Key: 17, Number: 204, Attempt: 2, Offset: time.Hour}
	other := r
	other.Number = 0
	got := []uint64{
		draw(r, drawSelect, 0), draw(r, drawSelect, 1), draw(r, drawDelay, 0), draw(r, drawGateway, 0), draw(r, drawReplica, 0),
		draw(Request{}, drawSelect, 0), draw(other, drawSelect, 0),
	}
	want := []uint64{
		17177085124688054485, 3758354757224781451, 5166820932314204166, 7253904906174950557, 13884865964874463433,
		12637314225117562220, 11328671238531713292,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("draws (-want +got):\n%s", diff)
	}
	other = r
	other.Offset = 0
	if draw(r, drawSelect, 0) != draw(other, drawSelect, 0) {
		t.Error("the draw of a request with a token depends on when it came")
	}
}
