package scenarios

import (
	"context"
	"testing"
	"time"

	"github.com/hookdrill/hookdrill/chaos"
	"github.com/hookdrill/hookdrill/prober/event"
	"github.com/hookdrill/hookdrill/scenarios/plan"
)

// bomb is a sender that panics when it is offered an event.
type bomb struct{}

func (bomb) Publish(context.Context, event.Event) error { panic("the sender's own bug") }

// TestGatewayHidesNoCrash offers an event through a fault that only delays it.
func TestGatewayHidesNoCrash(t *testing.T) {
	defer func() {
		if p := recover(); p == nil {
			t.Error("a sender that panics behind a gateway's fault was taken for a connection that broke")
		}
	}()
	k, _ := chaos.KindByName("delay")
	f, err := k.New(chaos.Args{"delay": chaos.Distribution{Kind: "constant", Mean: time.Millisecond}})
	if err != nil {
		t.Fatal(err)
	}
	p := &plan.Plan{Faults: []plan.Fault{{Value: f, Until: time.Hour, AtPublish: true}}}
	faults := newPublishFaults(newFaults(p, 1), &clock{scale: 1})
	_, _ = faults.through(t.Context(), event.Event{Token: event.Token{Run: "r", Key: 1, Seq: 1}}, func(ctx context.Context, e event.Event) (uint16, error) {
		return 1, bomb{}.Publish(ctx, e)
	})
}
