package signature

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// overBody is a scheme that signs the body alone, by HMAC-SHA256 in
// hexadecimal. Nothing in it grows old, so that no request is Stale.
type overBody struct {
	name   string
	header string
	// prefix stands before the signatures, which commas separate.
	prefix string
	// id is the header with the sender's id for the message.
	id string
}

func (s overBody) Name() string { return s.name }

// Verifier takes the secret's bytes as the key.
func (s overBody) Verifier(secret string) (Verifier, error) {
	if secret == "" {
		return nil, fmt.Errorf("%s secret: %w", s.name, errEmpty)
	}
	return &bodyVerifier{overBody: s, keyed: newKeyed(sha256.New, []byte(secret))}, nil
}

var errEmpty = errors.New("it is empty")

type bodyVerifier struct {
	overBody
	keyed *keyed
}

func (v *bodyVerifier) Verify(h http.Header, body []byte, _ time.Time) (Result, string) {
	id, value := h.Get(v.id), h.Get(v.header)
	if value == "" {
		return Missing, id
	}
	list, ok := strings.CutPrefix(value, v.prefix)
	if !ok {
		return Bad, id
	}
	m := v.keyed.get()
	defer v.keyed.put(m)
	m.hash.Write(body)
	want := m.finish(hex.AppendEncode)
	for got := range strings.SplitSeq(list, ",") {
		if m.same(want, got) {
			return Good, id
		}
	}
	return Bad, id
}
