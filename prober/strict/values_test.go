package strict

import (
	"regexp"
	"strings"
	"testing"
	"time"
)

func TestNearest(t *testing.T) {
	known := []string{"region", "tier", "at-most", "ab", "retry", "x"}
	for name, want := range map[string]string{
		"regoin": "region", "Region": "region", "reigon": "region", "zone": "", "teir": "tier", "at_most": "at-most", "ba": "ab",
		"retries": "retry", "y": "", "": "", strings.Repeat("region", 20): "",
	} {
		if got := Nearest(name, known); got != want {
			t.Errorf("Nearest to %q is %q, want %q", name, got, want)
		}
	}
}

func TestDurations(t *testing.T) {
	for _, row := range []struct {
		text string
		want time.Duration
		back string
	}{
		{"0", 0, "0s"}, {"0s", 0, "0s"}, {"500ms", 500 * time.Millisecond, "500ms"}, {"150m", 150 * time.Minute, "2h30m"},
		{"1h30m", 90 * time.Minute, "1h30m"}, {"2d", 48 * time.Hour, "2d"}, {"1d12h", 36 * time.Hour, "36h"},
		{"2d1s", 48*time.Hour + time.Second, "2d1s"}, {"1.5h", 90 * time.Minute, "1h30m"}, {"90s", 90 * time.Second, "1m30s"},
		{"250us", 250 * time.Microsecond, "250µs"}, {"10m", 10 * time.Minute, "10m"}, {"1h0m5s", time.Hour + 5*time.Second, "1h0m5s"},
	} {
		got, err := ParseDuration(row.text)
		if err != nil || got != row.want || FormatDuration(got) != row.back {
			t.Errorf("%s is %s, %v, written %s; want %s, written %s", row.text, got, err, FormatDuration(got), row.want, row.back)
		}
	}
	for _, text := range []string{"", "s", "10", "1.2.3s", "10 s", "-1s", "1h-1m", "1hm", "99999999999d", "1w", ".s", "..s"} {
		if got, err := ParseDuration(text); err == nil {
			t.Errorf("%q is %s", text, got)
		}
	}
}

// FuzzDocument: whatever the bytes, no panic, and a document or a problem.
func FuzzDocument(f *testing.F) {
	for _, text := range []string{"", "a: [b, {c: 1}]", "&a [*a]", "- !!str x\n- y", "a: 1\n---\n", "<<: {}", "? [x]\n: y", "\ufeffa: b"} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		for _, aliases := range []bool{false, true} {
			r := NewReader("f", Format{Aliases: aliases})
			if n := r.Document(text); (n == nil) != (r.Len() == 1) {
				t.Errorf("document %v, problems %v", n, r.Err())
			}
		}
	})
}

// FuzzDuration holds the pattern of the schema against the parser.
func FuzzDuration(f *testing.F) {
	pattern := regexp.MustCompile("^(0|" + DurationPattern + ")$")
	for _, text := range []string{"0", "1h30m", ".5s", "5.s", "2d", "1µs", "10", "1..s", "9999d", "-1s", "1s ", "1s\n"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		_, err := ParseDuration(text)
		if err != nil && strings.Contains(err.Error(), "too long") {
			return // told before what follows was looked at
		}
		if fits := pattern.MatchString(text); fits != (err == nil) {
			t.Errorf("%q: the pattern says %v, the parser %v", text, fits, err)
		}
	})
}
