package plan

import (
	"encoding/base32"
	"encoding/base64"
	"encoding/binary"
	"hash/fnv"
	"math/bits"
	"math/rand/v2"
	"strings"
)

// Every concern draws from a stream of its own, so that a line added to a
// scenario does not reshuffle what the other lines do. The golden test pins
// the streams: a changed draw would make stored seeds mean something else.

// concern returns the seed of one concern of a plan.
func concern(seed uint64, name string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(name)) // a hash's Write never fails
	return mix(seed + mix(h.Sum64()))
}

// random returns a concern's stream.
func random(seed uint64, name string) *rand.Rand {
	return rand.New(rand.NewPCG(concern(seed, name), concern(seed, name+"/increment")))
}

// mix is the finalizer of splitmix64.
func mix(x uint64) uint64 {
	x ^= x >> 30
	x *= 0xbf58476d1ce4e5b9
	x ^= x >> 27
	x *= 0x94d049bb133111eb
	return x ^ x>>31
}

// draw returns the i-th draw of a concern from 0 to n-1, without the draws
// before it: a publish is a function of its place alone.
func draw(concern, i, n uint64) uint64 {
	hi, _ := bits.Mul64(mix(concern+(i+1)*0x9e3779b97f4a7c15), n)
	return hi
}

// runID makes the run part of the tokens: eight letters and digits.
func runID(name string, seed uint64) string {
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], concern(seed, "run/"+name))
	return strings.ToLower(base32.StdEncoding.EncodeToString(b[:5]))
}

// secret makes an endpoint's secret in the form of Standard Webhooks.
func secret(r *rand.Rand) string {
	var b [24]byte
	for i := 0; i < len(b); i += 8 {
		binary.BigEndian.PutUint64(b[i:], r.Uint64())
	}
	return "whsec_" + base64.StdEncoding.EncodeToString(b[:])
}
