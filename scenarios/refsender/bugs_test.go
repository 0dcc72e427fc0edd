package refsender

import (
	"bytes"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/hookdrill/hookdrill/prober"
	"github.com/hookdrill/hookdrill/prober/event"
	"github.com/hookdrill/hookdrill/prober/history"
)

// bugCase drives a sender so that one bug shows. broken says what is wrong, or
// nothing: the correct sender must get nothing.
type bugCase struct {
	bug    string
	reason string
	answer respond
	drive  func(r *rig)
	broken func(r *rig) string
}

func bugCases() []bugCase {
	return append(statusBugs(), append(timingBugs(), append(requestBugs(), lifeBugs()...)...)...)
}

func TestEachBugShowsAndTheCorrectSenderDoesNot(t *testing.T) {
	covered := map[string]bool{"crash-on-bad-answer": true}
	for _, c := range bugCases() {
		covered[c.bug] = true
		for _, on := range []bool{false, true} {
			for store, run := range bubbles() {
				t.Run(fmt.Sprintf("%s/%v/%s", c.bug, on, store), func(t *testing.T) {
					cfg := Default()
					if on {
						cfg.Bugs = []string{c.bug}
					}
					run(t, cfg, c.answer, []string{"a", "b"}, func(t *testing.T, r *rig) {
						r.live()
						c.drive(r)
						if got := c.broken(r); (got != "") != on {
							t.Errorf("%s: broken is %q with the bug on: %v", c.reason, got, on)
						}
					})
				})
			}
		}
	}
	for _, b := range Bugs() {
		if !covered[b.Name] {
			t.Errorf("nothing shows bug %s", b.Name)
		}
	}
}

func TestCrashOnBadAnswer(t *testing.T) {
	for _, c := range []struct {
		reason string
		answer answer
		want   bool
	}{
		{"a plain success", answer{status: 200}, false},
		{"a known status", answer{status: 503}, false},
		{"a status of a proxy's own", answer{status: 520}, true},
		{"a Retry-After of words", answer{status: 503, badRetryAfter: true}, true},
		{"a body beyond the limit", answer{status: 200, long: true}, true},
	} {
		func() {
			defer func() {
				if got := recover() != nil; got != c.want {
					t.Errorf("%s: panics %v, want %v", c.reason, got, c.want)
				}
			}()
			crashOnBadAnswer.judge(&delivery{}, c.answer)
		}()
	}
}

// one publishes one event and lets three hours pass.
func one(r *rig) {
	r.publish("a", 1, 1)
	time.Sleep(3 * time.Hour)
}

// many publishes n events of five keys to "a", one each 100 ms, and waits.
func many(n int, rest time.Duration) func(r *rig) {
	return func(r *rig) {
		for i := range uint32(n) {
			r.publish("a", i%5, i/5+1)
			time.Sleep(100 * time.Millisecond)
		}
		time.Sleep(rest)
	}
}

// fewer says so if there were fewer than n hits, more if there were more.
func fewer(n int) func(r *rig) string {
	return func(r *rig) string {
		if got := len(r.seen()); got < n {
			return fmt.Sprintf("%d hits, want %d", got, n)
		}
		return ""
	}
}

func more(n int) func(r *rig) string {
	return func(r *rig) string {
		if got := len(r.seen()); got > n {
			return fmt.Sprintf("%d hits, want %d", got, n)
		}
		return ""
	}
}

// gapBelow says so if retry i (from 0) came sooner than least.
func gapBelow(i int, least time.Duration) func(r *rig) string {
	return func(r *rig) string {
		if g := r.gaps("a", 1, 1); len(g) > i && g[i] < least {
			return fmt.Sprintf("retry %d after %v", i+1, g[i])
		}
		return ""
	}
}

