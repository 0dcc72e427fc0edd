package canary

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"go.etcd.io/bbolt"
)

// errBudget says that the day's budget is used up.
var errBudget = errors.New("the budget of the day is used up")

// claim takes one canary out of the day's budget, gives it the next sequence
// number of its key, and enters it, all in one transaction that is on disk
// before the publish: a prober that crashes and comes back again and again
// cannot start a day's budget anew, nor publish the same canary twice.
func (s *store) claim(c *Canary, perDay int, now time.Time) (left int, err error) {
	err = s.db.Update(func(tx *bbolt.Tx) error {
		meta := tx.Bucket(bucketMeta)
		today, used := budgetOf(meta, now)
		if used >= perDay {
			return errBudget
		}
		left = perDay - used - 1
		if err := meta.Put(keyDay, putUint(uint64(today))); err != nil {
			return err
		}
		if err := meta.Put(keyUsed, putUint(uint64(used+1))); err != nil {
			return err
		}
		seqs, key := tx.Bucket(bucketSeqs), putUint(uint64(c.Token.Key))
		c.Token.Seq = uint32(getUint(seqs.Get(key))) + 1
		if err := seqs.Put(key, putUint(uint64(c.Token.Seq))); err != nil {
			return err
		}
		return putJSON(tx.Bucket(bucketCanaries), canaryKey(c), c)
	})
	return left, err
}

// budgetOf returns the day that counts and what was used of it. A clock that
// went backwards stays in the day it had reached: a day is given out once.
func budgetOf(meta *bbolt.Bucket, now time.Time) (today int64, used int) {
	today = now.Unix() / int64(day/time.Second)
	was := int64(getUint(meta.Get(keyDay)))
	if was >= today {
		return was, int(getUint(meta.Get(keyUsed)))
	}
	return today, 0
}

// used returns how much of the day's budget is gone.
func (s *store) used(now time.Time) (n int, err error) {
	err = s.db.View(func(tx *bbolt.Tx) error {
		_, n = budgetOf(tx.Bucket(bucketMeta), now)
		return nil
	})
	return n, err
}

func putUint(v uint64) []byte { return binary.BigEndian.AppendUint64(nil, v) }

func getUint(b []byte) uint64 {
	if len(b) != 8 {
		return 0
	}
	return binary.BigEndian.Uint64(b)
}

// minuteTally is one minute of one region's tally.
type minuteTally struct {
	region string
	minute int64
	counts
}

func (t minuteTally) put(b *bbolt.Bucket) error {
	key := append(putUint(uint64(t.minute)), t.region...)
	return b.Put(key, append(putUint(uint64(t.Good)), putUint(uint64(t.Bad))...))
}

// changes are what the state on disk does not know yet.
type changes struct {
	canaries  []*Canary
	dropped   []*Canary
	incidents []*Incident
	deploys   []Deploy
	// undeployed are marks that are to be forgotten.
	undeployed []Deploy
	silences   []Window
	tallies    []minuteTally
}

func (c changes) empty() bool {
	return len(c.canaries)+len(c.dropped)+len(c.incidents)+len(c.deploys)+len(c.undeployed)+len(c.tallies) == 0 && c.silences == nil
}

// changes takes what changed since it was called last.
func (m *Model) changes() changes {
	var ch changes
	for _, r := range m.regions {
		for _, c := range r.ledger.dirty {
			ch.canaries = append(ch.canaries, c)
		}
		clear(r.ledger.dirty)
		ch.dropped = append(ch.dropped, r.ledger.dropped...)
		r.ledger.dropped = nil
		if r.tally.changed {
			r.tally.changed = false
			ch.tallies = append(ch.tallies, minuteTally{r.name, r.tally.minute, *r.tally.at(r.tally.minute)})
		}
	}
	for _, i := range m.incidents.dirty {
		ch.incidents = append(ch.incidents, i)
	}
	clear(m.incidents.dirty)
	ch.deploys, m.deploys.dirty = m.deploys.dirty, nil
	ch.undeployed, m.deploys.dropped = m.deploys.dropped, nil
	ch.silences, m.silencesDirty = m.silencesDirty, nil
	return ch
}

