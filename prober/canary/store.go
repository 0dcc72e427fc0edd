package canary

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"
)

// store is the state on disk. Its file lock is the lease: the kernel gives it
// to one process, and takes it back when that dies, so that no clock and no
// heartbeat can leave two probers publishing, or none.
type store struct{ db *bbolt.DB }

// The buckets, and the keys of bucketMeta.
var (
	bucketMeta      = []byte("meta")
	bucketCanaries  = []byte("canaries")
	bucketIncidents = []byte("incidents")
	bucketDeploys   = []byte("deploys")
	bucketRegions   = []byte("regions")
	bucketSeqs      = []byte("sequences")
	bucketSubs      = []byte("subscriptions")
	bucketTally     = []byte("tally")

	keySchema   = []byte("schema")
	keyRun      = []byte("run")
	keyDay      = []byte("day")
	keyUsed     = []byte("used")
	keySecret   = []byte("secret")
	keySilences = []byte("silences")
)

const stateSchema = "1"

// leasePatience is how often a prober that stands by asks for the lease.
const leasePatience = time.Second

// openStore opens the state, and makes it if it is not there. While another
// prober has it, waiting is called once and openStore blocks until ctx ends.
func openStore(ctx context.Context, file string, waiting func()) (*store, error) {
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return nil, fmt.Errorf("state: %w", err)
	}
	for first := true; ; first = false {
		db, err := bbolt.Open(file, 0o600, &bbolt.Options{Timeout: leasePatience, FreelistType: bbolt.FreelistMapType})
		switch {
		case err == nil:
			s := &store{db}
			if err := s.init(); err != nil {
				return nil, errors.Join(fmt.Errorf("state %s: %w", file, err), db.Close())
			}
			return s, nil
		case !errors.Is(err, berrors.ErrTimeout):
			return nil, fmt.Errorf("state %s: %w", file, err)
		case ctx.Err() != nil:
			return nil, fmt.Errorf("state %s: another prober has it: %w", file, ctx.Err())
		case first && waiting != nil:
			waiting()
		}
	}
}

func (s *store) close() error { return s.db.Close() }

func (s *store) init() error {
	return s.db.Update(func(tx *bbolt.Tx) error {
		for _, b := range [][]byte{bucketMeta, bucketCanaries, bucketIncidents, bucketDeploys, bucketRegions, bucketSeqs, bucketSubs, bucketTally} {
			if _, err := tx.CreateBucketIfNotExists(b); err != nil {
				return err
			}
		}
		meta := tx.Bucket(bucketMeta)
		if was := meta.Get(keySchema); was != nil && string(was) != stateSchema {
			return fmt.Errorf("it is of schema %s; this hookdrill knows %s", was, stateSchema)
		}
		if err := meta.Put(keySchema, []byte(stateSchema)); err != nil {
			return err
		}
		if meta.Get(keyRun) != nil {
			return nil
		}
		// Tokens of one state file are told from those of all others.
		return meta.Put(keyRun, []byte(newRun()))
	})
}

// newRun returns a name for the run part of tokens.
func newRun() string {
	const letters = "abcdefghijklmnopqrstuvwxyz234567"
	var b [8]byte
	rand.Read(b[:]) // it never fails
	for i := range b {
		b[i] = letters[b[i]%32]
	}
	return string(b[:])
}

// run returns the run part of all tokens of this state.
func (s *store) run() (run string, err error) {
	err = s.db.View(func(tx *bbolt.Tx) error {
		run = string(tx.Bucket(bucketMeta).Get(keyRun))
		return nil
	})
	return run, err
}

// number returns a number for a region that stays its own for ever, also when
// it leaves the configuration and comes back.
func (s *store) number(region string) (n uint32, err error) {
	err = s.db.Update(func(tx *bbolt.Tx) error {
		b := tx.Bucket(bucketRegions)
		if v := b.Get([]byte(region)); v != nil {
			n = binary.BigEndian.Uint32(v)
			return nil
		}
		next, err := b.NextSequence()
		if err != nil {
			return err
		}
		n = uint32(next)
		return b.Put([]byte(region), binary.BigEndian.AppendUint32(nil, n))
	})
	return n, err
}