func statusBugs() []bugCase {
	redirect := func(w http.ResponseWriter, r *http.Request, _ hit, nth int) {
		if nth == 1 && !strings.HasPrefix(r.URL.Path, "/trap") {
			http.Redirect(w, r, "/trap", http.StatusTemporaryRedirect)
		}
	}
	return []bugCase{
		{"drop-on-404", "a 404 is to be tried again", failing(1, 404), one, fewer(2)},
		{"drop-on-503", "a 503 is to be tried again", failing(1, 503), one, fewer(2)},
		{"drop-after-n", "the schedule allows eleven attempts", failing(4, 500), one, fewer(5)},
		{"given-up-is-delivered", "nobody has acknowledged it", always(503), one, func(r *rig) string {
			said, err := r.sender.(prober.Accountant).Accounts(r.t.Context(), newEvent("a", 1, 1).Token)
			if err != nil || len(said) != 1 || said[0].Endpoint != "a" {
				r.t.Fatalf("it says %v, %v", said, err)
			}
			if said[0].State != history.AccountFailed {
				return fmt.Sprintf("it says %q", said[0].Said)
			}
			return ""
		}},
		{"give-up-early", "the schedule allows eleven attempts", failing(8, 500), one, fewer(9)},
		{"3xx-is-delivered", "a 3xx is to be tried again", failing(1, 304), one, fewer(2)},
		{"follow-redirects", "the target of a redirect is to get nothing", redirect, one, func(r *rig) string {
			for _, h := range r.seen() {
				if h.path == "/trap" {
					return "the trap was hit"
				}
			}
			return ""
		}},
		{"disable-on-404", "later events are owed after a 404", failing(1, 404), func(r *rig) {
			one(r)
			r.publish("a", 1, 2)
			time.Sleep(time.Minute)
		}, fewer(4)},
	}
}

func timingBugs() []bugCase {
	busy := func(w http.ResponseWriter, _ *http.Request, _ hit, nth int) {
		if nth == 1 {
			w.Header().Set("Retry-After", "120")
			w.WriteHeader(429)
		}
	}
	hang := func(_ http.ResponseWriter, r *http.Request, h hit, nth int) {
		if h.endpoint == "a" && nth == 1 {
			<-r.Context().Done()
		}
	}
	drive := func(r *rig) {
		r.publish("a", 1, 1)
		time.Sleep(time.Second)
		r.publish("b", 2, 1)
		time.Sleep(time.Minute)
	}
	return []bugCase{
		{"ignore-retry-after", "the endpoint asked for two minutes", busy, one, gapBelow(0, 2*time.Minute)},
		{"retry-at-once", "the third retry is due after two minutes", failing(5, 500), one, gapBelow(2, 90*time.Second)},
		{"no-backoff", "the eighth retry is due after twenty minutes", failing(9, 500), one, gapBelow(7, 15*time.Minute)},
		{"no-timeout", "an attempt that hangs is to be ended and repeated", hang, drive, fewer(3)},
		{"head-of-line-blocking", "b is to hear at once although a hangs", hang, drive, func(r *rig) string {
			for _, h := range r.seen() {
				if h.endpoint == "b" && h.at > 2*time.Second {
					return fmt.Sprintf("b heard at %v", h.at)
				}
			}
			return ""
		}},
		{"thundering-herd", "after a heal each retry comes when it is due", outage("a", 10*time.Minute),
			func(r *rig) {
				for key := range uint32(40) {
					r.publish("a", key, 1)
					time.Sleep(time.Second)
				}
				time.Sleep(time.Hour)
			},
			func(r *rig) string {
				if r.most("a") > 8 {
					return fmt.Sprintf("%d in flight at once", r.most("a"))
				}
				return ""
			}},
		{"zombie-retries", "nothing is to come after everything is settled", always(200), many(100, time.Minute), more(100)},
		{"duplicate-after-ack", "an acknowledged event is not to come again", always(200), many(300, time.Second), more(300)},
	}
}

