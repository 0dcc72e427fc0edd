package plan

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

const everything = "testdata/everything.yaml"

func TestPublishesAreInOrderAndApart(t *testing.T) {
	for _, seed := range []uint64{0, 1, 2, 3} {
		p := loadHere(t, everything, seed)
		seen := map[time.Duration]string{}
		claim := func(at time.Duration, what string) {
			if seen[at] != "" {
				t.Errorf("seed %d: %s and %s are both planned at %s", seed, seen[at], what, at)
			}
			seen[at] = what
		}
		for _, f := range p.Faults {
			if f.Trigger != nil {
				claim(f.Trigger.By, f.ID+" by")
				continue
			}
			claim(f.From, f.ID+" from")
			for _, end := range slices.Compact(slices.Sorted(slices.Values(append(slices.Clone(f.Ends), f.Until)))) {
				claim(end, f.ID+" end")
			}
		}
		for _, v := range p.Verbs {
			if v.Trigger != nil {
				claim(v.Trigger.By, v.ID+" by")
				continue
			}
			claim(v.At, v.ID)
			claim(v.At+v.For, v.ID+" end")
		}
		for _, m := range p.Marks {
			claim(m.At, m.Text)
		}
		claim(p.TrafficEnd, "traffic end")
		before, events := time.Duration(-1), 0
		for e := range p.Publishes() {
			claim(e.At, fmt.Sprintf("event %d of key %d", e.Number, e.Key))
			if e.At <= before || e.At >= p.TrafficEnd {
				t.Fatalf("seed %d: an event at %s after one at %s, traffic ends at %s", seed, e.At, before, p.TrafficEnd)
			}
			before, events = e.At, events+1
		}
		if want := 1200 + 450 + 2940 + 60; events != want {
			t.Errorf("seed %d: %d events, want %d", seed, events, want)
		}
	}
}

func TestKeysStayWithTheirTopic(t *testing.T) {
	p := loadHere(t, everything, 0)
	last, topics, streams := map[uint32]uint32{}, map[uint32]int{}, map[uint32]bool{}
	for e := range p.Publishes() {
		if last[e.Key]++; e.Number != last[e.Key] {
			t.Fatalf("key %d has number %d after %d", e.Key, e.Number, last[e.Key]-1)
		}
		if topic, ok := topics[e.Key]; ok && topic != e.Topic {
			t.Fatalf("key %d is of topic %d and of topic %d", e.Key, topic, e.Topic)
		}
		topics[e.Key] = e.Topic
		for _, s := range p.Streams {
			if k := int(e.Key) - s.FirstKey; k >= 0 && k < s.Keys {
				streams[e.Key] = true
				if s.Topics[k%len(s.Topics)] != e.Topic {
					t.Fatalf("key %d is of topic %d, Stream.Keys says %d", e.Key, e.Topic, s.Topics[k%len(s.Topics)])
				}
				if e.Size < s.MinBody || e.Size > s.MaxBody {
					t.Fatalf("a body of %d bytes, want %d to %d", e.Size, s.MinBody, s.MaxBody)
				}
			}
		}
	}
	if want := 12*6 + 3 + 10 + 10; len(topics) != want || len(streams) != want {
		t.Errorf("%d keys, want %d", len(topics), want)
	}
}

func TestSeedsDiffer(t *testing.T) {
	a, b := loadHere(t, incident, 1), loadHere(t, incident, 2)
	if a.Run == b.Run || a.Endpoints[0].Secret == b.Endpoints[0].Secret || a.Endpoints[0].Secret == a.Endpoints[1].Secret {
		t.Errorf("runs %s and %s, secrets %s, %s and %s", a.Run, b.Run, a.Endpoints[0].Secret, b.Endpoints[0].Secret, a.Endpoints[1].Secret)
	}
	var firstA, firstB Publish
	for firstA = range a.Publishes() {
		break
	}
	for firstB = range b.Publishes() {
		break
	}
	if firstA == firstB {
		t.Errorf("both seeds begin with %+v", firstA)
	}
}

// A changed draw makes stored seeds mean another run: reproduce lines in bug
// reports would lie. Whoever changes one has to change this text.
func TestDrawsAreTheSameForEver(t *testing.T) {
	p := loadHere(t, incident, 0)
	var b strings.Builder
	fmt.Fprintf(&b, "run %s secret %s salt %x\n", p.Run, p.Endpoints[7].Secret, p.Faults[0].Select.Salt)
	for e := range p.Publishes() {
		if e.Number > 1 {
			break
		}
		fmt.Fprintf(&b, "%d key=%d seq=%d topic=%s size=%d\n", e.At, e.Key, e.Number, p.Topics[e.Topic].Name, e.Size)
		if e.At > 3*time.Second {
			break
		}
	}
	golden(t, "testdata/draws.golden", b.String())
}

// BenchmarkPublishesTenMillion walks a plan of ten million events. The memory
// it reports is that of the whole walk.
func BenchmarkPublishesTenMillion(b *testing.B) {
	p := loadHere(b, incident, 0)
	p.Streams[0].For, p.Streams[0].Count = 1000*time.Hour, 10_000_000
	b.ReportAllocs()
	for b.Loop() {
		n := 0
		for range p.Publishes() {
			n++
		}
		if n != 10_000_000 {
			b.Fatalf("%d events", n)
		}
	}
}

// BenchmarkLoad reads and compiles the incident.
func BenchmarkLoad(b *testing.B) {
	text, err := os.ReadFile(incident)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Load(incident, text, guarantees(), 0); err != nil {
			b.Fatal(err)
		}
	}
}
