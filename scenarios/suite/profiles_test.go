package suite

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hookdrill/hookdrill/prober/profile"
	"github.com/hookdrill/hookdrill/scenarios"
	"github.com/hookdrill/hookdrill/scenarios/report"
	"github.com/hookdrill/hookdrill/scenarios/verdict"
)

// TestPresetsNameWhatThereIs: an entry under expected that matches nothing
// would hold for ever.
func TestPresetsNameWhatThereIs(t *testing.T) {
	entries := 0
	for _, name := range profile.Presets() {
		p, err := loadProfile(name)
		if err != nil {
			t.Fatal(err)
		}
		entries += len(p.Expected)
	}
	if entries < 10 {
		t.Errorf("%d entries under expected: this test looked at nothing", entries)
	}
	file := filepath.Join(t.TempDir(), "mine.yaml")
	text, _ := profile.Preset("http")
	at := fmt.Sprintf("%s:%d:12", file, bytes.Count(text, []byte("\n"))+1)
	text = append(text, "expected: [{guarantee: no-los, scenario: brief-kil, reason: x}]\n"...)
	write(t, file, string(text))
	want := at + `: expected.guarantee: there is no "no-los"; did you mean "no-loss"?` + "\n" +
		at + `: expected.scenario: there is no "brief-kil"; did you mean "brief-kill"?`
	if diff := cmp.Diff(want, fmt.Sprint(ShowProfile(io.Discard, file))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestListAndShowProfiles(t *testing.T) {
	var list, shown bytes.Buffer
	if err := errors.Join(ListProfiles(&list), ShowProfile(&shown, "registry")); err != nil {
		t.Fatal(err)
	}
	if want := "alertmanager  Prometheus Alertmanager, webhook receiver\n"; !strings.HasPrefix(list.String(), want) {
		t.Errorf("the list is\n%s", list.String())
	}
	if text, _ := profile.Preset("registry"); !bytes.Equal(text, shown.Bytes()) {
		t.Error("what is shown is not the profile")
	}
}

// TestDefault: whoever names no scenario gets those that suit the sender.
func TestDefault(t *testing.T) {
	for _, c := range []struct {
		sender, want string
		expect       verdict.Expected
	}{
		{"reference", "kustomer-2025-12-10", nil},
		{"reference:drop-on-404", "kustomer-2025-12-10", verdict.Expected{"no-loss": verdict.Fail}},
		{"registry", "brief-deploy brief-hang brief-kill brief-outage brief-poison brief-redirect-301 brief-redirect-307 " +
			"brief-resets brief-sigterm brief-wait-please", nil},
		{"registry", "--expect needs a single scenario: say which", verdict.Expected{"no-loss": verdict.Fail}},
		{"regestry", `profile "regestry": there is no such preset; did you mean "registry"?; there are ` + strings.Join(profile.Presets(), ", "), nil},
	} {
		all, err := Default(c.sender, c.expect)
		var names []string
		for _, s := range all {
			names = append(names, s.Name)
		}
		got := strings.Join(names, " ")
		if err != nil {
			got = err.Error()
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.sender, diff)
		}
	}
}

// TestInitProfileAsks gives the same answers on a terminal and as flags.
func TestInitProfileAsks(t *testing.T) {
	flags := map[string]string{"name": "mine", "command": "./mine {{.Port.api}}", "retry": "1s 2s"}
	var typed, prompts, asked, flagged bytes.Buffer
	for _, q := range Questions() {
		fmt.Fprintln(&typed, flags[q.Flag])
	}
	if err := (InitProfile{In: &typed, Prompt: &prompts, Out: &asked}).Write(); err != nil {
		t.Fatal(err)
	}
	if err := (InitProfile{Answers: flags, In: &typed, Prompt: io.Discard, Out: &flagged}).Write(); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(asked.String(), flagged.String()); diff != "" || !strings.Contains(asked.String(), `name: "mine"`) {
		t.Errorf("(-asked +flags):\n%s", diff)
	}
	if want := "What is the sender called?\n  (return: my-sender)\n> "; !strings.HasPrefix(prompts.String(), want) {
		t.Errorf("it asks\n%s", prompts.String())
	}
	typed.Reset()
	for _, q := range Questions() {
		if q.Flag == "durability" {
			fmt.Fprintln(&typed, "tape")
		}
		fmt.Fprintln(&typed, flags[q.Flag])
	}
	prompts.Reset()
	asked.Reset()
	if err := (InitProfile{In: &typed, Prompt: &prompts, Out: &asked}).Write(); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(flagged.String(), asked.String()); diff != "" {
		t.Errorf("after an answer that was none (-want +got):\n%s", diff)
	}
	if want := "> " + `  durability: "tape" is neither disk nor memory` + "\n> "; !strings.HasSuffix(prompts.String(), want) {
		t.Errorf("a bad answer is asked for again: %q", prompts.String())
	}
	file := filepath.Join(t.TempDir(), "mine.yaml")
	for _, c := range []struct{ reason, flag, answer, want string }{
		{"a file", "command", "./mine", "<nil>"},
		{"a file that is there is not written over", "command", "./mine", "profile: open " + file + ": file exists"},
		{"a bad answer", "durability", "tape", `durability: "tape" is neither disk nor memory`},
		{"a scheme that there is not", "scheme", "standard-webhook", `scheme: there is no scheme "standard-webhook"; did you mean "standard-webhooks"?`},
		{"no answers at all", "", "", "name: the answers ended here; give them as flags, or on a terminal"},
	} {
		i := InitProfile{Answers: map[string]string{c.flag: c.answer}, In: strings.NewReader(""), Prompt: io.Discard, File: file, Out: io.Discard}
		if c.flag == "" {
			i.Answers = nil
		}
		if got := fmt.Sprint(i.Write()); got != c.want {
			t.Errorf("%s: %s, want %s", c.reason, got, c.want)
		}
	}
	if _, err := loadProfile(file); err != nil {
		t.Error(err)
	}
}

// TestCheckProfile drives senders that are no process of ours.
func TestCheckProfile(t *testing.T) {
	const head = "version: 1\nname: x\ndeclares: {}\nsubscribe: [{url: \"{{.Remote}}/subscribe\", body: \"{{.Endpoint.URL}}\"}]\n"
	publish := "publish: [{url: \"{{.Remote}}/publish\", body: \"{{.Event.Body}}\"}]\nremote: {url: %q}\n"
	for _, c := range []struct {
		reason, more string
		server       *remoteSender
		code         int
		want         string
	}{
		{"it works", "", &remoteSender{delivers: true}, Pass, "ok: the event was published, arrived and was known again"},
		{"it takes the event and does nothing", "", &remoteSender{}, Fail, "nothing arrived within 300ms"},
		{"it does not sign", "signature: {scheme: github}\n", &remoteSender{delivers: true}, Fail,
			"the signature by scheme github is not good: it is missing"},
		{"it refuses everything", "", &remoteSender{refuses: true}, Environment, "it answered 403"},
	} {
		t.Run(c.reason, func(t *testing.T) {
			srv := httptest.NewServer(c.server)
			defer srv.Close()
			file := filepath.Join(t.TempDir(), "x.yaml")
			write(t, file, head+fmt.Sprintf(publish, srv.URL)+c.more)
			var out bytes.Buffer
			err := CheckProfile{Name: file, Scale: 1, Wait: 300 * time.Millisecond, Out: &out, Log: io.Discard}.Run(t.Context())
			if got := exitCode(err); got != c.code || !strings.Contains(out.String(), c.want) {
				t.Errorf("exit %d, want %d and %q:\n%s", got, c.code, c.want, out.String())
			}
		})
	}
	err := CheckProfile{Name: "http", Out: io.Discard, Log: io.Discard}.Run(t.Context())
	if want := `profile "http" is a template: hookdrill profile init FILE makes one of your own from it`; fmt.Sprint(err) != want {
		t.Errorf("a template: %v", err)
	}
	err = CheckProfile{Name: "regestry", Out: io.Discard, Log: io.Discard}.Run(t.Context())
	if got := exitCode(err); got != Usage || !strings.Contains(fmt.Sprint(err), `did you mean "registry"?`) {
		t.Errorf("no such profile: exit %d, %v", got, err)
	}
}

// TestWhatASenderSays: where a profile says how to ask, each run in real time
// asks, also where the scenario does not list accounting.
func TestWhatASenderSays(t *testing.T) {
	const (
		down = "{at: 500ms, for: 1s, where: {endpoint: a}, fault: {kind: status, code: 503}}"
		calm = "{at: 500ms, mark: nothing}"
	)
	for _, c := range []struct {
		reason, says, line string
		code               int
		want               string
	}{
		{"it says what is so", "failed", down, Pass, "accounting    pass     20 accounts of the sender; reported as failed, but"},
		{"it claims what nobody acknowledged", "ok", down, Fail, "accounting    FAIL     20 accounts of the sender; "},
		{"it claims what is so", "ok", calm, Pass, "accounting    pass     20 accounts of the sender\n"},
		{"nobody knows its word", "weird", calm, Pass, "stays-up      pass     1 life\n  no-loss       pass     20 obligations\n  no-phantom    pass     20 attempts\n\n"},
	} {
		t.Run(c.reason, func(t *testing.T) {
			t.Parallel()
			srv := httptest.NewServer(&remoteSender{delivers: true, says: c.says})
			defer srv.Close()
			dir := t.TempDir()
			file, scenario := filepath.Join(dir, "x.yaml"), filepath.Join(dir, "s.yaml")
			write(t, file, fmt.Sprintf(`version: 1
name: x
remote: {url: %q}
subscribe: [{url: "{{.Remote}}/subscribe", body: "{{.Endpoint.URL}}"}]
publish: [{url: "{{.Remote}}/publish", body: "{{.Event.Body}}"}]
status: {event: {step: {url: "{{.Remote}}/status"}, each: "[*]", endpoint: to, match: "{{.Endpoint.Name}}", state: is,
  delivered: [ok], failed: [failed]}}
declares: {schedule: [1ms]}
`, srv.URL))
			write(t, scenario, "{version: 1, name: s, endpoints: [{name: a}], traffic: [{rate: 20/s, for: 1s, to: all}], timeline: ["+c.line+
				"], drain: {until: settled, at-most: 1s, quiet: 100ms}, guarantees: {stays-up: {}}}")
			s, err := scenarios.Find(scenario)
			if err != nil {
				t.Fatal(err)
			}
			var out bytes.Buffer
			err = Run(t.Context(), []scenarios.Scenario{s}, Options{
				Judging: Judging{Outputs: []report.Output{{Format: report.FormatText}}, Stdout: &out, Stderr: io.Discard},
				Sender:  file, Runs: filepath.Join(dir, "runs"), Quiet: true, Repeat: 1,
			})
			if got := exitCode(err); got != c.code || !strings.Contains(out.String(), c.want) {
				t.Errorf("exit %d, want %d and %q\n%s", got, c.code, c.want, out.String())
			}
		})
	}
}

func exitCode(err error) int {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	return Pass
}

// remoteSender is a sender that tries each event once.
type remoteSender struct {
	delivers, refuses, garbage bool
	// says is the state that it reports of every delivery.
	says string
	url  string
}

func (s *remoteSender) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	switch {
	case err != nil:
		return
	case s.refuses:
		w.WriteHeader(http.StatusForbidden)
	case r.URL.Path == "/subscribe":
		s.url = string(body)
	case r.URL.Path == "/status":
		_, _ = fmt.Fprintf(w, `[{"to": "a", "is": %q}]`, s.says)
	case s.garbage:
		_, _ = io.WriteString(w, "<html>")
	case s.delivers:
		resp, err := http.Post(s.url, "application/json", bytes.NewReader(body))
		if err != nil {
			return // the test will see that nothing arrived
		}
		_ = resp.Body.Close()
	}
}
