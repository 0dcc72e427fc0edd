package signature

import (
	"net/http"
	"strconv"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

// The known answer of the specification's own libraries
// (libraries/python/tests/test_webhooks.py, test_sign_function).
const (
	knownSecret    = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
	knownID        = "msg_p5jXN8AQM9LWM0D4loKWxJek"
	knownTimestamp = 1614265330
	knownBody      = `{"test": 2432232314}`
	knownSignature = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
)

func verifier(t testing.TB, scheme, secret string) Verifier {
	t.Helper()
	s, ok := ByName(scheme)
	if !ok {
		t.Fatalf("no scheme %q", scheme)
	}
	v, err := s.Verifier(secret)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestStandard(t *testing.T) {
	const other = "v1,AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
	right := map[string]string{"id": knownID, "timestamp": "1614265330", "signature": knownSignature}
	tests := []struct {
		reason string
		header map[string]string // over right; "-" takes a header away
		body   string
		off    time.Duration
		want   Result
		id     string
	}{
		{reason: "the known answer", want: Good, id: knownID},
		{reason: "a secret is being replaced: one of two fits", header: map[string]string{"signature": other + " " + knownSignature}, want: Good, id: knownID},
		{reason: "other versions are passed over", header: map[string]string{"signature": "v1a,xx " + knownSignature + " v2,yy"}, want: Good, id: knownID},
		{reason: "five minutes are tolerated", off: 5 * time.Minute, want: Good, id: knownID},
		{reason: "five minutes are tolerated of a fast clock", off: -5 * time.Minute, want: Good, id: knownID},
		{reason: "right but too old", off: 5*time.Minute + 1, want: Stale, id: knownID},
		{reason: "right but too new", off: -5*time.Minute - 1, want: Stale, id: knownID},
		{reason: "wrong is wrong however old", header: map[string]string{"signature": other}, off: time.Hour, want: Bad, id: knownID},
		{reason: "one byte of the body differs", body: `{"test": 2432232315}`, want: Bad, id: knownID},
		{reason: "another id", header: map[string]string{"id": "msg_x"}, want: Bad, id: "msg_x"},
		{reason: "another timestamp", header: map[string]string{"timestamp": "1614265331"}, want: Bad, id: knownID},
		{reason: "a timestamp that is no number", header: map[string]string{"timestamp": "2021-02-25"}, want: Bad, id: knownID},
		{reason: "no version before the signature", header: map[string]string{"signature": knownSignature[3:]}, want: Bad, id: knownID},
		{reason: "half a signature", header: map[string]string{"signature": knownSignature[:20]}, want: Bad, id: knownID},
		{reason: "only a version that needs another key", header: map[string]string{"signature": "v1a,xx"}, want: Bad, id: knownID},
		{reason: "unsigned, and the id is still known", header: map[string]string{"signature": "-"}, want: Missing, id: knownID},
		{reason: "no timestamp", header: map[string]string{"timestamp": "-"}, want: Missing, id: knownID},
		{reason: "no id", header: map[string]string{"id": "-"}, want: Missing},
	}
	for scheme, prefix := range map[string]string{"standard-webhooks": "webhook-", "svix": "svix-"} {
		v := verifier(t, scheme, knownSecret)
		for _, tt := range tests {
			t.Run(scheme+"/"+tt.reason, func(t *testing.T) {
				h := http.Header{}
				for _, part := range []map[string]string{right, tt.header} {
					for name, value := range part {
						h.Set(prefix+name, value)
						if value == "-" {
							h.Del(prefix + name)
						}
					}
				}
				body := knownBody
				if tt.body != "" {
					body = tt.body
				}
				got, id := v.Verify(h, []byte(body), time.Unix(knownTimestamp, 0).Add(tt.off))
				if got != tt.want || id != tt.id {
					t.Errorf("got %s and id %q, want %s and %q", got, id, tt.want, tt.id)
				}
			})
		}
	}
}

// The library that senders use must come to the same result as we do.
func TestStandardAgreesWithTheLibrary(t *testing.T) {
	lib, err := standardwebhooks.NewWebhook(knownSecret)
	if err != nil {
		t.Fatal(err)
	}
	v := verifier(t, "standard-webhooks", knownSecret)
	for i, body := range []string{"", "{}", knownBody, "\x00\xff", "{\"a\":\"\u00e9\u2028\"}"} {
		at := time.Now()
		signature, err := lib.Sign(knownID, at, []byte(body))
		if err != nil {
			t.Fatal(err)
		}
		h := http.Header{}
		h.Set("webhook-id", knownID)
		h.Set("webhook-timestamp", strconv.FormatInt(at.Unix(), 10))
		h.Set("webhook-signature", signature)
		if got, _ := v.Verify(h, []byte(body), at); got != Good {
			t.Errorf("body %d signed by the library: got %s, want good", i, got)
		}
		if err := lib.Verify([]byte(body), h); err != nil {
			t.Errorf("body %d: the library refuses what it signed: %v", i, err)
		}
		h.Set("webhook-signature", signature[:10]+"AAAA"+signature[14:])
		if got, _ := v.Verify(h, []byte(body), at); got != Bad || lib.Verify([]byte(body), h) == nil {
			t.Errorf("body %d with another signature: got %s, want bad, as the library", i, got)
		}
	}
}
