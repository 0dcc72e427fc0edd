package thirdparty_test

import (
	"context"
	_ "embed"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/distribution/distribution/v3/notifications"
	"github.com/sirupsen/logrus"

	"github.com/hookdrill/hookdrill/prober"
	"github.com/hookdrill/hookdrill/prober/event"
	"github.com/hookdrill/hookdrill/prober/policy"
	"github.com/hookdrill/hookdrill/scenarios/sendertest"
)

// registry is the notification package of the CNCF Distribution registry,
// unmodified, as a sender: one of its endpoints for each subscription, and
// events as a push makes them.
type registry struct {
	world prober.World

	mu        sync.Mutex
	endpoints map[string]registryEndpoint
}

type registryEndpoint struct {
	*notifications.Endpoint
	topics []string
}

func newRegistry(_ context.Context, w prober.World) (prober.Sender, error) {
	// It formats the whole event for each line it logs, and it logs each failure.
	logrus.SetLevel(logrus.PanicLevel)
	return &registry{world: w, endpoints: make(map[string]registryEndpoint)}, nil
}

// Subscribe does what an entry of notifications.endpoints does in a registry's
// configuration, with the defaults but for a longer backoff. The package keeps
// a list of all endpoints ever made: a process for each run makes that harmless.
func (r *registry) Subscribe(_ context.Context, s prober.Subscription) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, known := r.endpoints[s.Endpoint]; known {
		return nil
	}
	made := notifications.NewEndpoint(s.Endpoint, s.URL, notifications.EndpointConfig{
		Transport: r.world.Transport.Clone(), Timeout: time.Second, Threshold: 10, Backoff: 10 * time.Second})
	r.endpoints[s.Endpoint] = registryEndpoint{made, s.Topics}
	return nil
}

// Publish is a push to a repository that is called what the token says.
func (r *registry) Publish(_ context.Context, e event.Event) error {
	push := notifications.Event{ID: e.ID(), Timestamp: time.Now(), Action: notifications.EventActionPush}
	push.Target.Repository = e.ID()
	r.mu.Lock()
	defer r.mu.Unlock()
	var failed []error
	for _, to := range r.endpoints {
		if slices.Contains(to.topics, e.Topic) {
			failed = append(failed, to.Write(push))
		}
	}
	return errors.Join(failed...)
}

// Pending is what a registry shows as Pending under /debug/vars.
func (r *registry) Pending(context.Context) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	sum := 0
	for _, e := range r.endpoints {
		var m notifications.EndpointMetrics
		e.ReadMetrics(&m)
		sum += m.Pending
	}
	return sum, nil
}

// Policy is what docs/content/about/notifications.md promises: an answer of
// 2xx or 3xx, "after following redirects", is a delivery; events are "sent
// serially to each endpoint but order is not guaranteed"; "queues are
// inmemory". Until when it goes on trying has no bound.
func (r *registry) Policy() policy.Policy {
	return policy.Policy{
		Name:    "distribution v3.1.2",
		Success: []policy.StatusRange{{From: 200, To: 399}}, Redirects: policy.RedirectsFollow,
		Timeout: time.Second, Concurrency: 1,
		Order: policy.OrderNone, Durability: policy.DurabilityMemory, Seam: policy.SeamTransport,
	}
}

//go:embed testdata/one-key-is-refused.yaml
var oneKeyIsRefused []byte

// TestRegistry is also a statement about what passes: among others
// down-for-an-hour, ingress-404-for-a-minute and the incident itself. The
// registry never gives up, whatever an endpoint answers.
func TestRegistry(t *testing.T) {
	const (
		lostInMemory = "the queue is in memory, as documented: a registry that is killed forgets it"
		leftBehind   = "http.Client goes on with a GET without a body after a 301 or 302"
	)
	sendertest.Run(t, newRegistry,
		sendertest.Scenario("one-key-is-refused", oneKeyIsRefused),
		sendertest.KnownFailing("redirected-to-a-login-page", "no-loss",
			"notifications/http.go takes every answer below 400 for a delivery, and a 302 turns into a GET without a body",
			"attempt 1   302", "sender made no further attempt; it takes a 302 for a delivery"),
		sendertest.KnownFailing("redirected-to-a-login-page", "redirect", leftBehind, "it left the event behind"),
		sendertest.KnownFailing("brief-redirect-301", "no-loss", leftBehind, "it takes a 301 for a delivery"),
		sendertest.KnownFailing("brief-redirect-301", "redirect", leftBehind, "it left the event behind"),
		sendertest.KnownFailing("brief-redirect-307", "no-loss", "http.Client follows, and a 200 at the target is a success",
			"it takes a 307 for a delivery"),
		sendertest.KnownFailing("brief-poison", "isolation", "as one-key-is-refused", "for its first attempt"),
		sendertest.KnownFailing("brief-kill", "no-loss", lostInMemory, "503  (down)", "says that it owes nothing more"),
		sendertest.KnownFailing("brief-sigterm", "no-loss", lostInMemory, "503  (down)", "says that it owes nothing more"),
		sendertest.KnownFailing("one-key-is-refused", "isolation",
			"RetryingSink tries the first event of a queue until it succeeds; all others of the endpoint wait behind it",
			"for its first attempt"),
		sendertest.KnownFailing("hanging-neighbour", "recovery",
			"after an outage a queue is sent as fast as the endpoint answers", "whole again", "what is usual in 10s"),
		sendertest.KnownFailing("killed-before-answer", "no-loss", lostInMemory, "sender ready again", "says that it owes nothing more"),
		sendertest.KnownFailing("kustomer-and-a-crash", "no-loss", lostInMemory, "sender killed", "says that it owes nothing more"),
	)
}
