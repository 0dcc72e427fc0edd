package virtual

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// dumpOf is a goroutine as the runtime prints it: its header, and one call of
// the standard library by function in file.
func dumpOf(header, function, file string) string {
	root := standardRoot()
	return header + "\n" +
		"sync.(*Cond).Wait(0xc0000140a0)\n\t" + root + "sync/cond.go:71 +0x85\n" +
		function + "(0xc0000140a0, {0x1, 0x2?})\n\t" + file + ":41 +0x1d\n" +
		"runtime.goexit({})\n\t" + root + "runtime/asm_amd64.s:1693 +0x1\n" +
		"created by net/http.(*Server).Serve in goroutine 18\n\t" + root + "net/http/server.go:3454 +0x485\n"
}

func TestParseStacks(t *testing.T) {
	for _, row := range []struct {
		header           string
		state            string
		durable, bubbled bool
		reason           string
	}{
		{"goroutine 7 [sync.Mutex.Lock, synctest bubble 6]:", "sync.Mutex.Lock", false, true, "not durable"},
		{"goroutine 7 [chan receive (durable), 5 minutes, synctest bubble 6]:", "chan receive", true, true, "minutes"},
		{"goroutine 7 [select (no cases) (durable), synctest bubble 6]:", "select", true, true, "two remarks"},
		{"goroutine 7 [running, locked to thread, synctest bubble 6]:", "running", false, true, "locked"},
		{"goroutine 7 [running, synctest bubble 6 labels:{\"a\": \"b\"}]:", "running", false, true, "labels"},
		{"goroutine 7 gp=0xc0000061c0 m=0 mp=0x6f2d40 [running, synctest bubble 1]:", "running", false, true, "a fatal error's"},
		{"goroutine 1 gp=0xc0000061c0 m=nil [IO wait]:", "IO wait", false, false, "outside"},
	} {
		all := parseStacks("SIGQUIT: quit\n\n" + dumpOf(row.header, "example.com/acme/queue.(*Queue).push", "/src/acme/queue/queue.go") + "\nrax 0x0\n")
		if len(all) != 1 {
			t.Fatalf("%s: %d goroutines, want 1", row.header, len(all))
		}
		g := all[0]
		if g.state != row.state || g.durable != row.durable || g.bubbled != row.bubbled {
			t.Errorf("%s: state %q, durable %t, bubbled %t (%s)", row.header, g.state, g.durable, g.bubbled, row.reason)
		}
		f, called, ok := g.culprit()
		if diff := cmp.Diff("queue.(*Queue).push (queue.go:41)", f.String()); diff != "" || called != "sync.(*Cond).Wait" || !ok || len(g.frames) != 3 {
			t.Errorf("%s: culprit %s, called %s, frames %d", row.header, f, called, len(g.frames))
		}
	}
}

func TestStandstillWithoutACulprit(t *testing.T) {
	dump := parseStacks(dumpOf("goroutine 7 [select (durable), synctest bubble 6]:", "example.com/q.f", "/q/q.go"))
	got, stack := standstill(26*time.Hour+time.Second, dump)
	if want := "virtual time stands still at +26:00:01.000: every goroutine waits for another or for time"; got != want || stack == "" {
		t.Errorf("got %s with stack %q, want %s", got, stack, want)
	}
}

// Whose panic it is decides between a finding and a broken harness.
func TestOurs(t *testing.T) {
	const module = "github.com/hookdrill/hookdrill"
	for _, row := range []struct {
		function, file string
		want           bool
		reason         string
	}{
		{module + "/prober.(*Server).serve", "/src/prober/server.go", true, "an endpoint"},
		{module + "/prober/history.(*Recorder).keep", "/src/prober/history/recorder.go", true, "a room within prober"},
		{module + "/chaos.Deploy.step", "/src/chaos/deploy.go", true, "a fault"},
		{module + "/scenarios.(*engine).run", "/src/scenarios/run.go", true, "the engine"},
		{module + "/scenarios/refsender.(*Sender).attempt", "/src/scenarios/refsender/attempt.go", false, "the reference sender is a sender"},
		{module + "/scenarios/refsenderish.f", "/src/scenarios/refsenderish/f.go", true, "another package"},
		{module + "/scenarios_test.TestSomething.func1", "/src/scenarios/run_test.go", false, "a sender within a test"},
		{module + "/scenarios.newFake", "/src/scenarios/run_test.go", false, "a sender within a test of the same package"},
		{"example.com/acme/hooks.(*Queue).push", "/src/acme/hooks/queue.go", false, "a sender"},
		{"main.main", "/src/main.go", false, "not hookdrill's main package: this is a test binary"},
	} {
		g := parseStacks(dumpOf("goroutine 7 [running]:", row.function, row.file))[0]
		if got := ours(&g); got != row.want {
			t.Errorf("%s in %s: %t, want %t: %s", row.function, row.file, got, row.want, row.reason)
		}
	}
}

func FuzzParseStacks(f *testing.F) {
	f.Add(allStacks())
	f.Add(dumpOf("goroutine 7 gp=0x1 m=0 mp=0x2 [select (durable), 2 minutes, synctest bubble 6]:", "main.f", "main.go"))
	f.Add("panic: x\n\ngoroutine 1 [running]:\nmain.f(...)\n\tx.go:99999999999999999999\n(\n\t:1\n")
	f.Fuzz(func(t *testing.T, dump string) {
		all := parseStacks(dump)
		for _, g := range all {
			if g.where() == "" || g.text == "" {
				t.Errorf("%q: %+v", dump, g)
			}
		}
		if text, _ := standstill(0, all); text == "" {
			t.Errorf("%q: no sentence", dump)
		}
		lastCrash(dump)
	})
}
