package refsender

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hookdrill/hookdrill/prober"
)

// stores are the implementations, each as a function that opens it again and
// again over the same records.
func stores(t testing.TB) map[string]func() store {
	log, dir := &memoryLog{}, t.TempDir()
	return map[string]func() store{
		"memory": func() store {
			log.compact()
			return log.open(nil)
		},
		"bolt": func() store { return mustBolt(t, dir) },
	}
}

// mustBolt opens a store that does not sync: no test pulls the plug.
func mustBolt(t testing.TB, dir string) store {
	t.Helper()
	s, err := openBolt(dir)
	if err != nil {
		t.Fatal(err)
	}
	s.db.NoSync, s.db.MaxBatchDelay = true, 0
	return s
}

// bubbles are the stores under a whole sender.
func bubbles() map[string]bubble {
	return map[string]bubble{"memory": inBubble, "bolt": inBoltBubble}
}

// inBoltBubble is inBubble for senders above a bolt store.
func inBoltBubble(t *testing.T, cfg Config, answer respond, endpoints []string, f func(t *testing.T, r *rig)) {
	t.Helper()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		factory := func(ctx context.Context, w prober.World) (prober.Sender, error) {
			return start(ctx, cfg, w, mustBolt(t, dir))
		}
		withRig(t, factory, answer, endpoints, func(r *rig) { f(t, r) })
	})
}

// text renders what a store holds, for comparison.
func text(t testing.TB, st store) []string {
	t.Helper()
	s, err := loadState(st)
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, n := range s.names {
		lines = append(lines, fmt.Sprintf("%s %s disabled=%v", n, s.subs[n].sub.URL, s.subs[n].disabled))
	}
	ids := slices.Sorted(slices.Values(s.ids))
	lines = append(lines, strings.Join(ids, " "))
	var owed []string
	for e, d := range s.pending {
		owed = append(owed, fmt.Sprintf("%s %s %s %s attempts=%d due=%d", d.msg.ID, d.msg.Key, d.msg.Body, e, d.attempts, d.due.UnixNano()))
	}
	// Which endpoint of one event comes first makes no difference.
	slices.Sort(owed)
	return append(lines, owed...)
}

func TestStoresKeepWhatTheyAreGiven(t *testing.T) {
	a, b := prober.Subscription{Endpoint: "a", URL: "http://a/"}, prober.Subscription{Endpoint: "b", URL: "http://b/"}
	moved := prober.Subscription{Endpoint: "a", URL: "http://a/2"}
	m := []*message{newMessage(message{ID: "m0", Key: "k", Body: []byte("{}")}), newMessage(message{ID: "m1"}), newMessage(message{ID: "m2"})}
	due := time.Unix(1765335720, 5)
	both := []string{"a", "b"}
	ready := []record{{kind: recSubscribed, sub: &b}, {kind: recSubscribed, sub: &a}, {kind: recAccepted, msg: m[0], owed: both}}
	none := time.Time{}.UnixNano()
	for _, c := range []struct {
		reason string
		steps  []record
		want   []string
	}{
		{"endpoints keep the order of subscribing", ready, []string{"b http://b/ disabled=false", "a http://a/ disabled=false", "m0",
			fmt.Sprintf("m0 k {} a attempts=0 due=%d", none), fmt.Sprintf("m0 k {} b attempts=0 due=%d", none)}},
		{"attempts and due times are kept", append(slices.Clone(ready), record{kind: recAttempted, msg: m[0], endpoint: "b", attempts: 3, due: due},
			record{kind: recSettled, msg: m[0], endpoint: "a"}),
			[]string{"b http://b/ disabled=false", "a http://a/ disabled=false", "m0", "m0 k {} b attempts=3 due=1765335720000000005"}},
		{"a settled event leaves its id", append(slices.Clone(ready), record{kind: recSettled, msg: m[0], endpoint: "a"}, record{kind: recSettled, msg: m[0], endpoint: "b"}),
			[]string{"b http://b/ disabled=false", "a http://a/ disabled=false", "m0"}},
		{"a new URL keeps the place", append(slices.Clone(ready[:2]), record{kind: recSubscribed, sub: &moved}),
			[]string{"b http://b/ disabled=false", "a http://a/2 disabled=false", ""}},
		{"a disabled endpoint is known and owed nothing", append(slices.Clone(ready), record{kind: recDisabled, endpoint: "a"}, record{kind: recAccepted, msg: m[1], owed: []string{"a"}},
			record{kind: recSettled, msg: m[0], endpoint: "b"}),
			[]string{"b http://b/ disabled=false", "a http://a/ disabled=true", "m0 m1"}},
		{"an unsubscribed endpoint is forgotten", append(slices.Clone(ready), record{kind: recUnsubscribed, endpoint: "b"}, record{kind: recAccepted, msg: m[1], owed: both},
			record{kind: recAttempted, msg: m[0], endpoint: "b", attempts: 1, due: due}, record{kind: recSettled, msg: m[0], endpoint: "a"}, record{kind: recDisabled, endpoint: "b"}),
			[]string{"a http://a/ disabled=false", "m0 m1", fmt.Sprintf("m1   a attempts=0 due=%d", none)}},
		{"what was taken is gone, unless it failed", append(slices.Clone(ready), record{kind: recTaken, msg: m[0], endpoint: "a"}, record{kind: recTaken, msg: m[0], endpoint: "b"},
			record{kind: recAttempted, msg: m[0], endpoint: "b", attempts: 1, due: due}),
			[]string{"b http://b/ disabled=false", "a http://a/ disabled=false", "m0", "m0 k {} b attempts=1 due=1765335720000000005"}},
	} {
		for _, name := range []string{"memory", "bolt"} {
			open := stores(t)[name]
			st := open()
			for _, r := range c.steps {
				if err := st.append(r); err != nil {
					t.Fatal(err)
				}
			}
			if err := st.close(); err != nil {
				t.Fatal(err)
			}
			if err := st.append(c.steps[0]); !errors.Is(err, errFenced) {
				t.Errorf("%s: a closed store takes records: %v", name, err)
			}
			again := open()
			if diff := cmp.Diff(c.want, text(t, again)); diff != "" {
				t.Errorf("%s: %s (-want +got):\n%s", name, c.reason, diff)
			}
			if err := again.close(); err != nil {
				t.Error(err)
			}
		}
	}
}

