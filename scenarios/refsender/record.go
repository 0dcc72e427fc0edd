package refsender

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"time"

	"github.com/hookdrill/hookdrill/prober"
)

// message is one accepted event. It is not changed once it was made.
type message struct {
	ID, Key, Topic, Type string
	Body                 []byte
	// hook is the webhook-id: the same on every attempt, also after a restart,
	// because it follows from the event's id. It is a hash, since an id from
	// outside may hold bytes that do not belong in a header.
	hook string
}

func newMessage(m message) *message {
	sum := sha256.Sum256([]byte(m.ID))
	m.hook = "msg_" + hex.EncodeToString(sum[:12])
	return &m
}

// recordKind says what a record is about.
type recordKind uint8

const (
	// recSubscribed: sub is subscribed, or its subscription has changed.
	recSubscribed recordKind = iota + 1
	// recUnsubscribed: endpoint is owed nothing any more, and forgotten.
	recUnsubscribed
	// recDisabled: endpoint answered 410, is owed nothing any more, and known.
	recDisabled
	// recAccepted: msg was accepted and is owed to the endpoints in owed.
	recAccepted
	// recAttempted: the attempts-th attempt of (msg, endpoint) failed, the
	// next is due.
	recAttempted
	// recSettled: (msg, endpoint) was delivered or given up.
	recSettled
	// recTaken: only with the bug lose-in-flight-on-crash.
	recTaken
)

// record is one step that a restart has to know of.
type record struct {
	kind     recordKind
	endpoint string
	msg      *message
	sub      *prober.Subscription
	owed     []string
	attempts int
	due      time.Time
}

// store keeps records over restarts. Its methods are safe for concurrent use.
type store interface {
	// load calls replay with the records that make up the present state. It
	// is called once, before anything is appended.
	load(replay func(record)) error
	// append returns when the records are durable, all of them or none. After
	// an error they may be durable or not.
	append(records ...record) error
	close() error
}

// errFenced is what a store says to an incarnation that is gone.
var errFenced = errors.New("store belongs to another incarnation")
