package thirdparty_test

import (
	"context"
	"io"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hashicorp/go-retryablehttp"

	"github.com/hookdrill/hookdrill/prober"
	"github.com/hookdrill/hookdrill/prober/event"
	"github.com/hookdrill/hookdrill/prober/policy"
	"github.com/hookdrill/hookdrill/scenarios/sendertest"
)

// retryable is the notifier that many services have: one call of
// hashicorp/go-retryablehttp, unmodified and with its defaults, in a goroutine
// for each event and subscriber.
type retryable struct {
	client  *retryablehttp.Client
	pending atomic.Int64

	mu          sync.Mutex
	subscribers map[string]prober.Subscription
}

func newRetryable(_ context.Context, w prober.World) (prober.Sender, error) {
	client := retryablehttp.NewClient()
	client.HTTPClient = &http.Client{Transport: w.Transport, Timeout: 10 * time.Second}
	client.Logger = nil
	return &retryable{client: client, subscribers: make(map[string]prober.Subscription)}, nil
}

func (r *retryable) Subscribe(_ context.Context, s prober.Subscription) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.subscribers[s.Endpoint] = s
	return nil
}

func (r *retryable) Publish(_ context.Context, e event.Event) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, s := range r.subscribers {
		if slices.Contains(s.Topics, e.Topic) {
			r.pending.Add(1)
			go r.notify(s.URL, e)
		}
	}
	return nil
}

// notify does what its callers do with an error of the client: it logs.
func (r *retryable) notify(url string, e event.Event) {
	defer r.pending.Add(-1)
	res, err := r.client.Post(url, "application/json", e.Body)
	if err != nil {
		return
	}
	_, _ = io.Copy(io.Discard, res.Body) // so that the connection can be used again
	_ = res.Body.Close()
}

// Pending counts the calls that have not returned.
func (r *retryable) Pending(context.Context) (int, error) { return int(r.pending.Load()), nil }

// Policy is what the package's documentation says: four retries after 1, 2, 4
// and 8 seconds on connection errors, 429 and 5xx but 501, a Retry-After of
// 429 and 503 is waited for; what it does about redirects is net/http's.
func (r *retryable) Policy() policy.Policy {
	return policy.Policy{
		Name:      "go-retryablehttp v0.7.8",
		Schedule:  []time.Duration{time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second},
		Permanent: []policy.StatusRange{{From: 400, To: 428}, {From: 430, To: 499}, {From: 501, To: 501}},
		Timeout:   10 * time.Second, Redirects: policy.RedirectsFollow, RetryAfter: policy.RetryAfterHonoured,
		Order: policy.OrderNone, Durability: policy.DurabilityMemory, Seam: policy.SeamTransport,
	}
}

// TestRetryable: what survives an outage of more than the 15 seconds that the
// defaults go on for is not promised, and so not judged; a 404 of a minute is.
func TestRetryable(t *testing.T) {
	const (
		final    = "a status from 400 on is final, but for 429: a missing route in a deploy loses events"
		followed = "http.Client follows, and a 302 becomes a GET without a body, whose 200 ends the call"
		dropped  = "everything was given up before the heal"
	)
	sendertest.Run(t, newRetryable,
		sendertest.KnownFailing("ingress-404-for-a-minute", "no-loss", final, "attempt 1   404", "it declares a 404 final"),
		sendertest.KnownUnknown("ingress-404-for-a-minute", "retry-schedule", "a 404 is not tried again"),
		sendertest.KnownUnknown("ingress-404-for-a-minute", "recovery", dropped),
		sendertest.KnownFailing("deploy-done-right", "no-loss", final, "404  (rolling)", "it declares a 404 final"),
		sendertest.KnownFailing("gone-for-good", "no-loss", "a 410 ends one event, and the next is sent all the same", "it declares a 410 final"),
		sendertest.KnownFailing("kustomer-2025-12-10", "no-loss", final, "404  (update)", "it declares a 404 final"),
		sendertest.KnownUnknown("kustomer-2025-12-10", "recovery", dropped),
		sendertest.KnownFailing("kustomer-and-a-crash", "no-loss", final, "404  (update)", "it declares a 404 final"),
		sendertest.KnownUnknown("kustomer-and-a-crash", "recovery", dropped),
		sendertest.KnownFailing("redirected-to-a-login-page", "no-loss", followed, "302  (login-302)", "made no further attempt"),
		sendertest.KnownFailing("redirected-to-a-login-page", "redirect", followed, "it left the event behind"),
		sendertest.KnownFailing("redirected-to-an-internal-address", "no-loss", followed, "307  (inside)", "made no further attempt"),
		sendertest.KnownFailing("brief-deploy", "no-loss", final, "404  (no-route)", "it declares a 404 final"),
		sendertest.KnownFailing("brief-outage", "no-loss", "fifteen seconds are over before the outage", "503  (down)"),
		sendertest.KnownFailing("brief-redirect-301", "no-loss", followed, "301  (moved)", "made no further attempt"),
		sendertest.KnownFailing("brief-redirect-301", "redirect", followed, "it left the event behind"),
		sendertest.KnownFailing("brief-redirect-307", "no-loss", followed, "307  (elsewhere)", "made no further attempt"),
		sendertest.KnownFailing("killed-before-answer", "no-loss", "nothing is kept but in memory", "sender ready again"),
	)
}
