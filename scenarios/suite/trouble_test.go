package suite

import (
	"bytes"
	"fmt"
	"io"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hookdrill/hookdrill/scenarios"
	"github.com/hookdrill/hookdrill/scenarios/report"
)

// TestSendersInTrouble: whatever is wrong with a sender, a run says it with the
// sender's last words, exits with 4, and leaves no process behind.
func TestSendersInTrouble(t *testing.T) {
	const (
		works = "echo hello; sleep 60"
		deaf  = "trap '' TERM; echo hello; while :; do sleep 0.1; done"
	)
	for _, c := range []struct {
		reason, script string
		server         *remoteSender
		want           string
	}{
		{"it never becomes ready", "echo busy; sleep 60", &remoteSender{delivers: true},
			"tiny: start the sender: profile x: sh did not become ready: 1s were over; its last lines:\n  busy"},
		{"it dies at the start", "echo no database; exit 3", &remoteSender{delivers: true},
			"tiny: start the sender: profile x: sh did not become ready: exit status 3; its last lines:\n  no database"},
		{"it answers garbage", works, &remoteSender{garbage: true},
			"tiny: the sender accepted none of the events: publish: capture id: it is not JSON: invalid character '<' " +
				"looking for beginning of value; it answered 200 <html>\nits last lines:\n  sh: hello"},
		{"it does not end", deaf, &remoteSender{delivers: true},
			"tiny: the sender did not end: stop sh: killed, since it did not end: its grace of 200ms was over\nits last lines:\n  sh: hello"},
	} {
		t.Run(c.reason, func(t *testing.T) {
			t.Parallel()
			srv := httptest.NewServer(c.server)
			defer srv.Close()
			dir := t.TempDir()
			file := filepath.Join(dir, "x.yaml")
			write(t, file, fmt.Sprintf(`version: 1
name: x
process: {commands: [{run: [sh, -c, %q], ready: {log: hello, within: 1s}, grace: 200ms}]}
subscribe: [{url: "%[2]s/subscribe", body: "{{.Endpoint.URL}}"}]
publish: [{url: "%[2]s/publish", body: "{{.Event.Body}}", capture: {id: {json: id, optional: %[3]t}}}]
declares: {}
`, c.script, srv.URL, !c.server.garbage))
			tiny := filepath.Join(dir, "tiny.yaml")
			write(t, tiny, `{version: 1, name: tiny, endpoints: [{name: a}], traffic: [{rate: 10/s, for: 1s, to: all}],
drain: {until: settled, at-most: 1s, quiet: 100ms}, guarantees: {no-loss: {}}}`)
			s, err := scenarios.Find(tiny)
			if err != nil {
				t.Fatal(err)
			}
			var out, said bytes.Buffer
			err = Run(t.Context(), []scenarios.Scenario{s}, Options{
				Judging: Judging{Outputs: []report.Output{{Format: report.FormatText}}, Stdout: &out, Stderr: &said, Program: "hookdrill"},
				Sender:  file, Runs: filepath.Join(dir, "runs"), Quiet: true, Repeat: 1,
			})
			if code := exitCode(err); code != Environment {
				t.Errorf("exit %d\n%s", code, out.String())
			}
			got := strings.ReplaceAll(said.String(), "hookdrill: ", "")
			got, _, _ = strings.Cut(got, "\nlog: ")
			if diff := cmp.Diff(c.want, strings.TrimSuffix(got, "\n")); diff != "" {
				t.Errorf("(-want +got):\n%s\n%s", diff, out.String())
			}
			nothingRuns(t, dir)
		})
	}
}

// TestTermWithGrace: a sender that is asked to stop in the middle of a run, and
// does not within its grace, is killed, and comes back.
func TestTermWithGrace(t *testing.T) {
	srv := httptest.NewServer(&remoteSender{delivers: true})
	defer srv.Close()
	dir := t.TempDir()
	file, scenario := filepath.Join(dir, "x.yaml"), filepath.Join(dir, "term.yaml")
	write(t, file, fmt.Sprintf(`version: 1
name: x
process: {commands: [{run: [sh, -c, "trap '' TERM; echo hello; while :; do sleep 0.05; done"], ready: {log: hello}, grace: 1s}]}
subscribe: [{url: "%[1]s/subscribe", body: "{{.Endpoint.URL}}"}]
publish: [{url: "%[1]s/publish", body: "{{.Event.Body}}"}]
declares: {}
`, srv.URL))
	write(t, scenario, `{version: 1, name: term, endpoints: [{name: a}], traffic: [{rate: 10/s, for: 3s, to: all}],
timeline: [{at: 1s, for: 200ms, sender: term, grace: 300ms}], drain: {until: settled, at-most: 1s, quiet: 100ms}, guarantees: {stays-up: {}}}`)
	s, err := scenarios.Find(scenario)
	if err != nil {
		t.Fatal(err)
	}
	runs := filepath.Join(dir, "runs")
	err = Run(t.Context(), []scenarios.Scenario{s}, Options{Judging: Judging{Stdout: io.Discard, Stderr: io.Discard}, Sender: file,
		Runs: runs, Quiet: true, Repeat: 1})
	if code := exitCode(err); code != Environment {
		t.Errorf("exit %d, want %d: it does not end in the end either", code, Environment)
	}
	var steps []string
	for _, e := range historyIn(t, runs).Senders {
		first, _, _ := strings.Cut(e.Detail, "\n")
		steps = append(steps, strings.TrimSpace(fmt.Sprintf("%v %d %s", e.What, e.Incarnation, first)))
	}
	want := []string{"start 1", "ready 1", "term 1", "exit 1 stop sh: killed, since it did not end: context deadline exceeded; its last lines:",
		"start 2", "ready 2", "exit 2 stop sh: killed, since it did not end: its grace of 1s was over; its last lines:"}
	if diff := cmp.Diff(want, steps); diff != "" {
		t.Errorf("its life (-want +got):\n%s", diff)
	}
}

// nothingRuns looks for processes in a directory, on Linux.
func nothingRuns(t *testing.T, dir string) {
	t.Helper()
	links, err := filepath.Glob("/proc/[0-9]*/cwd")
	if err != nil {
		t.Fatal(err)
	}
	for _, link := range links {
		if at, err := os.Readlink(link); err == nil && strings.HasPrefix(at, dir) {
			t.Errorf("process %s runs in %s", link, at)
		}
	}
}
