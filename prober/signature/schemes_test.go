package signature

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

// answer is one request whose signature somebody else made.
type answer struct {
	scheme, source string
	secret, body   string
	header         [][2]string
	at             int64
	id             string
}

func answers() []answer {
	const charge = `{"event":"charge.success","amount":1000,"currency":"NGN"}`
	const convoy = "convoy-webhook-secret"
	return []answer{
		{"github", "docs.github.com, Validating webhook deliveries",
			"It's a Secret to Everybody", "Hello, World!",
			[][2]string{{"X-Hub-Signature-256", "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"},
				{"X-GitHub-Delivery", "72d3162e"}}, 0, "72d3162e"},
		{"convoy-simple", "frain-dev/convoy pkg/signature/testdata/signature-vectors.json, simple_sha256_hex_valid",
			convoy, charge,
			[][2]string{{"X-Convoy-Signature", "244449b7f48cbc2709060c9dcdc2b3aa47a78f540430579015c579fb12defbb4"},
				{"X-Convoy-EventDelivery-ID", "01H"}}, 0, "01H"},
		{"convoy-advanced", "the same file, advanced_sha256_hex_valid",
			convoy, charge,
			[][2]string{{"X-Convoy-Signature", "t=1700000000,v1=77b8b9269f25a199846a55a2bd25b3fba151c70fdae60bb1dcd87fbbc943c55c"}}, 1700000000, ""},
		{"convoy-advanced", "the same file, advanced_t_not_first",
			convoy, charge,
			[][2]string{{"X-Convoy-Signature", "v1=77b8b9269f25a199846a55a2bd25b3fba151c70fdae60bb1dcd87fbbc943c55c,t=1700000000"}}, 1700000000, ""},
		{"convoy-advanced", "the same file, advanced_multi_v1_one_valid",
			convoy, charge,
			[][2]string{{"X-Convoy-Signature", "t=1700000000,v1=449623e4897bbde05e35358293f97b8c2f697367ffa3e7466e98178dfba44d19,v1=77b8b9269f25a199846a55a2bd25b3fba151c70fdae60bb1dcd87fbbc943c55c"}}, 1700000000, ""},
		{"webhookx", "webhookx-io/webhookx plugins/webhookx_signature/plugin_test.go",
			"QGvaZ0uPwA9nYi7jr31JtZn1EKK4pJpK", "foo",
			[][2]string{{"Webhookx-Signature", "v1=e2af2618d5ffd700eb369904b7237ec4ac7d37873cfe6654265af2e53b44da6b"},
				{"Webhookx-Timestamp", "1726285679"}, {"Webhookx-Event-Id", "2abc"}}, 1726285679, "2abc"},
		{"stripe", `printf '1492774577.{"id":"evt_1"}' | openssl dgst -sha256 -hmac whsec_test_secret`,
			"whsec_test_secret", `{"id":"evt_1"}`,
			[][2]string{{"Stripe-Signature", "t=1492774577,v1=799c4ba7bb339f3c8601adfd112f0e477c930a268be1243d341abb8286501c2f,v0=00"}}, 1492774577, ""},
		{"outpost", `printf '{"id":"E1"}' | openssl dgst -sha256 -hmac outpost-secret`,
			"outpost-secret", `{"id":"E1"}`,
			[][2]string{{"X-Outpost-Signature", "v0=8d8a22d40d155df3c706362ba175c64090af6f21ae400a3b25bc1731432400dc"},
				{"X-Outpost-Event-Id", "E1"}}, 0, "E1"},
		{"outpost", "as before, while the older secret is being replaced",
			"older-secret", `{"id":"E1"}`,
			[][2]string{{"X-Outpost-Signature", "v0=8d8a22d40d155df3c706362ba175c64090af6f21ae400a3b25bc1731432400dc,a0d6140bd3c08d4b6c7352e53533cb27daee727f0d1a5492316285a3aee413d0"},
				{"X-Outpost-Event-Id", "E1"}}, 0, "E1"},
		{"standard-webhooks", "the specification's libraries", knownSecret, knownBody,
			[][2]string{{"Webhook-Signature", knownSignature}, {"Webhook-Timestamp", "1614265330"}, {"Webhook-Id", knownID}}, knownTimestamp, knownID},
		{"svix", "Svix's libraries, from which that answer comes", knownSecret, knownBody,
			[][2]string{{"Svix-Signature", knownSignature}, {"Svix-Timestamp", "1614265330"}, {"Svix-Id", knownID}}, knownTimestamp, knownID},
	}
}

// headers sets all of a's headers but the one named without.
func (a answer) headers(without string) http.Header {
	h := http.Header{}
	for _, kv := range a.header {
		if kv[0] != without {
			h.Set(kv[0], kv[1])
		}
	}
	return h
}