// TestStoresAgree gives both stores the same random story, opened again now
// and then, and compares what they know.
func TestStoresAgree(t *testing.T) {
	open := stores(t)
	memory, bolt := open["memory"](), open["bolt"]()
	var all []*message
	for i := range 1500 {
		r := randomRecord(i, &all)
		if err := errors.Join(memory.append(r), bolt.append(r)); err != nil {
			t.Fatal(err)
		}
		if i%300 != 299 {
			continue
		}
		if err := errors.Join(memory.close(), bolt.close()); err != nil {
			t.Fatal(err)
		}
		memory, bolt = open["memory"](), open["bolt"]()
		if diff := cmp.Diff(text(t, memory), text(t, bolt)); diff != "" {
			t.Fatalf("after %d records the stores differ (-memory +bolt):\n%s", i+1, diff)
		}
	}
	if err := errors.Join(memory.close(), bolt.close()); err != nil {
		t.Error(err)
	}
}

func randomRecord(i int, all *[]*message) record {
	h := draw(11, "", "", i)
	e := fmt.Sprintf("e%d", h>>8%6)
	sub := &prober.Subscription{Endpoint: e, URL: fmt.Sprintf("http://%s/%d", e, h>>16%3)}
	switch kind := h % 32; {
	case i < 6:
		sub.Endpoint = fmt.Sprintf("e%d", i)
		return record{kind: recSubscribed, sub: sub}
	case kind == 0:
		return record{kind: recSubscribed, sub: sub}
	case kind == 1 && h>>24%4 == 0:
		return record{kind: recDisabled, endpoint: e}
	case kind == 2 && h>>24%2 == 0:
		return record{kind: recUnsubscribed, endpoint: e}
	case kind < 14 || len(*all) == 0:
		m := newMessage(message{ID: fmt.Sprintf("m%06d", i), Body: []byte(e)})
		*all = append(*all, m)
		return record{kind: recAccepted, msg: m, owed: []string{e, fmt.Sprintf("e%d", (h>>8+1)%6)}}
	default:
		m := (*all)[h>>24%uint64(len(*all))]
		if kind < 20 {
			return record{kind: recAttempted, msg: m, endpoint: e, attempts: i, due: time.Unix(int64(i), 0)}
		}
		return record{kind: recSettled, msg: m, endpoint: e}
	}
}

// A run of hours must not hold the bodies of all events that were delivered.
func TestMemoryLogForgetsBodies(t *testing.T) {
	log := &memoryLog{}
	st := log.open(nil)
	waiting := newMessage(message{ID: "waiting", Body: []byte("{}")})
	if err := st.append(record{kind: recSubscribed, sub: &prober.Subscription{Endpoint: "a"}},
		record{kind: recAccepted, msg: waiting, owed: []string{"a"}}); err != nil {
		t.Fatal(err)
	}
	for i := range 10 * compactAfter {
		m := newMessage(message{ID: fmt.Sprintf("m%06d", i), Body: []byte("{}")})
		if err := st.append(record{kind: recAccepted, msg: m, owed: []string{"a"}},
			record{kind: recAttempted, msg: m, endpoint: "a", attempts: 1}, record{kind: recSettled, msg: m, endpoint: "a"}); err != nil {
			t.Fatal(err)
		}
	}
	bodies := 0
	for _, r := range log.records {
		if r.kind == recAccepted && r.msg.Body != nil {
			bodies++
		}
	}
	s, err := loadState(st)
	if err != nil {
		t.Fatal(err)
	}
	if bodies > 5*compactAfter || len(s.ids) != 10*compactAfter+1 {
		t.Errorf("%d bodies and %d ids, want few bodies and all ids", bodies, len(s.ids))
	}
	if diff := cmp.Diff([]string{"waiting"}, owedIDs(s)); diff != "" {
		t.Errorf("owed (-want +got):\n%s", diff)
	}
}

func owedIDs(s *state) []string {
	var ids []string
	for _, d := range s.pending {
		ids = append(ids, d.msg.ID)
	}
	return ids
}
