package event

import (
	"bytes"
	"hash/crc32"
	"strconv"
	"time"
)

// MinBody is the least size of a body in bytes that NewBody can make.
const MinBody = 256

// Damage says what became of a body's padding on its way.
type Damage uint8

// The values of Damage. The zero value says that nobody could look.
const (
	DamageUnknown Damage = iota
	Intact
	Damaged
)

const padAlphabet = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"

var (
	padOpen  = []byte(`"pad":"`)
	padClose = []byte(`","sum":"`)
)

// NewBody makes the JSON payload of an event in about size bytes (at least
// MinBody). The padding is a pure function of the token, and carries its own
// checksum, so that damage shows through an envelope.
func NewBody(t Token, typ string, at time.Time, size int) []byte {
	b := make([]byte, 0, max(size, MinBody)+32)
	b = append(b, `{"type":"`...)
	b = append(b, typ...)
	b = append(b, `","timestamp":"`...)
	b = at.UTC().AppendFormat(b, time.RFC3339Nano)
	b = append(b, `","data":{"token":"`...)
	b = t.Append(b)
	b = append(b, `",`...)
	b = append(b, padOpen...)
	start := len(b)
	rest := max(max(size, MinBody)-start-len(padClose)-11, 1)
	state := uint64(t.Key)<<32 ^ uint64(t.Seq) ^ 0x9e3779b97f4a7c15
	for range rest {
		state ^= state << 13
		state ^= state >> 7
		state ^= state << 17
		b = append(b, padAlphabet[state&63])
	}
	sum := crc32.ChecksumIEEE(b[start:])
	b = append(b, padClose...)
	b = appendHex8(b, sum)
	return append(b, `"}}`...)
}

// CheckBody looks for the padding in b, which may be wrapped in an envelope,
// and compares it with its checksum. Envelopes that carry the payload as an
// escaped JSON string are read too. DamageUnknown means that there is none.
func CheckBody(b []byte) Damage {
	if d := checkPad(b); d != DamageUnknown {
		return d
	}
	if !bytes.Contains(b, []byte(`\"pad\":\"`)) {
		return DamageUnknown
	}
	return checkPad(bytes.ReplaceAll(b, []byte(`\"`), []byte(`"`)))
}

func checkPad(b []byte) Damage {
	_, b, found := bytes.Cut(b, padOpen)
	if !found {
		return DamageUnknown
	}
	pad, b, found := bytes.Cut(b, padClose)
	if !found || len(b) < 8 {
		return Damaged
	}
	want, err := strconv.ParseUint(string(b[:8]), 16, 32)
	if err != nil || uint32(want) != crc32.ChecksumIEEE(pad) {
		return Damaged
	}
	return Intact
}

func appendHex8(b []byte, v uint32) []byte {
	const digits = "0123456789abcdef"
	for shift := 28; shift >= 0; shift -= 4 {
		b = append(b, digits[v>>shift&15])
	}
	return b
}