func TestKnownAnswers(t *testing.T) {
	seen := map[string]bool{}
	for _, a := range answers() {
		seen[a.scheme] = true
		t.Run(a.scheme+"/"+a.source, func(t *testing.T) {
			v := verifier(t, a.scheme, a.secret)
			at := time.Unix(a.at, 0)
			expect := func(what string, h http.Header, body string, now time.Time, want Result) {
				t.Helper()
				got, id := v.Verify(h, []byte(body), now)
				if got != want || id != a.id {
					t.Errorf("%s: got %s and id %q, want %s and %q", what, got, id, want, a.id)
				}
			}
			expect("the answer", a.headers(""), a.body, at, Good)
			expect("again, with a used hash", a.headers(""), a.body, at, Good)
			expect("another body", a.headers(""), a.body+" ", at, Bad)
			expect("no body", a.headers(""), "", at, Bad)
			expect("unsigned", a.headers(a.header[0][0]), a.body, at, Missing)

			later := Good // a body has no age
			if a.at != 0 {
				later = Stale
			}
			expect("six minutes later", a.headers(""), a.body, at.Add(6*time.Minute), later)
			expect("six minutes early", a.headers(""), a.body, at.Add(-6*time.Minute), later)

			half := a.headers("")
			half.Set(a.header[0][0], a.header[0][1][:len(a.header[0][1])/3])
			expect("a third of the signature", half, a.body, at, Bad)

			other := verifier(t, a.scheme, strings.ToLower(a.secret[:len(a.secret)-4])+"aaaa")
			if got, _ := other.Verify(a.headers(""), []byte(a.body), at); got != Bad {
				t.Errorf("another endpoint's secret: got %s, want bad", got)
			}
		})
	}
	for _, name := range Names() {
		if !seen[name] {
			t.Errorf("scheme %s has no known answer", name)
		}
	}
}

func TestTimestamps(t *testing.T) {
	const good = "77b8b9269f25a199846a55a2bd25b3fba151c70fdae60bb1dcd87fbbc943c55c"
	body := []byte(`{"event":"charge.success","amount":1000,"currency":"NGN"}`)
	tests := []struct {
		reason, header string
		want           Result
	}{
		{"none", "v1=" + good, Bad},
		{"not finite", "t=Infinity,v1=" + good, Bad},
		{"empty", "t=,v1=" + good, Bad},
		{"the first counts", "t=1700000000,t=1,v1=" + good, Good},
		{"a signature of a version that is not the first", "t=1700000000,v2=" + good, Bad},
		{"no version", "t=1700000000," + good, Bad},
		{"spaces are not part of the format", "t=1700000000, v1=" + good, Bad},
	}
	v := verifier(t, "convoy-advanced", "convoy-webhook-secret")
	for _, tt := range tests {
		h := http.Header{"X-Convoy-Signature": {tt.header}}
		if got, _ := v.Verify(h, body, time.Unix(1700000000, 0)); got != tt.want {
			t.Errorf("%s: got %s, want %s", tt.reason, got, tt.want)
		}
	}
	x := verifier(t, "webhookx", "secret")
	if got, _ := x.Verify(http.Header{"Webhookx-Signature": {"v1=00"}}, nil, time.Now()); got != Missing {
		t.Errorf("no header with the timestamp: got %s, want missing", got)
	}
}

func TestPrefixes(t *testing.T) {
	v := verifier(t, "github", "It's a Secret to Everybody")
	const good = "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
	for value, want := range map[string]Result{
		"sha256=" + good: Good, good: Bad, "sha1=" + good: Bad, "sha256=": Bad, "sha256=" + strings.ToUpper(good): Bad,
	} {
		if got, _ := v.Verify(http.Header{"X-Hub-Signature-256": {value}}, []byte("Hello, World!"), time.Time{}); got != want {
			t.Errorf("%s: got %s, want %s", value, got, want)
		}
	}
}

// FuzzVerify looks for panics, and for a signature that fits by chance.
func FuzzVerify(f *testing.F) {
	for _, a := range answers() {
		f.Add(a.header[0][1], "1700000000", "id", []byte(a.body))
	}
	f.Add("t=1,v1=,v1", "-1", "", []byte(nil))
	f.Fuzz(func(t *testing.T, signature, timestamp, id string, body []byte) {
		for _, a := range answers() {
			v := verifier(t, a.scheme, "bm90IHRoZSBzZWNyZXQgb2YgYW55IGFuc3dlcg==")
			h := http.Header{}
			for _, prefix := range []string{"Webhook-", "Svix-", "Webhookx-"} {
				h.Set(prefix+"Id", id)
				h.Set(prefix+"Timestamp", timestamp)
			}
			h.Set(a.header[0][0], signature)
			if got, _ := v.Verify(h, body, time.Unix(1700000000, 0)); got == Good || got == Stale {
				t.Errorf("%s: %q fits", a.scheme, signature)
			}
		}
	})
}

func BenchmarkVerify(b *testing.B) {
	for _, a := range answers() {
		b.Run(a.scheme, func(b *testing.B) {
			v := verifier(b, a.scheme, a.secret)
			h, body, at := a.headers(""), []byte(a.body), time.Unix(a.at, 0)
			b.ReportAllocs()
			for b.Loop() {
				if got, _ := v.Verify(h, body, at); got != Good {
					b.Fatal(got)
				}
			}
		})
	}
}
