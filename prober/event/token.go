package event

import (
	"bytes"
	"errors"
	"hash/crc32"
	"strconv"
)

// Token names one event of one run: its ordering key and its place in that
// key's sequence. As text it is `hd1-<run>-<key>-<seq>-<check>`, lower-case
// letters, digits and hyphens only, so that it survives in a JSON string, a
// label, a URL path or a header.
type Token struct {
	// Run is one to eight lower-case letters and digits that tell runs apart.
	Run string
	// Key is the ordering key, from 0.
	Key uint32
	// Seq is the place within the key, from 1; zero means there is no token.
	Seq uint32
}

// ErrToken says that a text is not a token, or that its check does not match.
var ErrToken = errors.New("not a hookdrill token")

const (
	prefix   = "hd1-"
	checkLen = 4
	maxRun   = 8
	alphabet = "abcdefghijklmnopqrstuvwxyz234567"
)

// IsZero reports whether t names no event.
func (t Token) IsZero() bool { return t.Seq == 0 }

// String returns the token's text.
func (t Token) String() string { return string(t.Append(nil)) }

// Append appends the token's text to b.
func (t Token) Append(b []byte) []byte {
	start := len(b)
	b = append(b, prefix...)
	b = append(b, t.Run...)
	b = append(b, '-')
	b = strconv.AppendUint(b, uint64(t.Key), 10)
	b = append(b, '-')
	b = strconv.AppendUint(b, uint64(t.Seq), 10)
	sum := check(b[start:])
	b = append(b, '-')
	return append(b, sum[:]...)
}

// ParseToken reads a token's text. It returns ErrToken for anything else,
// also for a token whose check does not match.
func ParseToken(s string) (Token, error) {
	t, n := parse([]byte(s))
	if n == 0 || n != len(s) {
		return Token{}, ErrToken
	}
	return t, nil
}

// Scan calls yield for every token in b, from left to right, until yield
// returns false. Damaged tokens are passed over, and those of other runs than
// run; an empty run takes all. It allocates nothing, except the Run strings of
// the tokens where run is empty.
func Scan(b []byte, run string, yield func(Token) bool) {
	for {
		i := bytes.Index(b, []byte(prefix))
		if i < 0 {
			return
		}
		b = b[i:]
		t, n := parseRun(b, run)
		if n == 0 {
			b = b[len(prefix):]
			continue
		}
		if !yield(t) {
			return
		}
		b = b[n:]
	}
}

func parse(b []byte) (Token, int) { return parseRun(b, "") }

// parseRun reads the token at the start of b and returns its length, or 0.
func parseRun(b []byte, run string) (Token, int) {
	if !bytes.HasPrefix(b, []byte(prefix)) {
		return Token{}, 0
	}
	i := len(prefix)
	start := i
	for i < len(b) && i-start < maxRun && (b[i] >= 'a' && b[i] <= 'z' || b[i] >= '0' && b[i] <= '9') {
		i++
	}
	if i == start || i >= len(b) || b[i] != '-' {
		return Token{}, 0
	}
	if run != "" && string(b[start:i]) != run {
		return Token{}, 0
	}
	name := b[start:i]
	key, i := number(b, i+1)
	seq, i := number(b, i)
	if i == 0 || seq == 0 || i+checkLen > len(b) {
		return Token{}, 0
	}
	if sum := check(b[:i-1]); !bytes.Equal(sum[:], b[i:i+checkLen]) {
		return Token{}, 0
	}
	if run == "" {
		run = string(name)
	}
	return Token{Run: run, Key: key, Seq: seq}, i + checkLen
}

// number reads decimal digits at b[i:] that end in a hyphen and returns the
// place behind the hyphen, or 0. A leading zero is refused: the text of a
// token is unique, so that two texts never name one event.
func number(b []byte, i int) (uint32, int) {
	if i == 0 {
		return 0, 0
	}
	var n uint64
	start := i
	for i < len(b) && b[i] >= '0' && b[i] <= '9' {
		if n = n*10 + uint64(b[i]-'0'); n > 1<<32-1 {
			return 0, 0
		}
		i++
	}
	if i == start || i >= len(b) || b[i] != '-' || (b[start] == '0' && i-start > 1) {
		return 0, 0
	}
	return uint32(n), i + 1
}

func check(b []byte) [checkLen]byte {
	sum := crc32.ChecksumIEEE(b)
	var c [checkLen]byte
	for i := range c {
		c[i] = alphabet[sum&31]
		sum >>= 5
	}
	return c
}
