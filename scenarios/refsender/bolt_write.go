package refsender

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"

	"go.etcd.io/bbolt"

	"github.com/hookdrill/hookdrill/prober"
)

// write turns a record into changes of the buckets. A batch may run it twice,
// the first time for nothing, so that it touches the transaction alone.
func write(tx *bbolt.Tx, r record) error {
	switch r.kind {
	case recSubscribed:
		return writeSubscription(tx, *r.sub)
	case recDisabled:
		return disable(tx, r.endpoint)
	case recUnsubscribed:
		if err := discharge(tx, r.endpoint); err != nil {
			return err
		}
		return tx.Bucket([]byte(bucketEndpoints)).Delete([]byte(r.endpoint))
	case recAccepted:
		return writeEvent(tx, r)
	default:
		return writeAttempt(tx, r)
	}
}

func writeSubscription(tx *bbolt.Tx, sub prober.Subscription) error {
	e, err := findEndpoint(tx, sub.Endpoint)
	if err != nil {
		return err
	}
	if e == nil {
		n, err := tx.Bucket([]byte(bucketEndpoints)).NextSequence()
		if err != nil {
			return err
		}
		e = &savedEndpoint{Number: n}
	}
	e.Sub = sub
	return putJSON(tx, bucketEndpoints, []byte(sub.Endpoint), e)
}

func disable(tx *bbolt.Tx, endpoint string) error {
	e, err := findEndpoint(tx, endpoint)
	if err != nil || e == nil {
		return err
	}
	e.Disabled = true
	if err := putJSON(tx, bucketEndpoints, []byte(endpoint), e); err != nil {
		return err
	}
	return discharge(tx, endpoint)
}

func writeEvent(tx *bbolt.Tx, r record) error {
	ids := tx.Bucket([]byte(bucketIDs))
	if ids.Get([]byte(r.msg.ID)) != nil {
		return nil // a commit that was reported as an error was none
	}
	n, err := ids.NextSequence()
	if err != nil {
		return err
	}
	number := binary.BigEndian.AppendUint64(nil, n)
	if err := ids.Put([]byte(r.msg.ID), number); err != nil {
		return err
	}
	owed := 0
	for _, name := range r.owed {
		e, err := findEndpoint(tx, name)
		if err != nil {
			return err
		}
		if e == nil || e.Disabled {
			continue // it went while the event was on its way here
		}
		owed++
		if err := putJSON(tx, bucketDeliveries, deliveryKey(number, name), savedAttempt{}); err != nil {
			return err
		}
	}
	if owed == 0 {
		return nil
	}
	return putJSON(tx, bucketEvents, number, r.msg)
}

func writeAttempt(tx *bbolt.Tx, r record) error {
	number := tx.Bucket([]byte(bucketIDs)).Get([]byte(r.msg.ID))
	key := deliveryKey(number, r.endpoint)
	raw := tx.Bucket([]byte(bucketDeliveries)).Get(key)
	if raw == nil {
		return nil // discharged meanwhile
	}
	switch r.kind {
	case recAttempted:
		return putJSON(tx, bucketDeliveries, key, savedAttempt{Attempts: r.attempts, Due: r.due.UnixNano()})
	case recTaken:
		var a savedAttempt
		if err := json.Unmarshal(raw, &a); err != nil {
			return err
		}
		a.Taken = true
		return putJSON(tx, bucketDeliveries, key, a)
	default:
		return settle(tx, key)
	}
}

// settle forgets a delivery, and the event with the last of its deliveries.
func settle(tx *bbolt.Tx, key []byte) error {
	if err := tx.Bucket([]byte(bucketDeliveries)).Delete(key); err != nil {
		return err
	}
	number := key[:8]
	next, _ := tx.Bucket([]byte(bucketDeliveries)).Cursor().Seek(number)
	if bytes.HasPrefix(next, number) {
		return nil
	}
	return tx.Bucket([]byte(bucketEvents)).Delete(number)
}

// discharge settles all that an endpoint is owed.
func discharge(tx *bbolt.Tx, endpoint string) error {
	var keys [][]byte
	c := tx.Bucket([]byte(bucketDeliveries)).Cursor()
	for k, _ := c.First(); k != nil; k, _ = c.Next() {
		if string(k[8:]) == endpoint {
			keys = append(keys, bytes.Clone(k))
		}
	}
	for _, k := range keys {
		if err := settle(tx, k); err != nil {
			return err
		}
	}
	return nil
}

func deliveryKey(number []byte, endpoint string) []byte {
	return append(bytes.Clone(number), endpoint...)
}

// findEndpoint returns an endpoint, or nil if there is none of that name.
func findEndpoint(tx *bbolt.Tx, name string) (*savedEndpoint, error) {
	raw := tx.Bucket([]byte(bucketEndpoints)).Get([]byte(name))
	if raw == nil {
		return nil, nil
	}
	var e savedEndpoint
	if err := json.Unmarshal(raw, &e); err != nil {
		return nil, fmt.Errorf("endpoint %q: %w", name, err)
	}
	return &e, nil
}

func putJSON(tx *bbolt.Tx, bucket string, key []byte, v any) error {
	raw, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return tx.Bucket([]byte(bucket)).Put(key, raw)
}
