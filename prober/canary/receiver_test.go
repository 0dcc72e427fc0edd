package canary

import (
	"bytes"
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/hookdrill/hookdrill/prober/event"
	"github.com/hookdrill/hookdrill/prober/signature"
)

// TestReceiver sends what senders and strangers may send, and wants it
// counted, and refused without an echo.
func TestReceiver(t *testing.T) {
	secret := signingSecret([]byte("key"), "eu")
	scheme, _ := signature.ByName("standard-webhooks")
	verify, err := scheme.Verifier(secret)
	if err != nil {
		t.Fatal(err)
	}
	ours := event.Token{Run: "t", Key: 1 * maxKeys, Seq: 1}
	body := func(tokens ...event.Token) []byte {
		var b []byte
		for _, k := range tokens {
			b = append(b, event.NewBody(k, "canary", time.Now(), 300)...)
		}
		return b
	}
	damaged := body(ours)
	damaged[len(damaged)-20]++
	for _, row := range []struct {
		reason   string
		body     []byte
		secret   string
		status   int
		received int
		rejected string
		fails    error
	}{
		{"a canary", body(ours), secret, 200, 1, "", nil},
		{"named twice in one envelope", body(ours, ours), secret, 200, 1, "", nil},
		{"a batch", body(ours, event.Token{Run: "t", Key: maxKeys, Seq: 2}), secret, 200, 2, "", nil},
		{"signed by somebody else", body(ours), signingSecret([]byte("other"), "eu"), 401, 0, BadSignature, nil},
		{"of another region", body(event.Token{Run: "t", Key: 2 * maxKeys, Seq: 1}), secret, 422, 0, WrongRegion, nil},
		{"of another prober", body(event.Token{Run: "u", Key: maxKeys, Seq: 1}), secret, 422, 0, UnknownEvent, nil},
		{"no canary", []byte(`{"secret":"customer data"}`), secret, 422, 0, UnknownEvent, nil},
		{"damaged on its way", damaged, secret, 422, 0, CorruptPayload, nil},
		{"too large", bytes.Repeat([]byte("x"), maxDelivery+1), secret, 413, 0, Oversize, nil},
		{"what cannot be kept has to come again", body(ours), secret, 500, 1, "", errors.New("disk full")},
	} {
		received, attempts, rejected := 0, 0, ""
		v := &receiver{region: "eu", key: []byte("key"), run: "t", number: 1, busy: make(chan struct{}, 1),
			received: func(_ event.Token, attempt int) error { received++; attempts += attempt; return row.fails },
			rejected: func(reason string) { rejected = reason }}
		if w := call(v.handler(), "POST", "/any", "x"); w.Code != 503 {
			t.Errorf("before the sender is known: %d", w.Code)
		}
		v.arm(verify, scanAll, "X-Attempt")
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/hooks/eu", bytes.NewReader(row.body))
		sign(r.Header, row.secret, "id", row.body)
		r.Header.Set("X-Attempt", "3")
		w := httptest.NewRecorder()
		v.handler().ServeHTTP(w, r)
		if w.Code != row.status || received != row.received || rejected != row.rejected || w.Body.Len() != 0 {
			t.Errorf("%s: %d, %d received, rejected for %q, says %q; want %d, %d, %q and nothing", row.reason,
				w.Code, received, rejected, w.Body, row.status, row.received, row.rejected)
		}
		if attempts != 3*received {
			t.Errorf("%s: attempts %d of %d received", row.reason, attempts, received)
		}
	}
}

// TestRouteCheck tells our endpoint from everything that may answer for it.
func TestRouteCheck(t *testing.T) {
	key := []byte("key")
	v := &receiver{region: "eu", key: key, busy: make(chan struct{}, 1)}
	other := &receiver{region: "us", key: key, busy: make(chan struct{}, 1)}
	for _, row := range []struct {
		reason string
		h      http.Handler
		class  Class
		by     Place
	}{
		{"our endpoint", v.handler(), OK, ""},
		{"that of another region", other.handler(), BodyInvalid, ByGateway},
		{"a page that is always there", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte("welcome")) }), BodyInvalid, ByGateway},
		{"no route", http.NotFoundHandler(), RouteMissing, ByGateway},
		{"no backend", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(503) }), Unavailable, ByGateway},
		{"closed in the middle", http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }), Reset, ""},
		{"no answer in time", http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }), ResponseTimeout, ""},
	} {
		server := httptest.NewServer(row.h)
		c := newRouteCheck(Region{Name: "eu", Receive: Receive{URL: server.URL + "/eu"}}, key, nil, server.Listener.Addr().String(),
			(&anywhere{}).dial, (&anywhere{}).dial, 200*time.Millisecond)
		class, by, self := c.look(t.Context(), "n-1")
		if class != row.class || by != row.by || self != OK {
			t.Errorf("%s: %q by %q, self %q; want %q by %q", row.reason, class, by, self, row.class, row.by)
		}
		c.closeIdle()
		server.Close()
	}
}

func TestRouteCheckOfTLS(t *testing.T) {
	server := httptest.NewTLSServer(http.NotFoundHandler())
	defer server.Close()
	server.Config.ErrorLog = nil
	c := newRouteCheck(Region{Name: "eu", Receive: Receive{URL: server.URL}}, nil, nil, server.Listener.Addr().String(),
		(&anywhere{}).dial, (&anywhere{}).dial, time.Second)
	defer c.closeIdle()
	if class, _, _ := c.look(t.Context(), "n"); class != CertUnknownCA {
		t.Errorf("an authority nobody knows: %q", class)
	}
	server.Close()
	if class, _, self := c.look(context.WithoutCancel(t.Context()), "n"); class != Refused || self != Refused {
		t.Errorf("nobody listens: %q, self %q", class, self)
	}
}

// TestSecretsAreNotTold looks for the signing secret where it must not be.
func TestSecretsAreNotTold(t *testing.T) {
	_, err := Secret{File: "testdata/none"}.read()
	if err == nil || !strings.Contains(err.Error(), "testdata/none") {
		t.Errorf("a file that is not there: %v", err)
	}
	t.Setenv("HOOKDRILL_TEST_EMPTY", "")
	if _, err := (Secret{Env: "HOOKDRILL_TEST_EMPTY"}).read(); err == nil || err.Error() != "the environment has no HOOKDRILL_TEST_EMPTY" {
		t.Errorf("an empty variable: %v", err)
	}
}

// anywhere dials what a test listens on.
type anywhere struct{ net.Dialer }

func (a *anywhere) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	return a.DialContext(ctx, network, addr)
}
