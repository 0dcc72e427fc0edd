package refsender

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"

	"github.com/hookdrill/hookdrill/prober"
)

// The buckets. Events are numbered as they are accepted, big-endian, so that a
// cursor meets them in that order.
//
//	endpoints   name -> savedEndpoint
//	ids         event id -> the event's number
//	events      number -> message, while something of it is owed
//	deliveries  number and endpoint -> savedAttempt, while it is owed
const (
	bucketEndpoints  = "endpoints"
	bucketIDs        = "ids"
	bucketEvents     = "events"
	bucketDeliveries = "deliveries"
)

type savedEndpoint struct {
	// Number tells the order of subscribing.
	Number   uint64
	Sub      prober.Subscription
	Disabled bool
}

type savedAttempt struct {
	Attempts int
	// Due is in nanoseconds since 1970.
	Due   int64
	Taken bool
}

// boltStore keeps records in a bbolt file. Every append is on the disk when it
// returns; appends that come together share one fsync.
type boltStore struct{ db *bbolt.DB }

// gather is how long an append waits for others to share its fsync with: far
// below a customer's patience, and about what an fsync takes.
const gather = 2 * time.Millisecond

// openBolt opens the store in dir. It waits a while for a former process that
// is about to be gone.
func openBolt(dir string) (*boltStore, error) {
	path := filepath.Join(dir, "sender.db")
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{Timeout: 10 * time.Second})
	if err != nil {
		return nil, fmt.Errorf("open store %s: %w", path, err)
	}
	db.MaxBatchDelay = gather
	s := &boltStore{db: db}
	err = db.Update(func(tx *bbolt.Tx) error {
		for _, name := range []string{bucketEndpoints, bucketIDs, bucketEvents, bucketDeliveries} {
			if _, err := tx.CreateBucketIfNotExists([]byte(name)); err != nil {
				return fmt.Errorf("bucket %s: %w", name, err)
			}
		}
		return nil
	})
	if err != nil {
		_ = db.Close() // the first error is the one to tell
		return nil, fmt.Errorf("prepare store %s: %w", path, err)
	}
	return s, nil
}

func (s *boltStore) close() error { return s.db.Close() }

func (s *boltStore) append(records ...record) error {
	err := s.db.Batch(func(tx *bbolt.Tx) error {
		for _, r := range records {
			if err := write(tx, r); err != nil {
				return err
			}
		}
		return nil
	})
	if errors.Is(err, bolterrors.ErrDatabaseNotOpen) {
		return errFenced
	}
	return err
}

func (s *boltStore) load(replay func(record)) error {
	return s.db.View(func(tx *bbolt.Tx) error {
		if err := loadEndpoints(tx, replay); err != nil {
			return err
		}
		events := tx.Bucket([]byte(bucketEvents))
		err := tx.Bucket([]byte(bucketIDs)).ForEach(func(id, number []byte) error {
			if events.Get(number) == nil {
				replay(record{kind: recAccepted, msg: &message{ID: string(id)}})
			}
			return nil
		})
		if err != nil {
			return err
		}
		return events.ForEach(func(number, raw []byte) error {
			var m message
			if err := json.Unmarshal(raw, &m); err != nil {
				return fmt.Errorf("event: %w", err)
			}
			return loadEvent(tx, number, newMessage(m), replay)
		})
	})
}

func loadEndpoints(tx *bbolt.Tx, replay func(record)) error {
	var all []savedEndpoint
	err := tx.Bucket([]byte(bucketEndpoints)).ForEach(func(_, raw []byte) error {
		var e savedEndpoint
		if err := json.Unmarshal(raw, &e); err != nil {
			return fmt.Errorf("endpoint: %w", err)
		}
		all = append(all, e)
		return nil
	})
	slices.SortFunc(all, func(a, b savedEndpoint) int { return cmp.Compare(a.Number, b.Number) })
	for i := range all {
		replay(record{kind: recSubscribed, sub: &all[i].Sub})
		if all[i].Disabled {
			replay(record{kind: recDisabled, endpoint: all[i].Sub.Endpoint})
		}
	}
	return err
}

func loadEvent(tx *bbolt.Tx, number []byte, m *message, replay func(record)) error {
	accepted := record{kind: recAccepted, msg: m}
	var attempts []record
	c := tx.Bucket([]byte(bucketDeliveries)).Cursor()
	for k, raw := c.Seek(number); bytes.HasPrefix(k, number); k, raw = c.Next() {
		var a savedAttempt
		if err := json.Unmarshal(raw, &a); err != nil {
			return fmt.Errorf("delivery of %s: %w", m.ID, err)
		}
		endpoint := string(k[len(number):])
		accepted.owed = append(accepted.owed, endpoint)
		if a.Attempts > 0 {
			attempts = append(attempts, record{kind: recAttempted, msg: m, endpoint: endpoint,
				attempts: a.Attempts, due: time.Unix(0, a.Due)})
		}
		if a.Taken {
			attempts = append(attempts, record{kind: recTaken, msg: m, endpoint: endpoint})
		}
	}
	replay(accepted)
	for _, r := range attempts {
		replay(r)
	}
	return nil
}
