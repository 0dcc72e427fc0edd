package event

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// sample is written out so that a change of the format, which senders' stores
// and other machines' histories hold, does not go unnoticed.
var (
	sample     = Token{Run: "k3x", Key: 17, Seq: 204}
	sampleText = "hd1-k3x-17-204-hmbo"
)

func TestTokenAndBack(t *testing.T) {
	if got := sample.String(); got != sampleText {
		t.Errorf("got %s, want %s", got, sampleText)
	}
	for _, want := range []Token{
		sample,
		{Run: "a", Seq: 1},
		{Run: "0", Seq: 1},
		{Run: "hd1", Key: 1, Seq: 1},
		{Run: "abcdefgh", Key: 1<<32 - 1, Seq: 1<<32 - 1},
	} {
		got, err := ParseToken(want.String())
		if err != nil || got != want {
			t.Errorf("%s: got %+v and %v", want, got, err)
		}
		if got.IsZero() {
			t.Errorf("%s is zero", want)
		}
	}
	if !(Token{Run: "a", Key: 1}).IsZero() {
		t.Error("a token without a sequence is not zero")
	}
	if got := string(sample.Append([]byte("id="))); got != "id="+sampleText {
		t.Errorf("appended %s", got)
	}
}

// signed gives text the check that would make it a token, were it one.
func signed(text string) string {
	sum := check([]byte(text))
	return text + "-" + string(sum[:])
}

func TestWhatIsNotAToken(t *testing.T) {
	tests := []struct{ reason, text string }{
		{"nothing", ""},
		{"the prefix alone", "hd1-"},
		{"no check", "hd1-k3x-17-204"},
		{"an empty check", "hd1-k3x-17-204-"},
		{"half a check", sampleText[:len(sampleText)-1]},
		{"a letter behind it", sampleText + "a"},
		{"a space before it", " " + sampleText},
		{"another version", signed("hd2-k3x-17-204")},
		{"capitals", strings.ToUpper(sampleText)},
		{"no run", signed("hd1--17-204")},
		{"a run of nine", signed("hd1-abcdefghi-17-204")},
		{"a run with a capital", signed("hd1-K3x-17-204")},
		{"sequence 0 means that there is no event", signed("hd1-k3x-17-0")},
		{"a leading zero in the key", signed("hd1-k3x-017-204")},
		{"a leading zero in the sequence", signed("hd1-k3x-17-0204")},
		{"a sign", signed("hd1-k3x-+17-204")},
		{"a key beyond 32 bits", signed("hd1-k3x-4294967296-204")},
		{"a sequence beyond 32 bits", signed("hd1-k3x-17-4294967296")},
		{"a sequence beyond 64 bits", signed("hd1-k3x-17-18446744073709551617")},
		{"no key", signed("hd1-k3x--204")},
		{"no sequence", signed("hd1-k3x-17-")},
		{"hexadecimal", signed("hd1-k3x-1f-204")},
		{"one part too many", signed("hd1-k3x-17-204-1")},
	}
	for _, tt := range tests {
		t.Run(tt.reason, func(t *testing.T) {
			if got, err := ParseToken(tt.text); !errors.Is(err, ErrToken) || got != (Token{}) {
				t.Errorf("%q: got %+v and %v, want %v", tt.text, got, err, ErrToken)
			}
		})
	}
}

func TestADamagedTokenIsNotAnother(t *testing.T) {
	for i := range len(sampleText) {
		for _, c := range []byte("abcdefghijklmnopqrstuvwxyz0123456789-_ \x00") {
			b := []byte(sampleText)
			if b[i] == c {
				continue
			}
			b[i] = c
			if got, err := ParseToken(string(b)); err == nil {
				t.Errorf("%s was taken for %+v", b, got)
			}
		}
	}
}

func scanAll(b, run string) []Token {
	var got []Token
	Scan([]byte(b), run, func(t Token) bool { got = append(got, t); return true })
	return got
}

func TestScan(t *testing.T) {
	a, b := Token{Run: "k3x", Key: 0, Seq: 1}, Token{Run: "k3x", Key: 4294967295, Seq: 2}
	alien := Token{Run: "k3", Key: 0, Seq: 1}
	damaged := "hd1-k3x-17-205" + sampleText[len(sampleText)-5:]
	tests := []struct {
		reason, text, run string
		want              []Token
	}{
		{"nothing", "", "k3x", nil},
		{"no token", `{"type":"ping","id":"hd1"}`, "k3x", nil},
		{"our own body", string(NewBody(sample, "order.paid", knownTime, 1024)), "k3x", []Token{sample}},
		{"an escaped body in an envelope", `{"payload":"{\"data\":{\"token\":\"` + sampleText + `\"}}"}`, "k3x", []Token{sample}},
		{"a label, with letters around it", "team/x" + sampleText + "x", "k3x", []Token{sample}},
		{"a query", "/hooks?id=" + sampleText + "&x=1", "k3x", []Token{sample}},
		{"a batch, in its order", b.String() + "," + a.String() + "\n" + sampleText, "k3x", []Token{b, a, sample}},
		{"one token twice", sampleText + sampleText, "k3x", []Token{sample, sample}},
		{"another run's", alien.String() + " " + sampleText, "k3x", []Token{sample}},
		{"a run that ours begins with", alien.String(), "k3x", nil},
		{"a run that begins with ours", Token{Run: "k3xy", Seq: 1}.String(), "k3x", nil},
		{"all runs", alien.String() + " " + sampleText, "", []Token{alien, sample}},
		{"a damaged one", damaged + " " + sampleText, "k3x", []Token{sample}},
		{"a damaged one at the end", sampleText + " " + damaged, "k3x", []Token{sample}},
		{"cut off at the end", sampleText + " " + sampleText[:12], "k3x", []Token{sample}},
		{"a prefix before the prefix", "hd1-" + sampleText, "k3x", []Token{sample}},
		{"the start of another token before it", "hd1-k3x-17-" + sampleText, "k3x", []Token{sample}},
		{"half a prefix before it", "hd1hd1-hd" + sampleText, "", []Token{sample}},
	}
	for _, tt := range tests {
		t.Run(tt.reason, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, scanAll(tt.text, tt.run)); diff != "" {
				t.Errorf("-want +found\n%s", diff)
			}
		})
	}
}

func TestScanStopsWhenToldTo(t *testing.T) {
	n := 0
	Scan([]byte(strings.Repeat(sampleText, 3)), "", func(Token) bool { n++; return n < 2 })
	if n != 2 {
		t.Errorf("%d tokens were shown, want 2", n)
	}
}

func TestScanDoesNotAllocate(t *testing.T) {
	b := NewBody(sample, "order.paid", knownTime, 1024)
	found := 0
	if n := testing.AllocsPerRun(100, func() {
		Scan(b, "k3x", func(Token) bool { found++; return true })
	}); n != 0 || found == 0 {
		t.Errorf("%v allocations, %d tokens", n, found)
	}
}

func TestEventNames(t *testing.T) {
	e := Event{Token: sample}
	if e.ID() != sampleText || e.Key() != "key-17" {
		t.Errorf("got %s and %s", e.ID(), e.Key())
	}
}
