package event

import (
	"bytes"
	"slices"
	"strings"
	"testing"
)

// FuzzScan holds that all that is found stands there, in that order, and that
// nothing around a token hides it.
func FuzzScan(f *testing.F) {
	for _, seed := range []string{"", sampleText, "hd1-hd1-", "hd1-k3x-17-", sampleText + sampleText[:9], "é\x00hd1-k3x-1-1-aaaa"} {
		f.Add(seed, "-204", "k3x")
		f.Add("hd1-k3x-1", seed, "")
	}
	f.Fuzz(func(t *testing.T, before, after, run string) {
		text := before + sampleText + after
		rest := text
		for _, token := range scanAll(text, run) {
			if run != "" && token.Run != run {
				t.Errorf("%s is not of run %q", token, run)
			}
			_, behind, found := strings.Cut(rest, token.String())
			if !found {
				t.Fatalf("%s does not stand in %q", token, rest)
			}
			rest = behind
			if again, err := ParseToken(token.String()); err != nil || again != token {
				t.Errorf("%s is read as %+v and %v", token, again, err)
			}
		}
		if (run == "" || run == sample.Run) && !slices.Contains(scanAll(text, run), sample) {
			t.Errorf("%s was not found in %q", sample, text)
		}
		if token, err := ParseToken(before); err == nil && token.String() != before {
			t.Errorf("%q is read as %s", before, token)
		}
	})
}

// FuzzCheckBody holds that an envelope neither hides nor makes damage.
func FuzzCheckBody(f *testing.F) {
	f.Add(`{"payload":`, "}", uint16(300))
	f.Add(`"pad":"`, `","sum":"`, uint16(0))
	f.Add(`\"pad\":\"`, `\"`, uint16(MinBody))
	f.Fuzz(func(t *testing.T, before, after string, cut uint16) {
		CheckBody([]byte(before + after))
		if bytes.Contains([]byte(before+"{"+after), padOpen) || strings.HasPrefix(after, "}") {
			return
		}
		body := NewBody(sample, "t", knownTime, MinBody)
		if got := CheckBody([]byte(before + string(body) + after)); got != Intact {
			t.Errorf("got %d for a body between %q and %q", got, before, after)
		}
		short := body[:min(int(cut), len(body))]
		if got := CheckBody(short); got == Intact && len(short) < len(body)-3 {
			t.Errorf("cut at %d, and it is intact", cut)
		}
	})
}
