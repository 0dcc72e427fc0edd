package suite

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hookdrill/hookdrill/prober/history"
	"github.com/hookdrill/hookdrill/scenarios"
	"github.com/hookdrill/hookdrill/scenarios/verdict"
)

// TestQueueOfAnotherLanguage breaks the Redis in which a sender in Python keeps
// its queue, while an endpoint is down. The sender is brought in by `profile
// init` alone. Its broken variant does not connect again.
func TestQueueOfAnotherLanguage(t *testing.T) {
	minutes(t, "a sender in Python with its queue in Redis, under faults of Redis")
	for _, c := range []struct {
		scenario, variant string
		want              verdict.Expected
		reason            string
	}{
		{"cut", "", nil, "it connects again"},
		{"cut", "never-reconnect", fails("no-loss", "recovery"), "its workers are gone with their first connection"},
		{"stall", "", nil, "it waits for answers, and asks again"},
		{"stall", "never-reconnect", fails("no-loss", "recovery"), "to its workers no answer is the end"},
		{"restart", "", nil, "Redis has kept the queue, and it connects again"},
		{"restart", "never-reconnect", fails("no-loss", "recovery"), "a queue that is kept helps nobody who does not read it"},
		{"trouble", "", nil, "it offers and asks again, whatever it was"},
	} {
		t.Run(c.scenario+"/"+c.variant, func(t *testing.T) {
			t.Parallel()
			text := queueProfile(t, c.variant)
			h := playSender(t, queueScenario(t, c.scenario), queueFile(t, text), c.want)
			if !slices.ContainsFunc(h.Notes, func(n history.Note) bool { return n.Kind == history.NoteDependency }) {
				t.Error("nothing was done to Redis")
			}
			if t.Failed() {
				t.Log("expected, because " + c.reason)
			}
		})
	}
}

// TestQueueSaysWhatBecame holds what the sender says of its deliveries against
// what endpoints have seen.
func TestQueueSaysWhatBecame(t *testing.T) {
	minutes(t, "what a sender says of its deliveries")
	for variant, want := range map[string]verdict.Expected{
		"": nil,
		// It takes whatever has left its queue for delivered.
		"done-is-delivered": fails("accounting"),
	} {
		t.Run("variant "+variant, func(t *testing.T) {
			t.Parallel()
			h := playSender(t, queueScenario(t, "given-up"), queueFile(t, queueProfile(t, variant)), want)
			said := map[history.AccountState]int{}
			for _, a := range h.Accounts {
				said[a.State]++
			}
			if said[history.AccountDelivered] == 0 || (said[history.AccountFailed] == 0) != (variant != "") {
				t.Errorf("it says %v", said)
			}
		})
	}
}

// TestQueueIsKilledInFlight kills the sender when an endpoint has read a
// request, is about to answer, and has answered. Its broken variant has what it
// is about to send nowhere but in its memory.
func TestQueueIsKilledInFlight(t *testing.T) {
	minutes(t, "a sender that is killed with an attempt in flight")
	for variant, want := range map[string]verdict.Expected{
		"": nil, "forgets-in-flight": fails("no-loss", "crash-durability", "accounting"),
	} {
		t.Run("variant "+variant, func(t *testing.T) {
			t.Parallel()
			h := playSender(t, queueScenario(t, "in-flight"), queueFile(t, queueProfile(t, variant)), want)
			if n := countOf(h, history.SenderKill); n != 3 {
				t.Errorf("killed %d times, want 3", n)
			}
		})
	}
}

// TestQueueLivesRoughly kills it in a loop, freezes it, lets it stop in order
// again and again, and answers its publishers 404 and 503 in its place.
func TestQueueLivesRoughly(t *testing.T) {
	minutes(t, "a sender that is killed, paused and restarted again and again")
	t.Parallel()
	h := playSender(t, queueScenario(t, "rough-life"), queueFile(t, queueProfile(t, "")), nil)
	for what, want := range map[history.SenderWhat]int{
		history.SenderKill: 3, history.SenderPause: 1, history.SenderResume: 1, history.SenderTerm: 3, history.SenderReady: 7,
	} {
		if got := countOf(h, what); got != want {
			t.Errorf("%v: %d times, want %d", what, got, want)
		}
	}
	outcomes := map[history.Outcome]int{}
	for _, p := range h.Published {
		outcomes[p.Outcome]++
	}
	if outcomes[history.Refused] == 0 || outcomes[history.Indeterminate] == 0 {
		t.Errorf("publishing came out as %v: the gateway did not answer in its place", outcomes)
	}
}

func countOf(h *history.History, what history.SenderWhat) int {
	n := 0
	for _, e := range h.Senders {
		if e.What == what {
			n++
		}
	}
	return n
}

// TestOneOfTwoIsKilled kills one of two processes that share a queue: the other
// takes over what it had in hand.
func TestOneOfTwoIsKilled(t *testing.T) {
	minutes(t, "two instances of a sender, one of which is killed")
	t.Parallel()
	text := queueProfile(t, "")
	for old, fresh := range map[string]string{
		"  # Free ports of this machine, the same in every life of the sender.\n  ports: [api]\n": "",
		"      # How long it may take to end on SIGTERM.\n":                                       "      ports: [api]\n      scale: 2\n",
	} {
		if !strings.Contains(text, old) {
			t.Fatalf("the profile has no\n%s", old)
		}
		text = strings.Replace(text, old, fresh, 1)
	}
	h := playSender(t, queueScenario(t, "one-of-two"), queueFile(t, text), nil)
	var steps []string
	for _, e := range h.Senders {
		if e.Detail != "" && e.What != history.SenderPending {
			steps = append(steps, e.What.String()+" "+e.Detail)
		}
	}
	want := []string{"kill instance 2", "ready instance 2", "scale from 2 to 3", "scale from 3 to 2"}
	if !slices.Equal(steps, want) {
		t.Errorf("the sender's life was %q, want %q", steps, want)
	}
}

// queueProfile is the profile that `profile init` makes for the sender in
// Python, which needs Redis, and what it says of itself. It skips where one of
// the two is not there.
func queueProfile(t *testing.T, variant string) string {
	t.Helper()
	for _, binary := range []string{"python3", "redis-server"} {
		if _, err := exec.LookPath(binary); err != nil {
			t.Skipf("not tested: a sender in Python with its queue in Redis: %v", err)
		}
	}
	program, err := filepath.Abs(filepath.Join("..", "..", "prober", "profile", "testdata", "pysender", "sender.py"))
	if err != nil {
		t.Fatal(err)
	}
	var text bytes.Buffer
	err = InitProfile{Prompt: io.Discard, In: strings.NewReader(""), Out: &text, Answers: map[string]string{
		"name": "pysender", "command": "env VARIANT=" + variant + " python3 " + program, "needs": "redis",
		"ready": "http://127.0.0.1:{{.Port.api}}/health", "scheme": "standard-webhooks",
		"retry": "5s 30s 1m 2m", "timeout": "15s",
	}}.Write()
	if err != nil {
		t.Fatal(err)
	}
	status, err := os.ReadFile(filepath.Join("..", "..", "prober", "profile", "testdata", "pysender", "status.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	return text.String() + string(status)
}

func queueScenario(t *testing.T, name string) scenarios.Scenario {
	t.Helper()
	s, err := scenarios.Find(filepath.Join("testdata", "queue", name+".yaml"))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func queueFile(t *testing.T, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "profile.yaml")
	write(t, file, text)
	return file
}
