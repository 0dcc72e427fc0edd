package report

import (
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestDurations(t *testing.T) {
	for _, row := range []struct {
		in            time.Duration
		offset, short string
		reason        string
	}{
		{0, "+00:00:00.000", "0s", "the start"},
		{412 * time.Microsecond, "+00:00:00.000", "412µs", "below what an offset shows"},
		{198 * time.Millisecond, "+00:00:00.198", "198ms", "a healthy exchange"},
		{12340 * time.Millisecond, "+00:00:12.340", "12.3s", "tenths below a minute"},
		{time.Minute, "+00:01:00.000", "1m", "no zero seconds"},
		{time.Hour, "+01:00:00.000", "1h", "no zero minutes"},
		{time.Hour + 2*time.Second, "+01:00:02.000", "1h0m2s", "a zero between"},
		{at(1, 14, 28, 600), "+01:14:28.600", "1h14m29s", "seconds rounded"},
		{at(130, 5, 0, 0), "+130:05:00.000", "130h5m", "more than 99 hours"},
		{-1500 * time.Millisecond, "-00:00:01.500", "-1.5s", "before the start"},
	} {
		if got := Offset(row.in); got != row.offset {
			t.Errorf("%s: Offset(%d) = %q, want %q", row.reason, row.in, got, row.offset)
		}
		if got := Short(row.in); got != row.short {
			t.Errorf("%s: Short(%d) = %q, want %q", row.reason, row.in, got, row.short)
		}
	}
}

func TestCount(t *testing.T) {
	for n, want := range map[int]string{0: "0", 999: "999", 1000: "1,000", 18000: "18,000", 123456: "123,456", 1234567: "1,234,567", -5: "-5"} {
		if got := count(n); got != want {
			t.Errorf("count(%d) = %q, want %q", n, got, want)
		}
	}
}

func TestWrap(t *testing.T) {
	for _, row := range []struct {
		reason, lead, text string
		hang, width        int
		want               string
	}{
		{"fits", "- ", "a b", 2, 10, "- a b"},
		{"keeps columns", "", "a   404  b", 0, 10, "a   404  b"},
		{"breaks at the last space that fits", "- ", "aaa bbb ccc", 4, 9, "- aaa bbb\n    ccc"},
		{"a long word stays whole", "- ", "x /a/very/long/path y", 2, 10, "- x\n  /a/very/long/path\n  y"},
		{"counts runes, not bytes", "", "ééé ééé", 0, 7, "ééé ééé"},
		{"nothing to say", "lead  ", "", 2, 10, "lead"},
	} {
		if diff := cmp.Diff(row.want, wrap(row.lead, row.text, row.hang, row.width)); diff != "" {
			t.Errorf("%s:\n%s", row.reason, diff)
		}
	}
}

func TestCommandReadsBackInAShell(t *testing.T) {
	args := []string{"hookdrill", "run", "my file.yaml", "it's", "$HOME", "a=b", "", "--sender", "reference:schedule=5s+5m", "a\nb", "*", "~", "#x", "!"}
	line := Command(args...)
	if want := "hookdrill run 'my file.yaml' 'it'\\''s'"; !strings.HasPrefix(line, want) {
		t.Errorf("Command = %s, want %s ...", line, want)
	}
	out, err := exec.Command("sh", "-c", `for a in "$@"; do printf '%s|' "$a"; done; set --; eval "set -- $0"; for a in "$@"; do printf '%s|' "$a"; done`, line).Output()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Join(args, "|")+"|", string(out)); diff != "" {
		t.Errorf("a shell reads other arguments (-want +got):\n%s", diff)
	}
}

func TestLive(t *testing.T) {
	var b strings.Builder
	say := Live(&b, time.Date(2025, 12, 10, 3, 2, 0, 0, time.UTC), Options{})
	say(at(0, 10, 0, 0), "fault update opens at 40 endpoints: rolling update, 4 replicas, 2 routes missing, service absent")
	say(at(1, 50, 0, 0), "resolved\x1b[2J")
	want := "03:12:00Z  +00:10:00  fault update opens at 40 endpoints: rolling update, 4\n" +
		"                      replicas, 2 routes missing, service absent\n" +
		"04:52:00Z  +01:50:00  resolved\uFFFD[2J\n"
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Error(diff)
	}
}
