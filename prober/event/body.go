package event

import (
	"bytes"
	"hash/crc32"
	"slices"
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
// checksum, so that damage shows through an envelope. typ stands in a JSON
// string as it is: it must need no escapes.
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
	b = appendPad(b, uint64(t.Key)<<32^uint64(t.Seq)^0x9e3779b97f4a7c15, rest)
	sum := crc32.ChecksumIEEE(b[start:])
	b = append(b, padClose...)
	b = appendHex8(b, sum)
	return append(b, `"}}`...)
}

// appendPad appends n letters that follow from state by xorshift. Each step
// gives ten: bodies are made while virtual time stands still for everybody.
func appendPad(b []byte, state uint64, n int) []byte {
	start := len(b)
	b = slices.Grow(b, n)[:start+n]
	for pad := b[start:]; len(pad) > 0; pad = pad[min(len(pad), 10):] {
		state ^= state << 13
		state ^= state >> 7
		state ^= state << 17
		bits := state
		for i := range pad[:min(len(pad), 10)] {
			pad[i] = padAlphabet[bits&63]
			bits >>= 6
		}
	}
	return b
}

// CheckBody looks for paddings in b, which may be wrapped in an envelope or
// stand there several times in a batch, and compares each with its checksum.
// Envelopes that carry the payload as an escaped JSON string are read too, and
// payloads that were written anew with a space behind colons and commas, as
// Python does. DamageUnknown means that there is none; one that is damaged
// makes all Damaged.
func CheckBody(b []byte) Damage {
	if d := checkPads(b); d != DamageUnknown {
		return d
	}
	if bytes.Contains(b, []byte(`\"pad\":`)) {
		b = bytes.ReplaceAll(b, []byte(`\"`), []byte(`"`))
	}
	if bytes.Contains(b, []byte(`"pad": "`)) {
		b = bytes.ReplaceAll(b, []byte(`": "`), []byte(`":"`))
		b = bytes.ReplaceAll(b, []byte(`", "`), []byte(`","`))
	}
	return checkPads(b)
}

func checkPads(b []byte) Damage {
	result := DamageUnknown
	for {
		_, rest, found := bytes.Cut(b, padOpen)
		if !found {
			return result
		}
		pad, rest, found := bytes.Cut(rest, padClose)
		if !found || len(rest) < 8 {
			return Damaged
		}
		want, err := strconv.ParseUint(string(rest[:8]), 16, 32)
		if err != nil || uint32(want) != crc32.ChecksumIEEE(pad) {
			return Damaged
		}
		result, b = Intact, rest
	}
}

func appendHex8(b []byte, v uint32) []byte {
	const digits = "0123456789abcdef"
	for shift := 28; shift >= 0; shift -= 4 {
		b = append(b, digits[v>>shift&15])
	}
	return b
}
