package signature

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// overTime is a scheme that signs a timestamp in seconds, a separator and the
// body, by HMAC-SHA256 in hexadecimal. Its header lists `v1=` signatures that
// commas separate, of which one must fit.
type overTime struct {
	name   string
	header string
	// timestamp is the header with the timestamp; empty: the timestamp is the
	// `t=` of the list.
	timestamp string
	separator string
	// id is the header with the sender's id for the message; empty: none.
	id string
}

func (s overTime) Name() string { return s.name }

// Verifier takes the secret's bytes as the key.
func (s overTime) Verifier(secret string) (Verifier, error) {
	if secret == "" {
		return nil, fmt.Errorf("%s secret: %w", s.name, errEmpty)
	}
	return &timeVerifier{overTime: s, keyed: newKeyed(sha256.New, []byte(secret))}, nil
}

type timeVerifier struct {
	overTime
	keyed *keyed
}

func (v *timeVerifier) Verify(h http.Header, body []byte, now time.Time) (Result, string) {
	id, list := h.Get(v.id), h.Get(v.header)
	if list == "" {
		return Missing, id
	}
	timestamp := listed(list, "t=")
	if v.timestamp != "" {
		if timestamp = h.Get(v.timestamp); timestamp == "" {
			return Missing, id
		}
	}
	seconds, err := strconv.ParseInt(timestamp, 10, 64)
	if err != nil {
		return Bad, id
	}
	m := v.keyed.get()
	defer v.keyed.put(m)
	m.text(timestamp)
	m.text(v.separator)
	m.hash.Write(body)
	want := m.finish(hex.AppendEncode)
	for part := range strings.SplitSeq(list, ",") {
		if got, ok := strings.CutPrefix(part, "v1="); ok && m.same(want, got) {
			return timely(seconds, now), id
		}
	}
	return Bad, id
}

// listed returns the first value of that name. The list has no order.
func listed(list, name string) string {
	for part := range strings.SplitSeq(list, ",") {
		if value, ok := strings.CutPrefix(part, name); ok {
			return value
		}
	}
	return ""
}
