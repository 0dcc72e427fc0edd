package notifier_test

import (
	"context"
	"slices"
	"sync"
	"testing"

	"github.com/hookdrill/hookdrill/prober"
	"github.com/hookdrill/hookdrill/prober/event"
	"github.com/hookdrill/hookdrill/prober/policy"
	"github.com/hookdrill/hookdrill/scenarios/sendertest"

	"example.com/notifier"
)

// adapter is all that hookdrill needs: whom to tell, and what happened.
type adapter struct {
	*notifier.Notifier
	mu          sync.Mutex
	subscribers []prober.Subscription
}

func (a *adapter) Subscribe(_ context.Context, s prober.Subscription) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.subscribers = append(a.subscribers, s)
	return nil
}

func (a *adapter) Publish(_ context.Context, e event.Event) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, s := range a.subscribers {
		if slices.Contains(s.Topics, e.Topic) {
			a.Notify(context.Background(), s.URL, e.Body)
		}
	}
	return nil
}

func TestDelivery(t *testing.T) {
	sendertest.Run(t, func(_ context.Context, w prober.World) (prober.Sender, error) {
		return &adapter{Notifier: notifier.New(w.Transport)}, nil
	},
		sendertest.Only("ingress-404-for-a-minute", "refused-then-up"),
		sendertest.Declares(policy.Policy{
			Name: "notifier", Schedule: notifier.Delays, Forever: true, Timeout: notifier.Timeout,
			Redirects: policy.RedirectsNever, Durability: policy.DurabilityMemory, Seam: policy.SeamTransport,
		}))
}