// load gives a model that knows nothing what the state knows. Canaries whose
// publish was not answered before the prober ended stay as they are: nobody
// knows whether they are owed, and they are never published again.
func (s *store) load(m *Model, now time.Time) error {
	return s.db.View(func(tx *bbolt.Tx) error {
		err := tx.Bucket(bucketCanaries).ForEach(func(_, v []byte) error {
			var c Canary
			if err := json.Unmarshal(v, &c); err != nil {
				return err
			}
			if r := m.region(c.Region); r != nil {
				r.ledger.restore(&c, now)
			}
			return nil
		})
		if err != nil {
			return err
		}
		if err := loadIncidents(tx.Bucket(bucketIncidents), m); err != nil {
			return err
		}
		err = tx.Bucket(bucketDeploys).ForEach(func(_, v []byte) error {
			var d Deploy
			if err := json.Unmarshal(v, &d); err != nil {
				return err
			}
			m.deploys.all = append(m.deploys.all, &d)
			return nil
		})
		if err != nil {
			return err
		}
		m.deploys.sort()
		m.deploys.trim()
		if v := tx.Bucket(bucketMeta).Get(keySilences); v != nil {
			if err := json.Unmarshal(v, &m.silences); err != nil {
				return err
			}
		}
		loadTallies(tx.Bucket(bucketTally), m, now)
		return nil
	})
}

func loadIncidents(b *bbolt.Bucket, m *Model) error {
	return b.ForEach(func(_, v []byte) error {
		var i Incident
		if err := json.Unmarshal(v, &i); err != nil {
			return err
		}
		if i.Phase == Resolved {
			m.incidents.closed = append(m.incidents.closed, &i)
		} else {
			m.incidents.open = &i
			m.resume(&i)
		}
		m.now = later(m.now, i.last())
		return nil
	})
}

// resume puts regions back into the trouble in which an earlier life of the
// prober left them.
func (m *Model) resume(i *Incident) {
	for _, impact := range i.Impacts {
		r := m.region(impact.Region)
		if r == nil || !impact.Recovered.IsZero() || len(impact.Causes) == 0 {
			continue
		}
		newest := slices.MaxFunc(impact.Causes, func(a, b Cause) int { return a.Last.Compare(b.Last) })
		r.trouble, r.since, r.lastGood, r.restored = newest.Trouble, impact.Began, impact.LastGood, true
		if newest.Class != OK {
			r.cause = newest.Trouble
		}
	}
}

func (i *Incident) last() time.Time {
	if len(i.Entries) == 0 {
		return i.Began
	}
	return i.Entries[len(i.Entries)-1].At
}

func loadTallies(b *bbolt.Bucket, m *Model, now time.Time) {
	c := b.Cursor()
	for k, v := c.Seek(putUint(uint64(now.Add(-3*day).Unix() / 60))); k != nil; k, v = c.Next() {
		if r := m.region(string(k[8:])); r != nil && len(v) == 16 {
			at := time.Unix(int64(getUint(k[:8]))*60, 0)
			r.tally.add(at, counts{int(getUint(v[:8])), int(getUint(v[8:]))})
			r.tally.changed = false
		}
	}
}

// prune forgets tallies that no window reaches, and incidents beyond the most
// that are kept.
func (s *store) prune(now time.Time) error {
	return s.db.Update(func(tx *bbolt.Tx) error {
		least := putUint(uint64(now.Add(-4*day).Unix() / 60))
		c := tx.Bucket(bucketTally).Cursor()
		for k, _ := c.First(); k != nil && string(k[:8]) < string(least); k, _ = c.First() {
			if err := c.Delete(); err != nil {
				return err
			}
		}
		b := tx.Bucket(bucketIncidents)
		n := b.Stats().KeyN
		for c := b.Cursor(); n > maxIncidents; n-- {
			c.First()
			if err := c.Delete(); err != nil {
				return err
			}
		}
		return nil
	})
}
