package signature

import (
	"crypto/hmac"
	"hash"
	"sync"
	"time"
)

// keyed hands out HMACs of one key. Making one costs two blocks of hashing
// and four allocations; a used one is reset for nothing.
type keyed struct{ pool sync.Pool }

func newKeyed(h func() hash.Hash, key []byte) *keyed {
	return &keyed{pool: sync.Pool{New: func() any { return &mac{hash: hmac.New(h, key)} }}}
}

func (k *keyed) get() *mac  { return k.pool.Get().(*mac) }
func (k *keyed) put(m *mac) { m.hash.Reset(); k.pool.Put(m) }

// mac is one HMAC with the memory that it needs.
type mac struct {
	hash    hash.Hash
	scratch []byte
	sum     []byte
	encoded []byte
}

// text adds s to what is hashed, without an allocation.
func (m *mac) text(s string) {
	m.scratch = append(m.scratch[:0], s...)
	m.hash.Write(m.scratch)
}

// finish returns the sum in the encoding that appendTo gives it.
func (m *mac) finish(appendTo func(dst, sum []byte) []byte) []byte {
	m.sum = m.hash.Sum(m.sum[:0])
	m.encoded = appendTo(m.encoded[:0], m.sum)
	return m.encoded
}

// same compares in constant time, as a customer must; here it is only so that
// nobody copies a worse way from us.
func (m *mac) same(encoded []byte, got string) bool {
	m.scratch = append(m.scratch[:0], got...)
	return hmac.Equal(encoded, m.scratch)
}

// tolerance is what the schemes with a timestamp recommend to customers.
const tolerance = 5 * time.Minute

// timely tells a right signature from one that is right and too old or new.
func timely(seconds int64, now time.Time) Result {
	if off := now.Sub(time.Unix(seconds, 0)); off > tolerance || off < -tolerance {
		return Stale
	}
	return Good
}
