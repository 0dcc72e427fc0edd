package refsender

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/hookdrill/hookdrill/prober"
	"github.com/hookdrill/hookdrill/prober/history"
)

// What the publish API takes. Names, ids, keys, topics and types have up to
// maxName bytes.
const (
	maxName    = 256
	maxPayload = 1 << 20
	// maxBody leaves room for what stands around a payload.
	maxBody = maxPayload + 64<<10
)

// wireSubscription is the body of PUT /v1/endpoints/{name}.
type wireSubscription struct {
	URL    string            `json:"url"`
	Secret string            `json:"secret"`
	Topics []string          `json:"topics"`
	Labels map[string]string `json:"labels,omitempty"`
}

// wireEvent is the body of POST /v1/events. Payload is delivered in the bytes
// that stand there.
type wireEvent struct {
	ID      string          `json:"id"`
	Key     string          `json:"key"`
	Topic   string          `json:"topic"`
	Type    string          `json:"type"`
	Payload json.RawMessage `json:"payload"`
}

// wireOutcome answers a publish, and the question what became of one.
type wireOutcome struct {
	ID      string `json:"id"`
	Outcome string `json:"outcome"`
}

// outcomeOf reads a word that history.Outcome has printed.
func outcomeOf(word string) (history.Outcome, error) {
	for _, o := range []history.Outcome{history.Indeterminate, history.Accepted, history.Refused} {
		if o.String() == word {
			return o, nil
		}
	}
	return history.Indeterminate, fmt.Errorf("unknown outcome %q", word)
}

type wirePending struct {
	Pending int `json:"pending"`
}

type wireReady struct {
	Ready bool `json:"ready"`
}

// wireError is the body of every answer that is not a success. Refused says
// that the sender owes nothing of what was asked.
type wireError struct {
	Error   string `json:"error"`
	Refused bool   `json:"refused"`
}

// badRequest is an error of the caller, with the status that says so. It
// wraps prober.ErrRefused.
type badRequest struct {
	status int
	reason error
}

func (e badRequest) Error() string { return e.reason.Error() }

func (e badRequest) Unwrap() []error { return []error{e.reason, prober.ErrRefused} }

func malformed(format string, args ...any) error {
	return badRequest{http.StatusBadRequest, fmt.Errorf(format, args...)}
}

// decode reads the one JSON value that a request's body is, and nothing that
// is not known: a misspelt field would be a subscription without topics.
func decode(w http.ResponseWriter, r *http.Request, into any) error {
	d := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody))
	d.DisallowUnknownFields()
	err := d.Decode(into)
	if err == nil {
		if _, err = d.Token(); errors.Is(err, io.EOF) {
			return nil
		} else if err == nil {
			return malformed("body: more than one JSON value")
		}
	}
	if long, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return badRequest{http.StatusRequestEntityTooLarge, fmt.Errorf("body: more than %d bytes", long.Limit)}
	}
	return malformed("body: %w", err)
}

// message checks an event as it came over the wire.
func (e wireEvent) message() (message, error) {
	for _, f := range []struct{ name, value string }{
		{"id", e.ID}, {"key", e.Key}, {"topic", e.Topic}, {"type", e.Type},
	} {
		if err := checkName(f.name, f.value); err != nil {
			return message{}, err
		}
	}
	switch {
	case len(e.Payload) == 0:
		return message{}, malformed("payload: missing")
	case len(e.Payload) > maxPayload:
		return message{}, badRequest{http.StatusRequestEntityTooLarge, fmt.Errorf("payload: more than %d bytes", maxPayload)}
	}
	return message{ID: e.ID, Key: e.Key, Topic: e.Topic, Type: e.Type, Body: e.Payload}, nil
}

func checkName(field, value string) error {
	if value == "" {
		return malformed("%s: missing", field)
	}
	if len(value) > maxName {
		return malformed("%s: more than %d bytes", field, maxName)
	}
	return nil
}
