package refsender

import (
	"container/heap"
	"time"

	"github.com/hookdrill/hookdrill/prober/policy"
)

// delivery is one message on its way to one endpoint.
type delivery struct {
	msg *message
	// attempts counts the attempts that were begun.
	attempts int
	// due is when the next attempt may begin.
	due  time.Time
	lane *lane
	// first is when the first attempt of this incarnation began; extra marks
	// a delivery that nobody owes. Only bugs look at them.
	first time.Time
	extra bool
}

// lane holds the deliveries of one ordering key; only its head may be sent.
type lane struct {
	key   string
	queue []*delivery
}

// queue is what one endpoint is owed. Its order of sending is a function of
// due times and ids alone: two deliveries that become due in one instant leave
// in the same order in every run. It has one owner and no lock.
type queue struct {
	order policy.Order
	lanes map[string]*lane
	// heads are the deliveries that wait for nothing but their due time.
	heads dueHeap
}

func newQueue(order policy.Order) queue {
	return queue{order: order, lanes: make(map[string]*lane)}
}

// add puts d behind what is there of its key.
func (q *queue) add(d *delivery) {
	key := d.msg.Key
	switch q.order {
	case policy.OrderKey:
	case policy.OrderEndpoint:
		key = ""
	default:
		heap.Push(&q.heads, d)
		return
	}
	l := q.lanes[key]
	if l == nil {
		l = &lane{key: key}
		q.lanes[key] = l
	}
	d.lane = l
	l.queue = append(l.queue, d)
	if len(l.queue) == 1 {
		heap.Push(&q.heads, d)
	}
}

// pop takes the delivery that is due for longest, or nil. It is given back by
// retry or done.
func (q *queue) pop(now time.Time) *delivery {
	if len(q.heads) == 0 || q.heads[0].due.After(now) {
		return nil
	}
	return heap.Pop(&q.heads).(*delivery)
}

// retry gives back a delivery that is to be sent again when it is due.
func (q *queue) retry(d *delivery) { heap.Push(&q.heads, d) }

// done gives back a delivery that is settled: the next of its key may go.
func (q *queue) done(d *delivery) {
	l := d.lane
	if l == nil {
		return
	}
	d.lane = nil
	l.queue[0] = nil
	l.queue = l.queue[1:]
	if len(l.queue) == 0 {
		delete(q.lanes, l.key)
		return
	}
	heap.Push(&q.heads, l.queue[0])
}

// next returns when the next delivery is due.
func (q *queue) next() (time.Time, bool) {
	if len(q.heads) == 0 {
		return time.Time{}, false
	}
	return q.heads[0].due, true
}

// fix puts heads in order after their due times were changed.
func (q *queue) fix() { heap.Init(&q.heads) }

// clear forgets everything and returns how many owed deliveries that were;
// those that were popped and not given back are not among them.
func (q *queue) clear() int {
	n := 0
	for _, d := range q.heads {
		if !d.extra {
			n++
		}
	}
	for _, l := range q.lanes {
		n += len(l.queue) - 1 // the head is in heads, or was popped
	}
	*q = newQueue(q.order)
	return n
}

// dueHeap implements heap.Interface: the earliest due first.
type dueHeap []*delivery

func (h dueHeap) Len() int { return len(h) }

func (h dueHeap) Less(i, j int) bool {
	if c := h[i].due.Compare(h[j].due); c != 0 {
		return c < 0
	}
	return h[i].msg.ID < h[j].msg.ID
}

func (h dueHeap) Swap(i, j int) { h[i], h[j] = h[j], h[i] }

func (h *dueHeap) Push(x any) { *h = append(*h, x.(*delivery)) }

func (h *dueHeap) Pop() any {
	old := *h
	last := len(old) - 1
	d := old[last]
	old[last] = nil
	*h = old[:last]
	return d
}
