package sendertest

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hookdrill/hookdrill/prober/history"
	"github.com/hookdrill/hookdrill/prober/policy"
	"github.com/hookdrill/hookdrill/scenarios/check"
	"github.com/hookdrill/hookdrill/scenarios/plan"
	"github.com/hookdrill/hookdrill/scenarios/report"
	"github.com/hookdrill/hookdrill/scenarios/verdict"
	"github.com/hookdrill/hookdrill/scenarios/virtual"
)

// conclude compares what came out with what was expected, and logs the report
// where that is not the same.
func (c *subtest) conclude(in report.Input, dir string) {
	wrong := c.compare(in.Judgement)
	if in.Judgement.Cut != "" {
		wrong = append(wrong, "not a whole run: "+in.Judgement.Cut)
	}
	var text strings.Builder
	if err := report.Text(&text, in, report.Options{}); err != nil {
		c.Fatal(err)
	}
	if len(wrong) == 0 {
		first, _, _ := strings.Cut(text.String(), "\n")
		c.Log(first)
		for _, k := range c.known() {
			c.Logf("known, %s of %s: %s", k.want, k.guarantee, k.reason)
		}
		return
	}
	for _, w := range wrong {
		c.Error(w)
	}
	c.Logf("\n%s", text.String())
	c.logTail(dir)
}

// known is what is known of this scenario.
func (c *subtest) known() []known {
	return slices.DeleteFunc(slices.Clone(c.set.known), func(k known) bool { return k.scenario != c.scenario.Name })
}

// compare says what came out otherwise than expected.
func (c *subtest) compare(j check.Judgement) []string {
	want := verdict.Expected{}
	for _, k := range c.known() {
		want[k.guarantee] = k.want
	}
	var outcomes []verdict.Outcome
	for _, r := range j.Reports {
		outcomes = append(outcomes, verdict.Outcome{Guarantee: r.Guarantee, Status: r.Status})
	}
	_, wrong := want.Compare(outcomes)
	for _, k := range c.known() {
		for _, r := range j.Reports {
			if r.Guarantee == k.guarantee && r.Status == verdict.Fail && !k.describes(r.Findings) {
				wrong = append(wrong, fmt.Sprintf("%s: it failed, but not in the known way: no finding says %q", k.guarantee, k.says))
			}
		}
	}
	return wrong
}

// describes reports whether one of the findings says all that is known of it.
func (k known) describes(findings []check.Finding) bool {
	if len(k.says) == 0 {
		return true
	}
	return slices.ContainsFunc(findings, func(f check.Finding) bool {
		var told strings.Builder
		fmt.Fprintln(&told, f.Subject)
		for _, l := range f.Story {
			fmt.Fprintln(&told, l.Text)
		}
		return !slices.ContainsFunc(k.says, func(text string) bool { return !strings.Contains(told.String(), text) })
	})
}

// environment ends a subtest in which the run could not take place.
func (c *subtest) environment(err error, dir string) {
	if blocked, ok := errors.AsType[*virtual.Blocked](err); ok {
		c.Logf("what holds virtual time up:\n%s", blocked.Stack)
		c.Log("the option sendertest.RealTime plays in real time, where a sender may wait for what it likes")
	}
	c.logTail(dir)
	c.Fatalf("could not play %s: %v", c.scenario.Name, err)
}

// tailSize is how many bytes of the sender's log a failure shows.
const tailSize = 4 << 10

// logTail shows the last lines of the log, which is gone with the test unless
// it runs with -artifacts.
func (c *subtest) logTail(dir string) {
	text, err := os.ReadFile(filepath.Join(dir, report.LogFile))
	if err != nil || len(text) == 0 {
		return
	}
	if len(text) > tailSize {
		text = text[len(text)-tailSize:]
		_, rest, _ := strings.Cut(string(text), "\n")
		text = []byte("...\n" + rest)
	}
	c.Logf("the log's last lines:\n%s", text)
}

// declared is the policy under which a history was made.
func declared(h *history.History) policy.Policy {
	var p policy.Policy
	_ = json.Unmarshal(h.Header.Policy, &p) // the judgement says that it cannot be read
	return p
}

// skipUnreal skips a scenario whose faults are not real for this sender: where
// it was handed a round tripper or a client, connecting is not its own doing.
func (c *subtest) skipUnreal(p *plan.Plan, pol policy.Policy) {
	if pol.Seam != policy.SeamRoundTripper && pol.Seam != policy.SeamClient {
		return
	}
	for i := range p.Faults {
		if f := &p.Faults[i]; f.Value.Door != nil {
			c.Skipf("fault %s acts on connecting, and the sender was joined by its %s: how it connects is not its own doing", f.ID, pol.Seam)
		}
	}
}
