package refsender

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
)

// outageAndSlamming answers 503 at "b" for half an hour. Elsewhere every
// fourth answer is a 200 after which the door is slammed without a word: the
// next attempt must not race with the news of it.
func outageAndSlamming(w http.ResponseWriter, _ *http.Request, h hit, nth int) {
	switch {
	case h.endpoint == "b" && h.at < 30*time.Minute:
		w.WriteHeader(http.StatusServiceUnavailable)
	case draw(2, h.endpoint, h.token.String(), nth)%4 == 0:
		c, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			return
		}
		_, _ = c.Write([]byte("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"))
		_ = c.Close()
	}
}

// live200 lives through 200 events, a kill and a restart, and returns every
// arrival: when, where, which event, which attempt.
func live200(t *testing.T, cfg Config) []string {
	var story []string
	inBubble(t, cfg, outageAndSlamming, []string{"a", "b", "c"}, func(t *testing.T, r *rig) {
		r.live()
		for n := range uint32(200) {
			if n == 100 {
				time.Sleep(7 * time.Millisecond)
				r.die()
				r.live()
			}
			r.publish([]string{"all", "a", "b"}[n%3], n%7, n/7+1)
			// Some come in one instant, and many while others are in flight.
			time.Sleep(time.Duration(draw(3, "pause", "", int(n)) % 3 * uint64(60*time.Millisecond)))
		}
		time.Sleep(3 * time.Hour)
		story = r.story()
	})
	return story
}

// story renders the arrivals. Those of one instant are in no order: they are
// at different endpoints, or on different connections.
func (r *rig) story() []string {
	seen := r.seen()
	slices.SortFunc(seen, func(x, y hit) int {
		return cmp.Or(cmp.Compare(x.at, y.at), cmp.Compare(x.endpoint, y.endpoint),
			cmp.Compare(x.token.Key, y.token.Key), cmp.Compare(x.token.Seq, y.token.Seq))
	})
	attempts := map[string]int{}
	story := make([]string, len(seen))
	for i, h := range seen {
		obligation := h.endpoint + " " + h.token.String()
		attempts[obligation]++
		story[i] = fmt.Sprintf("%d %s attempt %d, id %s", h.at, obligation, attempts[obligation], h.id)
	}
	return story
}

// TestSameSeedSameHistory is what makes a failure reproducible: twenty runs
// of one seed are equal to the nanosecond.
func TestSameSeedSameHistory(t *testing.T) {
	first := live200(t, Default())
	if len(first) < 350 {
		t.Fatalf("%d attempts, too few to show anything", len(first))
	}
	for range 19 {
		if diff := gocmp.Diff(first, live200(t, Default())); diff != "" {
			t.Fatalf("two runs of one seed differ (-first +later):\n%s", diff)
		}
	}
}

// TestBugsReproduce: a failure that is reported with a command has to be seen
// again by it. The senders of other orders are among them.
func TestBugsReproduce(t *testing.T) {
	specs := []string{"reference:order=none", "reference:order=endpoint", "reference:concurrency=1"}
	for _, b := range Bugs() {
		specs = append(specs, "reference:"+b.Name)
	}
	for _, spec := range specs {
		t.Run(spec, func(t *testing.T) {
			cfg, err := Parse(spec)
			if err != nil {
				t.Fatal(err)
			}
			first := live200(t, cfg)
			for range 2 {
				if diff := gocmp.Diff(first, live200(t, cfg)); diff != "" {
					t.Fatalf("two runs differ (-first +later):\n%s", diff)
				}
			}
		})
	}
}
