package signature

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// standard is the symmetric scheme of Standard Webhooks 1.0.0
// (spec/standard-webhooks.md, "Webhook headers" and "Signature scheme"): the
// signature header lists signatures separated by spaces, and one `v1,` that
// fits is enough, since a sender lists two while a secret is replaced.
type standard struct{ name, prefix string }

func (s standard) Name() string { return s.name }

// Verifier takes a base64 secret, with `whsec_` before it or not.
func (s standard) Verifier(secret string) (Verifier, error) {
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	if err == nil && len(key) == 0 {
		err = errEmpty
	}
	if err != nil {
		return nil, fmt.Errorf("%s secret: %w", s.name, err)
	}
	return &standardVerifier{
		id: s.prefix + "Id", timestamp: s.prefix + "Timestamp", signature: s.prefix + "Signature",
		keyed: newKeyed(sha256.New, key),
	}, nil
}

type standardVerifier struct {
	id, timestamp, signature string // names of headers
	keyed                    *keyed
}

func (v *standardVerifier) Verify(h http.Header, body []byte, now time.Time) (Result, string) {
	id, timestamp, signatures := h.Get(v.id), h.Get(v.timestamp), h.Get(v.signature)
	if id == "" || timestamp == "" || signatures == "" {
		return Missing, id
	}
	seconds, err := strconv.ParseInt(timestamp, 10, 64)
	if err != nil {
		return Bad, id
	}
	m := v.keyed.get()
	defer v.keyed.put(m)
	m.text(id)
	m.text(".")
	m.text(timestamp)
	m.text(".")
	m.hash.Write(body)
	want := m.finish(base64.StdEncoding.AppendEncode)
	for signature := range strings.SplitSeq(signatures, " ") {
		if got, ok := strings.CutPrefix(signature, "v1,"); ok && m.same(want, got) {
			return timely(seconds, now), id
		}
	}
	return Bad, id
}
