package scenarios_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hookdrill/hookdrill/prober/history"
	"github.com/hookdrill/hookdrill/scenarios"
	"github.com/hookdrill/hookdrill/scenarios/refsender"
	"github.com/hookdrill/hookdrill/scenarios/verdict"
)

// TestPublishFaults breaks the way to the sender: a careful producer offers
// its events again, and none is lost.
func TestPublishFaults(t *testing.T) {
	for _, c := range []struct {
		name, reason, line string
		want               history.Outcome
	}{
		{"refused", "a 404 of a gateway is a definite no", "fault: {kind: status, code: 404}", history.Refused},
		{"indeterminate", "after a 503 nobody knows", "fault: {kind: status, code: 503}", history.Indeterminate},
		{"broken", "a connection that breaks says nothing", "fault: {kind: fin, at: request}", history.Indeterminate},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := play(t, compile(t, "timeline: [{at: 3m, for: 2m, place: publish, attempts: 1-2, id: gate, "+c.line+"}]"),
				refsender.New(refsender.Default()))
			if r.Judgement.Status != verdict.Pass {
				t.Errorf("the verdict is %v: %+v", r.Judgement.Status, r.Judgement.Reports)
			}
			seen := map[history.Outcome]int{}
			for _, p := range r.History.Published {
				if !p.Late {
					seen[p.Outcome]++
				}
			}
			if seen[c.want] == 0 {
				t.Errorf("%s: outcomes are %v", c.reason, seen)
			}
		})
	}
}

// TestGatewayThatLies answers 200 in place of the sender, which never hears of
// the event: a producer believes it, and the event is lost.
func TestGatewayThatLies(t *testing.T) {
	r := play(t, compile(t, "timeline: [{at: 3m, for: 1m, place: publish, fault: {kind: status, code: 200}}]"),
		refsender.New(refsender.Default()))
	if r.Judgement.Status != verdict.Fail {
		t.Errorf("the verdict is %v, want a failure: accepted events were dropped", r.Judgement.Status)
	}
}

func TestGatewayBeforeNobody(t *testing.T) {
	var g scenarios.Gateway
	h := g.Wrap(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		_, _ = w.Write(b)
	}))
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequestWithContext(context.Background(), http.MethodPost, "/v1/events", strings.NewReader("as it is")))
	if diff := cmp.Diff("as it is", w.Body.String()); diff != "" {
		t.Errorf("a gateway that no run uses changed a request (-want +got):\n%s", diff)
	}
}

// TestDependencyThatIsNotThere must not pass: nothing was disturbed.
func TestDependencyThatIsNotThere(t *testing.T) {
	r := play(t, compile(t, "timeline: [{at: 3m, dependency: {name: redis, refuse: 30s}}]"), refsender.New(refsender.Default()))
	if r.Judgement.Status != verdict.Unknown {
		t.Errorf("the verdict is %v, want unknown", r.Judgement.Status)
	}
	var said []string
	for _, n := range r.History.Notes {
		if n.Kind == history.NoteHarness {
			said = append(said, n.Text)
		}
	}
	if diff := cmp.Diff([]string{`refuse-1 did nothing: the sender has no dependency "redis"`}, said); diff != "" {
		t.Errorf("the harness says (-want +got):\n%s", diff)
	}
}

func TestOneOfOne(t *testing.T) {
	r := play(t, compile(t, "timeline: [{at: 3m, for: 10s, sender: kill, instance: 2}, {at: 5m, for: 1m, sender: scale, to: 3}]"),
		refsender.New(refsender.Default()))
	if r.Judgement.Status != verdict.Unknown {
		t.Errorf("the verdict is %v, want unknown: a sender of one process has no second", r.Judgement.Status)
	}
}
