package event

import (
	"bytes"
	"encoding/json"
	"hash/crc32"
	"strings"
	"testing"
	"time"
)

var knownTime = time.Date(2025, 12, 10, 3, 12, 0, 5, time.FixedZone("", 3600))

func TestNewBody(t *testing.T) {
	for _, size := range []int{-1, 0, 1, MinBody, MinBody + 1, 1024, 4096, 1 << 20} {
		b := NewBody(sample, "order.paid", knownTime, size)
		if want := max(size, MinBody); len(b) != want {
			t.Errorf("size %d gave %d bytes, want %d", size, len(b), want)
		}
		var got struct {
			Type      string
			Timestamp time.Time
			Data      struct{ Token, Pad, Sum string }
		}
		if err := json.Unmarshal(b, &got); err != nil {
			t.Fatalf("size %d: %v\n%s", size, err, b)
		}
		if got.Type != "order.paid" || !got.Timestamp.Equal(knownTime) || got.Data.Token != sampleText {
			t.Errorf("size %d: the body holds %s, %s, %s", size, got.Type, got.Timestamp, got.Data.Token)
		}
		if CheckBody(b) != Intact {
			t.Errorf("size %d: a new body is not intact", size)
		}
	}
	if !bytes.Equal(NewBody(sample, "a", knownTime, 999), NewBody(sample, "a", knownTime, 999)) {
		t.Error("two bodies of one token differ")
	}
	long := NewBody(sample, strings.Repeat("long", 100), knownTime, 0)
	if CheckBody(long) != Intact {
		t.Error("a body with no room for padding is not intact")
	}
}

// Stores of senders, and histories, outlive a version of hookdrill.
func TestTheBodyOfATokenStaysAsItIs(t *testing.T) {
	if got := crc32.ChecksumIEEE(NewBody(sample, "order.paid", knownTime, 1024)); got != 0x29636549 {
		t.Errorf("the checksum of the body is %#x", got)
	}
}

func TestCheckBody(t *testing.T) {
	body := string(NewBody(sample, "order.paid", knownTime, 512))
	other := string(NewBody(Token{Run: "k3x", Key: 3, Seq: 9}, "order.paid", knownTime, 300))
	damaged := body[:300] + body[301:]
	escape := func(s string) string { return strings.ReplaceAll(s, `"`, `\"`) }
	spaced := func(s string) string { return strings.NewReplacer(`":`, `": `, `,"`, `, "`).Replace(s) }
	tests := []struct {
		reason, body string
		want         Damage
	}{
		{"as it was sent", body, Intact},
		{"in an envelope", `{"id":"x","payload":` + body + `}`, Intact},
		{"as a string in an envelope", `{"payload":"` + escape(body) + `"}`, Intact},
		{"a batch", "[" + body + "," + other + "]", Intact},
		{"a batch of strings", `["` + escape(body) + `","` + escape(other) + `"]`, Intact},
		{"a byte is gone", damaged, Damaged},
		{"the second of a batch is damaged", "[" + other + "," + damaged + "]", Damaged},
		{"the first of a batch is damaged", "[" + damaged + "," + other + "]", Damaged},
		{"a string with a byte gone", `{"payload":"` + escape(damaged) + `"}`, Damaged},
		{"cut within the padding", body[:300], Damaged},
		{"cut within the checksum", body[:len(body)-4], Damaged},
		{"cut behind the checksum", body[:len(body)-3], Intact},
		{"cut before the padding", body[:100], DamageUnknown},
		{"a checksum that is none", body[:len(body)-11] + `zzzzzzzz"}}`, Damaged},
		{"derived: the token alone", `{"labels":{"alertname":"` + sampleText + `"}}`, DamageUnknown},
		{"written anew, with spaces", spaced(body), Intact},
		{"written anew, as a string in an envelope", `{"payload": "` + escape(spaced(body)) + `"}`, Intact},
		{"written anew, with a byte gone", spaced(damaged), Damaged},
		{"nothing", "", DamageUnknown},
	}
	for _, tt := range tests {
		t.Run(tt.reason, func(t *testing.T) {
			if got := CheckBody([]byte(tt.body)); got != tt.want {
				t.Errorf("got %d, want %d: %s", got, tt.want, tt.body)
			}
		})
	}
}

func TestEveryChangedByteOfThePaddingShows(t *testing.T) {
	body := NewBody(sample, "order.paid", knownTime, 512)
	start := bytes.Index(body, padOpen) + len(padOpen)
	for i := start; i < len(body)-3; i++ {
		changed := bytes.Clone(body)
		changed[i] ^= 1
		if CheckBody(changed) != Damaged {
			t.Errorf("byte %d of %d was changed, and nobody noticed: %s", i, len(body), changed)
		}
	}
}