// save writes what changed in one transaction.
func (s *store) save(ch changes) error {
	if ch.empty() {
		return nil
	}
	return s.db.Update(func(tx *bbolt.Tx) error {
		canaries := tx.Bucket(bucketCanaries)
		for _, c := range ch.canaries {
			if err := putJSON(canaries, canaryKey(c), c); err != nil {
				return err
			}
		}
		for _, c := range ch.dropped {
			if err := canaries.Delete(canaryKey(c)); err != nil {
				return err
			}
		}
		for _, i := range ch.incidents {
			if err := putJSON(tx.Bucket(bucketIncidents), []byte(i.ID), i); err != nil {
				return err
			}
		}
		for _, d := range ch.deploys {
			if err := putJSON(tx.Bucket(bucketDeploys), deployKey(d), d); err != nil {
				return err
			}
		}
		for _, d := range ch.undeployed {
			if err := tx.Bucket(bucketDeploys).Delete(deployKey(d)); err != nil {
				return err
			}
		}
		if ch.silences != nil {
			if err := putJSON(tx.Bucket(bucketMeta), keySilences, ch.silences); err != nil {
				return err
			}
		}
		for _, t := range ch.tallies {
			if err := t.put(tx.Bucket(bucketTally)); err != nil {
				return err
			}
		}
		return nil
	})
}

func putJSON(b *bbolt.Bucket, key []byte, v any) error {
	text, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return b.Put(key, text)
}

func deployKey(d Deploy) []byte { return []byte(d.ID + "\x00" + d.Region) }

// canaryKey orders canaries by the time of their publishing.
func canaryKey(c *Canary) []byte {
	key := binary.BigEndian.AppendUint64(nil, uint64(c.Called.UnixNano()))
	return c.Token.Append(key)
}

// savedSub is a subscription that may exist at a sender.
type savedSub struct {
	Region   string `json:"region"`
	Endpoint string `json:"endpoint"`
	URL      string `json:"url"`
	// Captured is what a profile's steps captured of it, by which alone it can
	// be removed. Secrets may be among it; the file is its owner's alone.
	Captured map[string]string `json:"captured,omitempty"`
}

// subscribed remembers a subscription, before it is made and after.
func (s *store) subscribed(sub savedSub) error {
	return s.db.Update(func(tx *bbolt.Tx) error { return putJSON(tx.Bucket(bucketSubs), []byte(sub.Endpoint), sub) })
}

func (s *store) unsubscribed(endpoint string) error {
	return s.db.Update(func(tx *bbolt.Tx) error { return tx.Bucket(bucketSubs).Delete([]byte(endpoint)) })
}

// subscriptions returns the subscriptions that may exist in a region.
func (s *store) subscriptions(region string) (all []savedSub, err error) {
	err = s.db.View(func(tx *bbolt.Tx) error {
		return tx.Bucket(bucketSubs).ForEach(func(_, v []byte) error {
			var sub savedSub
			if err := json.Unmarshal(v, &sub); err != nil {
				return err
			}
			if sub.Region == region {
				all = append(all, sub)
			}
			return nil
		})
	})
	return all, err
}

// secretKey returns what proofs and signing secrets of this state are made of.
func (s *store) secretKey() (key []byte, err error) {
	err = s.db.Update(func(tx *bbolt.Tx) error {
		meta := tx.Bucket(bucketMeta)
		if v := meta.Get(keySecret); v != nil {
			key = slices.Clone(v)
			return nil
		}
		key = make([]byte, 32)
		rand.Read(key) // it never fails
		return meta.Put(keySecret, key)
	})
	return key, err
}
