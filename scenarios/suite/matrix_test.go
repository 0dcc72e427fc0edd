package suite

import (
	"cmp"
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/hookdrill/hookdrill/scenarios"
	"github.com/hookdrill/hookdrill/scenarios/check"
	"github.com/hookdrill/hookdrill/scenarios/refsender"
	"github.com/hookdrill/hookdrill/scenarios/verdict"
)

// catch is one bug of the reference sender and a scenario that catches it.
// Every guarantee that expect does not name passes, or does not apply.
type catch struct {
	bug, scenario string
	expect        verdict.Expected
	reason        string
}

// fails expects these guarantees to be broken.
func fails(guarantees ...string) verdict.Expected {
	e := verdict.Expected{}
	for _, g := range guarantees {
		e[g] = verdict.Fail
	}
	return e
}

// open adds guarantees that cannot be judged.
func open(e verdict.Expected, guarantees ...string) verdict.Expected {
	for _, g := range guarantees {
		e[g] = verdict.Unknown
	}
	return e
}

const founding = scenarios.Default

// matrix is bug x guarantee.
func matrix() []catch {
	return []catch{
		{"drop-on-404", founding, fails("no-loss", "retry-schedule"),
			"what met the missing route is lost, and was tried once where eleven attempts are declared"},
		{"drop-on-503", founding, fails("no-loss", "retry-schedule"),
			"what met the missing backend is lost, and was tried less often than declared"},
		{"retry-at-once", founding, fails("retry-schedule"), "three attempts in a row come too early; everything arrives"},
		{"duplicate-after-ack", founding, fails("duplicates"), "one event in fifty arrives twice, by the same id and in its order"},
		{"drop-after-n", "down-for-an-hour", fails("no-loss", "retry-schedule"), "lost, after three attempts where eleven are declared"},
		{"give-up-early", "down-for-an-hour", fails("no-loss", "retry-schedule"), "lost, after half of the attempts that are declared"},
		{"no-backoff", "ingress-404-for-a-minute", fails("retry-schedule"),
			"the third attempt comes after five seconds instead of thirty; everything arrives, and a minute makes no flood"},
		{"disable-on-404", "ingress-404-for-a-minute", open(fails("no-loss", "retry-schedule"), "recovery"),
			"nothing more is sent to the endpoints; by the sender's own word nothing waited for their heal, which leaves recovery nothing to look at"},
		{"ack-before-persist", "killed-before-answer", fails("no-loss", "crash-durability"), "accepted, not yet written, lost in the kill"},
		{"lose-in-flight-on-crash", "killed-before-answer", fails("no-loss", "crash-durability"), "what was in flight at the kill is lost"},
		{"lose-in-flight-on-crash", "kustomer-and-a-crash", fails("no-loss", "crash-durability"), "what was in flight at the kill is lost"},
		{"forget-acks-on-crash", "killed-before-answer", fails("crash-durability"),
			"everything arrives, and more of it again after the kill than was in flight at it"},
		{"3xx-is-delivered", "redirected-to-a-login-page", fails("no-loss"), "what was redirected is lost; nobody followed"},
		{"follow-redirects", "redirected-to-a-login-page", fails("no-loss", "redirect"), "the login page's 200 is taken for a delivery"},
		{"follow-redirects", "redirected-to-an-internal-address", fails("redirect"),
			"the address behind the redirect refuses, so that each event arrives in the end"},
		{"ignore-retry-after", "told-to-wait", fails("retry-after"), "the retry comes on the schedule, and earlier than it was asked to"},
		{"no-timeout", "flapping-and-slow", fails("retry-schedule"), "attempts are open for longer than the declared timeout; all end"},
		{"no-timeout", "hanging-neighbour", open(fails("recovery"), "no-loss"),
			"attempts hang for ever, so that the endpoint never recovers; what is still in flight at the end is not proven to be lost"},
		{"head-of-line-blocking", "hanging-neighbour", fails("isolation"), "healthy endpoints wait behind one that hangs"},
		{"reorder-on-retry", "first-attempt-fails", fails("order"), "later events of the key overtake the one that failed"},
		{"new-id-on-retry", "first-attempt-fails", fails("id-stability"), "each retry has an id of its own"},
		{"unsigned-retry", "first-attempt-fails", fails("signature"), "retries carry no signature"},
		{"stale-signature-on-retry", "long-way-to-the-third-attempt", fails("signature"), "later retries are signed for the time of the first attempt"},
		{"wrong-endpoint", "fan-out-to-tenants", fails("no-phantom"), "a tenant hears what another one is owed"},
		{"corrupt-body", "fan-out-to-tenants", fails("no-phantom", "no-loss"), "what arrived is not what was published, which therefore never arrived"},
		{"zombie-retries", "quiet-when-done", fails("quiescence"), "what was delivered is sent again when all is settled"},
		{"crash-on-bad-answer", "answers-from-hell", open(fails("stays-up"), "assumptions", "no-loss"),
			"the run ends with the sender: two faults never came, and what was owed then cannot be judged"},
		{"stuck-until-restart", "refused-then-up", fails("no-loss", "recovery"), "endpoints that are back get no attempt, and what they are owed is lost"},
		{"thundering-herd", "herd-after-recovery", fails("recovery"), "all that waits comes at once; it does arrive"},
		{"given-up-is-delivered", "never-comes-back", fails("accounting"), "what the outage outlasted is excused, and reported as delivered"},
	}
}

func TestMatrix(t *testing.T) {
	for _, c := range matrix() {
		t.Run(c.bug+"/"+c.scenario, func(t *testing.T) {
			if why, large := large()[c.scenario]; large && raced {
				t.Skip("large (" + why + "): played without the race detector")
			}
			t.Parallel()
			p, h := play(t, c.scenario, "reference:"+c.bug, 0)
			expect(t, p, h, c.expect)
			if t.Failed() {
				t.Log("expected, because " + c.reason)
			}
		})
	}
}

// TestMatrixIsWhole holds the table against the bugs, the corpus and the
// guarantees: a bug that nothing catches and a guarantee that catches nothing
// by itself would both look fine in TestMatrix.
func TestMatrixIsWhole(t *testing.T) {
	byScenario, caught, alone := map[string][]string{}, map[string]bool{}, map[string]bool{}
	for _, c := range matrix() {
		byScenario[c.scenario] = append(byScenario[c.scenario], c.bug)
		caught[c.bug] = true
		if broken := brokenIn(c.expect); len(broken) == 1 {
			alone[broken[0]] = true
		}
		if len(brokenIn(c.expect)) == 0 {
			t.Errorf("%s in %s: no guarantee fails", c.bug, c.scenario)
		}
	}
	for _, b := range refsender.Bugs() {
		if !caught[b.Name] {
			t.Errorf("no row catches the bug %s", b.Name)
		}
	}
	for _, k := range check.Kinds() {
		if k.Name != "assumptions" && !alone[k.Name] { // assumptions never fail
			t.Errorf("no bug is caught by %s alone", k.Name)
		}
	}
	for _, s := range scenarios.Corpus() {
		_, p := corpus(t, s.Name, 0)
		want, got := byScenario[s.Name], slices.Clone(p.Catches)
		slices.Sort(want)
		slices.Sort(got)
		if diff := gocmp.Diff(want, got); diff != "" {
			t.Errorf("%s: its field catches is not what the table says (-table +file):\n%s", s.Name, diff)
		}
	}
}

func brokenIn(e verdict.Expected) (broken []string) {
	for g, s := range e {
		if s == verdict.Fail {
			broken = append(broken, g)
		}
	}
	slices.SortFunc(broken, cmp.Compare[string])
	return broken
}
