package refsender

import (
	"maps"
	"slices"
	"sync"
)

// memoryLog is an append-only log that outlives the incarnations that write
// to it, as a disk does.
type memoryLog struct {
	mu      sync.Mutex
	records []record
	// owed are the endpoints at which an event is not settled yet.
	owed map[*message][]string
	// settled counts the events of which nothing is owed any more, and whose
	// records are there still.
	settled int
	// owner is the incarnation that may write.
	owner *memoryStore
}

// compactAfter is how many events must have been settled before the log is
// compacted. Without that it would hold the bodies of all events ever, and
// nothing that a run touches would stay in the cache.
const compactAfter = 1024

// open gives the log to a new incarnation. From now on writes of the former
// one are refused, as they are from the moment when killed is closed: a
// process that is gone does not write.
func (l *memoryLog) open(killed <-chan struct{}) *memoryStore {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.owner = &memoryStore{log: l, killed: killed}
	return l.owner
}

// write appends. The mutex is held.
func (l *memoryLog) write(r record) {
	l.records = append(l.records, r)
	switch r.kind {
	case recAccepted:
		if l.owed == nil {
			l.owed = make(map[*message][]string)
		}
		l.owed[r.msg] = slices.Clone(r.owed)
	case recSettled:
		l.owed[r.msg] = slices.DeleteFunc(l.owed[r.msg], func(e string) bool { return e == r.endpoint })
	default:
		return
	}
	if len(l.owed[r.msg]) == 0 {
		l.settled++
	}
	// Also in proportion to the log: looking through it must not cost more
	// than filling it did.
	if l.settled >= max(compactAfter, len(l.records)/4) {
		l.compact()
	}
}

// compact throws away what a restart need not know: of an event of which
// nothing is owed there stays that it was accepted.
func (l *memoryLog) compact() {
	kept := l.records[:0]
	for _, r := range l.records {
		owed, known := l.owed[r.msg]
		switch {
		case !known || len(owed) > 0:
			kept = append(kept, r)
		case r.kind == recAccepted:
			kept = append(kept, record{kind: recAccepted, msg: &message{ID: r.msg.ID}})
		}
	}
	maps.DeleteFunc(l.owed, func(_ *message, owed []string) bool { return len(owed) == 0 })
	clear(l.records[len(kept):])
	l.records, l.settled = kept, 0
}

// memoryStore is one incarnation's hold on the log.
type memoryStore struct {
	log    *memoryLog
	killed <-chan struct{}
}

func (s *memoryStore) load(replay func(record)) error {
	s.log.mu.Lock()
	defer s.log.mu.Unlock()
	for _, r := range s.log.records {
		replay(r)
	}
	return nil
}

func (s *memoryStore) append(records ...record) error {
	s.log.mu.Lock()
	defer s.log.mu.Unlock()
	select {
	case <-s.killed:
		return errFenced
	default:
	}
	if s.log.owner != s {
		return errFenced
	}
	for _, r := range records {
		s.log.write(r)
	}
	return nil
}

func (s *memoryStore) close() error {
	s.log.mu.Lock()
	defer s.log.mu.Unlock()
	if s.log.owner == s {
		s.log.owner = nil
	}
	return nil
}
