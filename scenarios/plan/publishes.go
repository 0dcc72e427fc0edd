package plan

import (
	"iter"
	"math/bits"
	"math/rand/v2"
	"strconv"
	"time"
)

// Publishes returns the planned events in the order of At. It makes them as
// it goes: a plan of ten million events takes no more memory than one of ten,
// apart from one counter for each ordering key. It can be ranged over again,
// and by several goroutines at once.
func (p *Plan) Publishes() iter.Seq[Publish] {
	return func(yield func(Publish) bool) {
		sources := make([]*source, 0, len(p.Streams))
		for i := range p.Streams {
			sources = append(sources, newSource(p, i))
		}
		for {
			var next *source
			for _, s := range sources {
				if s.place < s.stream.Count && (next == nil || s.head.At < next.head.At) {
					next = s
				}
			}
			if next == nil || !yield(next.take()) {
				return
			}
		}
	}
}

// Events returns how many events are planned.
func (p *Plan) Events() int {
	n := 0
	for i := range p.Streams {
		n += p.Streams[i].Count
	}
	return n
}

// source makes the events of one stream.
type source struct {
	stream         *Stream
	at, keys, body uint64
	shuffle        *rand.Rand
	// topics are the places in stream.Topics, shuffled anew for each round, so
	// that each topic gets the same number of events to within one.
	topics []int
	// numbers count the events of each key.
	numbers []uint32
	// place is that of head.
	place int
	head  Publish
}

func newSource(p *Plan, i int) *source {
	stream, name := &p.Streams[i], "traffic/"+strconv.Itoa(i)
	s := &source{
		stream: stream,
		at:     concern(p.Seed, name+"/at"), keys: concern(p.Seed, name+"/keys"), body: concern(p.Seed, name+"/body"),
		shuffle: random(p.Seed, name+"/topics"),
		topics:  make([]int, len(stream.Topics)), numbers: make([]uint32, stream.Keys),
	}
	for t := range s.topics {
		s.topics[t] = t
	}
	s.prepare()
	return s
}

// take returns the event at hand and makes the next one.
func (s *source) take() Publish {
	p := s.head
	if s.place++; s.place < s.stream.Count {
		s.prepare()
	}
	return p
}

func (s *source) prepare() {
	turn := s.place % len(s.topics)
	if turn == 0 {
		s.shuffle.Shuffle(len(s.topics), func(i, j int) { s.topics[i], s.topics[j] = s.topics[j], s.topics[i] })
	}
	topic, n := s.topics[turn], uint64(s.place)
	// A topic's keys are topic, topic+len(topics), and so on: see Stream.Keys.
	ways := (s.stream.Keys - topic + len(s.topics) - 1) / len(s.topics)
	key := topic + int(draw(s.keys, n, uint64(ways)))*len(s.topics)
	s.numbers[key]++
	s.head = Publish{
		At:  s.instant(),
		Key: uint32(s.stream.FirstKey + key), Number: s.numbers[key],
		Topic: s.stream.Topics[topic],
		Size:  s.stream.MinBody + int(draw(s.body, n, uint64(s.stream.MaxBody-s.stream.MinBody+1))),
	}
}

// instant returns when the event at hand is published. The stream's time is
// cut into as many slots as it has events, and each lies in one cell of its
// slot: they are jittered and keep their order.
func (s *source) instant() time.Duration {
	first, end := s.slot(s.place), s.slot(s.place+1)
	return s.stream.From + time.Duration(first+draw(s.at, uint64(s.place), end-first))*grid
}

// slot returns the first cell of the i-th slot.
func (s *source) slot(i int) uint64 {
	hi, lo := bits.Mul64(uint64(s.stream.For/grid), uint64(i))
	cell, _ := bits.Div64(hi, lo, uint64(s.stream.Count))
	return cell
}
