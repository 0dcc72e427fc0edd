package refsender

import (
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/hookdrill/hookdrill/prober"
	"github.com/hookdrill/hookdrill/prober/event"
)

// desk is an endpoint on loopback that hears topic "a" and tells what it has
// acknowledged.
type desk struct {
	t      testing.TB
	srv    *httptest.Server
	mu     sync.Mutex
	counts map[event.Token]int
	acked  map[event.Token][]byte
}

// newDesk answers the nth attempt at an event, from 1, with the status that
// answer returns.
func newDesk(t testing.TB, answer func(tok event.Token, nth int) int) *desk {
	d := &desk{t: t, counts: map[event.Token]int{}, acked: map[event.Token][]byte{}}
	d.srv = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return // the sender was killed in the middle
		}
		var tok event.Token
		event.Scan(body, "", func(found event.Token) bool { tok = found; return true })
		d.mu.Lock()
		d.counts[tok]++
		nth := d.counts[tok]
		d.mu.Unlock()
		status := answer(tok, nth)
		if status == http.StatusOK {
			d.mu.Lock()
			d.acked[tok] = body
			d.mu.Unlock()
		}
		w.WriteHeader(status)
	}))
	t.Cleanup(d.srv.Close)
	return d
}

// newPlainServer serves h on loopback and returns its address.
func newPlainServer(t testing.TB, h http.Handler) string {
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	return srv.URL
}

func (d *desk) subscription() prober.Subscription {
	return prober.Subscription{Endpoint: "a", URL: d.srv.URL + "/hooks/a", Secret: testSecret, Topics: []string{"a"}}
}

func (d *desk) body(tok event.Token) []byte {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.acked[tok]
}

// eventually waits for something of another process.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	deadline := time.After(20 * time.Second)
	for !ok() {
		select {
		case <-time.After(5 * time.Millisecond):
		case <-deadline:
			t.Fatalf("not within 20 s: %s", what)
		}
	}
}

func settled(t testing.TB, s prober.Sender) func() bool {
	return func() bool {
		n, err := s.(prober.Pender).Pending(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return n == 0
	}
}