// outage answers 503 at an endpoint until a time.
func outage(endpoint string, until time.Duration) respond {
	return func(w http.ResponseWriter, _ *http.Request, h hit, _ int) {
		if h.endpoint == endpoint && h.at < until {
			w.WriteHeader(503)
		}
	}
}

func requestBugs() []bugCase {
	return []bugCase{
		{"new-id-on-retry", "all attempts carry one id", failing(2, 500), one, func(r *rig) string {
			return differ(r, func(h hit) string { return h.id })
		}},
		{"stale-signature-on-retry", "each attempt has a timestamp of its own", failing(4, 500), one, func(r *rig) string {
			for _, h := range r.seen() {
				stamp, _ := strconv.ParseInt(h.stamp, 10, 64)
				if late := r.start.Add(h.at).Sub(time.Unix(stamp, 0)); late > time.Minute {
					return fmt.Sprintf("a timestamp is %v old", late)
				}
			}
			return ""
		}},
		{"unsigned-retry", "each attempt is signed", failing(1, 500), one, func(r *rig) string {
			for _, h := range r.seen() {
				if h.sig == "" {
					return "no signature"
				}
			}
			return ""
		}},
		{"wrong-endpoint", "an event goes where it is owed only", always(200), many(500, time.Second), more(500)},
		{"corrupt-body", "a body arrives as it was published", always(200), many(500, time.Second), func(r *rig) string {
			for _, h := range r.seen() {
				if event.CheckBody(h.body) != event.Intact {
					return "a body is damaged"
				}
			}
			return ""
		}},
		{"reorder-on-retry", "an event waits for the earlier ones of its key", failing(1, 500), many(20, time.Hour), func(r *rig) string {
			next := map[uint32]uint32{}
			nth := map[string]int{}
			for _, h := range r.seen() {
				if nth[h.id]++; nth[h.id] != 2 {
					continue
				}
				if next[h.token.Key]++; h.token.Seq != next[h.token.Key] {
					return fmt.Sprintf("key %d: %d was acknowledged as number %d", h.token.Key, h.token.Seq, next[h.token.Key])
				}
			}
			return ""
		}},
	}
}

func differ(r *rig, of func(hit) string) string {
	seen := r.seen()
	for _, h := range seen {
		if of(h) != of(seen[0]) {
			return fmt.Sprintf("%q and %q", of(seen[0]), of(h))
		}
	}
	return ""
}

func lifeBugs() []bugCase {
	crash := func(after time.Duration) func(r *rig) {
		return func(r *rig) {
			r.publish("a", 1, 1)
			time.Sleep(after)
			r.die()
			time.Sleep(time.Minute)
			r.live()
			time.Sleep(3 * time.Hour)
		}
	}
	return []bugCase{
		{"ack-before-persist", "what was accepted survives a kill", outage("a", 10*time.Second), crash(time.Second), fewer(2)},
		{"lose-in-flight-on-crash", "what was in flight is tried again", always(200), crash(10 * time.Millisecond), fewer(2)},
		{"forget-acks-on-crash", "what was delivered before a kill is not sent after it", always(200), crash(time.Second), more(1)},
		{"stuck-until-restart", "an endpoint that is back hears without a restart", outage("a", time.Hour), one,
			func(r *rig) string {
				if n := r.pending(); n > 0 {
					return fmt.Sprintf("%d pending", n)
				}
				return ""
			}},
	}
}

func TestCorruptChangesOneByteOfThePadding(t *testing.T) {
	for _, c := range []struct{ reason, in, want string }{
		{"the first letter is changed", `{"pad":"12ab","sum":"x"}`, `{"pad":"12Ab","sum":"x"}`},
		{"there is no padding", `{"a":"b"}`, `{"a":"b"}`},
	} {
		in := []byte(c.in)
		if got := corrupt(in); !bytes.Equal(got, []byte(c.want)) || string(in) != c.in {
			t.Errorf("%s: got %s from %s", c.reason, got, in)
		}
	}
}
