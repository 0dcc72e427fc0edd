// Package event holds what hookdrill publishes: events, and the tokens by
// which an endpoint knows an event again inside whatever a sender made of it.
package event

import "strconv"

// Event is what a customer should hear about. The driver hands it to the
// sender; the sender owes it to every subscription that lists its Topic.
type Event struct {
	// Token identifies the event; its text stands in Body.
	Token Token
	// Topic says who is owed the event: subscriptions list the topics they hear.
	Topic string
	// Type is the event type a sender may show to its customers.
	Type string
	// Body is the JSON payload, in the bytes that must arrive.
	Body []byte
}

// ID returns the event's id, which a producer repeats when it publishes the
// same event again: the text of its token.
func (e Event) ID() string { return e.Token.String() }

// Key returns the ordering key: events of one key are ordered by Token.Seq.
func (e Event) Key() string { return "key-" + strconv.FormatUint(uint64(e.Token.Key), 10) }
