package refsender

import "sync"

// memoryLog is an append-only log that outlives the incarnations that write
// to it, as a disk does.
type memoryLog struct {
	mu      sync.Mutex
	records []record
	// owner is the incarnation that may write.
	owner *memoryStore
}

// open gives the log to a new incarnation. From now on writes of the former
// one are refused, as they are from the moment when killed is closed: a
// process that is gone does not write.
func (l *memoryLog) open(killed <-chan struct{}) *memoryStore {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.owner = &memoryStore{log: l, killed: killed}
	return l.owner
}

// memoryStore is one incarnation's hold on the log.
type memoryStore struct {
	log    *memoryLog
	killed <-chan struct{}
}

func (s *memoryStore) load(replay func(record)) error {
	s.log.mu.Lock()
	records := s.log.records
	s.log.mu.Unlock()
	for _, r := range records {
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
	s.log.records = append(s.log.records, records...)
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
