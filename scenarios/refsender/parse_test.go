package refsender

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hookdrill/hookdrill/prober/policy"
)

func TestParseAndPrint(t *testing.T) {
	for _, c := range []struct {
		reason, spec string
		want         func(c *Config)
		print        string // empty: as spec
	}{
		{"the correct sender", "reference", func(*Config) {}, ""},
		{"a bug", "reference:drop-on-404", func(c *Config) { c.Bugs = []string{"drop-on-404"} }, ""},
		{"bugs come first", "reference:order=none,3xx-is-delivered,no-timeout", func(c *Config) {
			c.Bugs, c.Order = []string{"3xx-is-delivered", "no-timeout"}, policy.OrderNone
		}, "reference:3xx-is-delivered,no-timeout,order=none"},
		{"a schedule", "reference:schedule=5s+1m30s+2h+1h1s", func(c *Config) {
			c.Schedule = []time.Duration{5 * time.Second, 90 * time.Second, 2 * time.Hour, time.Hour + time.Second}
		}, "reference:schedule=5s+1m30s+2h+1h0m1s"},
		{"the schedule of Standard Webhooks", "reference:schedule=standard-webhooks",
			func(c *Config) { c.Schedule = policy.Standard().Schedule }, ""},
		{"no second attempt", "reference:schedule=none", func(c *Config) { c.Schedule = nil }, ""},
		{"the rest", "reference:jitter=0,timeout=30s,retry-after-cap=10m,concurrency=1", func(c *Config) {
			c.Jitter, c.Timeout, c.RetryAfterCap, c.Concurrency = 0, 30*time.Second, 10*time.Minute, 1
		}, ""},
		{"nothing is limited", "reference:timeout=none,retry-after-cap=none,concurrency=none", func(c *Config) {
			c.Timeout, c.RetryAfterCap, c.Concurrency = 0, 0, 0
		}, ""},
		{"what is the default needs no word", "reference:order=key,jitter=0.2", func(*Config) {}, "reference"},
	} {
		want := Default()
		c.want(&want)
		got, err := Parse(c.spec)
		if err != nil {
			t.Errorf("%s: %v", c.reason, err)
			continue
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.reason, diff)
		}
		if c.print == "" {
			c.print = c.spec
		}
		if got := want.String(); got != c.print {
			t.Errorf("%s: printed as %q, want %q", c.reason, got, c.print)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	const bugs = "known bugs: drop-on-404, drop-on-503, drop-after-n, give-up-early, ack-before-persist, " +
		"lose-in-flight-on-crash, forget-acks-on-crash, 3xx-is-delivered, follow-redirects, ignore-retry-after, retry-at-once, no-backoff, " +
		"no-timeout, head-of-line-blocking, reorder-on-retry, duplicate-after-ack, new-id-on-retry, " +
		"stale-signature-on-retry, unsigned-retry, wrong-endpoint, corrupt-body, disable-on-404, zombie-retries, " +
		"crash-on-bad-answer, stuck-until-restart, thundering-herd, given-up-is-delivered"
	for _, c := range []struct{ reason, spec, want string }{
		{"another sender", "svix", `sender "svix": want reference[:OPTION,...]`},
		{"nothing", "", `sender "": want reference[:OPTION,...]`},
		{"nothing behind the colon", "reference:", `sender "reference:": an option is empty`},
		{"a comma too many", "reference:drop-on-404,", `sender "reference:drop-on-404,": an option is empty`},
		{"a misspelt bug", "reference:drop-on-440", `sender "reference:drop-on-440": unknown bug "drop-on-440" (did you mean "drop-on-404"?); ` + bugs},
		{"no bug at all", "reference:everything", `sender "reference:everything": unknown bug "everything"; ` + bugs},
		{"a bug twice", "reference:no-backoff,no-backoff", `sender "reference:no-backoff,no-backoff": no-backoff is named twice`},
		{"an option twice", "reference:order=key,order=none", `sender "reference:order=key,order=none": order is named twice`},
		{"a misspelt option", "reference:ordre=key", `sender "reference:ordre=key": unknown option "ordre" (did you mean "order"?); options are a bug's name, order=, schedule=, jitter=, timeout=, retry-after-cap=, concurrency=`},
		{"an order that is none", "reference:order=fifo", `sender "reference:order=fifo": order "fifo": want none, key or endpoint`},
		{"a delay that is none", "reference:schedule=5s+x", `sender "reference:schedule=5s+x": schedule "5s+x": delay "x": want durations with + between them, such as 5s+5m`},
		{"a delay of nothing", "reference:schedule=0s", `sender "reference:schedule=0s": schedule "0s": delay "0s": want durations with + between them, such as 5s+5m`},
		{"jitter that could undo a delay", "reference:jitter=1", `sender "reference:jitter=1": jitter "1": want a share of a delay, from 0 to below 1`},
		{"jitter that is no number", "reference:jitter=NaN", `sender "reference:jitter=NaN": jitter "NaN": want a share of a delay, from 0 to below 1`},
		{"a timeout without a unit", "reference:timeout=15", `sender "reference:timeout=15": timeout "15": want a duration such as 1m30s, or none`},
		{"no attempt at all", "reference:concurrency=0", `sender "reference:concurrency=0": concurrency "0": want a number from 1, or none`},
	} {
		if _, err := Parse(c.spec); err == nil || err.Error() != c.want {
			t.Errorf("%s: got\n%v\nwant\n%s", c.reason, err, c.want)
		}
	}
}

func TestBugsAreDocumented(t *testing.T) {
	var set bugSet
	for _, b := range Bugs() {
		if b.Doc == "" || b.Real == "" {
			t.Errorf("bug %q is not explained", b.Name)
		}
		if strings.ContainsAny(b.Name, ",=: ") {
			t.Errorf("bug %q cannot be named in a spec", b.Name)
		}
		if b.bit == 0 || set.has(b.bit) {
			t.Errorf("bug %q shares its switch", b.Name)
		}
		set |= b.bit
	}
}

func FuzzParse(f *testing.F) {
	f.Add("reference")
	f.Add("reference:drop-on-404,order=none,schedule=5s+1h30m")
	f.Add("reference:jitter=0.5,timeout=1h0m1s,concurrency=3,retry-after-cap=0.5s")
	f.Add("reference:schedule=standard-webhooks")
	f.Fuzz(func(t *testing.T, spec string) {
		c, err := Parse(spec)
		if err != nil {
			return
		}
		again, err := Parse(c.String())
		if err != nil {
			t.Fatalf("%q is printed as %q: %v", spec, c.String(), err)
		}
		if diff := cmp.Diff(c, again); diff != "" {
			t.Errorf("%q is printed as %q (-want +got):\n%s", spec, c.String(), diff)
		}
		if _, err := newBugSet(c.Bugs); err != nil {
			t.Error(err)
		}
	})
}
