package profile

import (
	stdcmp "cmp"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rs/zerolog"

	"github.com/hookdrill/hookdrill/prober/event"
	"github.com/hookdrill/hookdrill/prober/policy"
	"github.com/hookdrill/hookdrill/prober/signature"
)

// serve serves on loopback; the function it returns ends that.
func serve(t *testing.T, h http.HandlerFunc) (end func(), url string) {
	t.Helper()
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	return srv.Close, srv.URL
}

func TestPolicyFollowsTheScale(t *testing.T) {
	sec, hour := time.Second, time.Hour
	for _, c := range []struct {
		reason, preset string
		scale          float64
		schedule       []time.Duration
		timeout        time.Duration
	}{
		{"at scale 1 a preset declares what the sender does", "svix", 1,
			[]time.Duration{5 * sec, 300 * sec, 1800 * sec, 2 * hour, 5 * hour, 10 * hour, 10 * hour}, 30 * sec},
		{"the least a setting takes is longer in scenario time", "svix", 60,
			[]time.Duration{60 * sec, 300 * sec, 1800 * sec, 2 * hour, 5 * hour, 10 * hour, 10 * hour}, 60 * sec},
		{"whole seconds are rounded up", "webhookx", 7, []time.Duration{63 * sec, 3605 * sec}, 10003 * time.Millisecond},
		{"what nothing shortens is longer in scenario time", "alertmanager", 60, []time.Duration{300 * sec}, 600 * sec},
		{"at once stays at once", "registry", 4, []time.Duration{0, 0, sec}, sec},
		{"no scale is scale 1", "registry", 0, []time.Duration{0, 0, sec}, sec},
	} {
		got := load(t, c.preset).Policy(c.scale)
		if diff := cmp.Diff(c.schedule, got.Schedule); diff != "" {
			t.Errorf("%s: schedule (-want +got):\n%s", c.reason, diff)
		}
		if got.Timeout != c.timeout || got.Name != c.preset {
			t.Errorf("%s: %s has timeout %v, want %v", c.reason, got.Name, got.Timeout, c.timeout)
		}
	}
	want := policy.Policy{Name: "outpost", Success: []policy.StatusRange{{From: 200, To: 399}}, Timeout: 5 * sec,
		Redirects: policy.RedirectsFollow, RetryAfter: policy.RetryAfterIgnored, Order: policy.OrderNone,
		Durability: policy.DurabilityDisk, Signature: "standard-webhooks"}
	got := load(t, "outpost").Policy(1)
	got.Schedule = nil
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("outpost (-want +got):\n%s", diff)
	}
}

// TestDeclares: each word under declares means what it says.
func TestDeclares(t *testing.T) {
	p, err := Parse("x.yaml", []byte(`
version: 1
name: x
remote: {url: "http://127.0.0.1:1"}
subscribe: [{url: "{{.Remote}}"}]
publish: [{url: "{{.Remote}}"}]
signature: {scheme: github}
fanout: all
speed:
  retry: {of: [10s, 1m], least: 8s}
declares:
  success: [200-299, 304]
  permanent: [404, 410-419]
  schedule: speed.retry
  forever: true
  jitter: 0.25
  timeout: 3s
  redirects: follow
  retry-after: honoured
  retry-after-cap: 20s
  order: key
  durability: memory
  duplicates-per-crash: 4
  disables-after: 1h
  disables-after-failures: 9
  gone-disables: true
  concurrency: 3
  repeats: true
`))
	if err != nil {
		t.Fatal(err)
	}
	want := policy.Policy{
		Name: "x", Success: []policy.StatusRange{{From: 200, To: 299}, {From: 304, To: 304}},
		Permanent: []policy.StatusRange{{From: 404, To: 404}, {From: 410, To: 419}},
		// At scale 2 the sender is given 8s, the least it takes, and 30s.
		Schedule: []time.Duration{16 * time.Second, time.Minute}, Forever: true, Jitter: 0.25, Timeout: 6 * time.Second,
		Redirects: policy.RedirectsFollow, RetryAfter: policy.RetryAfterHonoured, RetryAfterCap: 40 * time.Second,
		Order: policy.OrderKey, Durability: policy.DurabilityMemory, CrashRepeats: 4,
		DisablesAfter: 2 * time.Hour, DisablesFailures: 9, GoneDisables: true, Concurrency: 3, Repeats: true,
		Signature: "github", Broadcast: true,
	}
	if diff := cmp.Diff(want, p.Policy(2)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestSettings(t *testing.T) {
	of := []time.Duration{90 * time.Second, 1500 * time.Millisecond, 0}
	for _, c := range []struct{ as, want string }{
		{asGo, "9s/500ms/0s"}, {asSeconds, "9/1/0"}, {asMillis, "9000/500/0"}, {asFloat, "9/0.5/0"},
	} {
		s := Setting{Of: of, Least: 500 * time.Millisecond, As: c.as, Join: "/"}
		if got := s.render(10); got != c.want {
			t.Errorf("as %s: %s, want %s", c.as, got, c.want)
		}
	}
}

func TestTokens(t *testing.T) {
	one, two := event.Token{Run: "r", Key: 1, Seq: 1}, event.Token{Run: "r", Key: 1, Seq: 2}
	batch := fmt.Sprintf(`{"group": %q, "events": [{"action": "push", "repo": "x/%s"}, {"action": "pull", "repo": %q}]}`, two, one, two)
	header := http.Header{"X-Id": {two.String()}, "X-Other": {one.String()}}
	for _, c := range []struct {
		reason, identify, body string
		header                 http.Header
		want                   string
	}{
		{"anywhere in the body", "", batch, nil, "2 1 2"},
		{"anywhere in a header", "", "", http.Header{"X-Id": {one.String()}}, "1"},
		{"one header", "{header: X-Id}", batch, header, "2"},
		{"one place of some entries", `{entries: "events[*]", where: {action: push}, json: repo}`, batch, header, "1"},
		{"any place of some entries", `{entries: "events[*]", where: {action: [pull, fetch]}}`, batch, header, "2"},
		{"a place that is a list", `{json: events}`, batch, nil, "1 2"},
		{"a place that is not there", `{json: nothing}`, batch, nil, ""},
		{"no JSON", `{json: events}`, "<html>" + one.String(), nil, ""},
	} {
		p := &Profile{}
		if c.identify != "" {
			p.Identify = identifyOf(t, c.identify)
		}
		var got []string
		p.Tokens(c.header, []byte(c.body), "r", func(tok event.Token) bool {
			got = append(got, fmt.Sprint(tok.Seq))
			return true
		})
		if s := strings.Join(got, " "); s != c.want {
			t.Errorf("%s: tokens %q, want %q", c.reason, s, c.want)
		}
		n := 0
		p.Tokens(c.header, []byte(c.body), "r", func(event.Token) bool { n++; return false })
		if n > 1 {
			t.Errorf("%s: it went on after false", c.reason)
		}
	}
}

func identifyOf(t *testing.T, text string) *Identify {
	t.Helper()
	var id Identify
	r := newReader("x", Names{})
	r.Read([]byte(text), identify(&id))
	if err := r.Err(); err != nil {
		t.Fatal(err)
	}
	return &id
}

func TestRedactor(t *testing.T) {
	r := &redactor{}
	r.add("abc")       // too short to be one
	r.add("s3cret+/=") // also in its other forms
	r.add("s3cret+/=-longer")
	for _, c := range []struct{ text, want string }{
		{"abc", "abc"},
		{"key s3cret+/=, s3cret+/=-longer", "key [secret], [secret]"},
		{"Basic czNjcmV0Ky89", "Basic [secret]"},
		{"?key=s3cret%2B%2F%3D", "?key=[secret]"},
	} {
		if got := r.text(c.text); got != c.want {
			t.Errorf("%q became %q, want %q", c.text, got, c.want)
		}
	}
	err := r.err(fmt.Errorf("s3cret+/=: %w", fs.ErrNotExist))
	if err.Error() != "[secret]: file does not exist" || !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("error %v", err)
	}
	if err := fs.ErrExist; r.err(err) != err {
		t.Error("an error without secrets is another")
	}
	var b strings.Builder
	log := r.logger(zerolog.New(&b))
	log.Info().Str("process", "p").Str("output", "stderr").Msg("key s3cret+/=")
	want := `{"level":"info","process":"p","output":"stderr","message":"key [secret]"}` + "\n"
	if b.String() != want {
		t.Errorf("log %s, want %s", b.String(), want)
	}
}

func TestAccounts(t *testing.T) {
	for _, c := range []struct {
		reason, answer, want string
	}{
		{"delivered once is delivered", `[{"e": "a", "s": "ok"}, {"e": "a", "s": "dead"}]`, `[{a delivered ok 0}]`},
		{"the last word counts", `[{"e": "a", "s": "queued"}, {"e": "a", "s": "dead"}]`, `[{a failed dead 0}]`},
		{"a word that is not known", `[{"e": "a", "s": "odd"}]`, `[{a  odd 0}]`},
		{"it says how many attempts there were", `[{"e": "a", "s": "dead", "n": 1}, {"e": "a", "s": "ok", "n": 2}]`, `[{a delivered ok 2}]`},
		{"the newest first", `[{"e": "a", "s": "ok", "n": 3}, {"e": "a", "s": "dead", "n": "2"}]`, `[{a delivered ok 3}]`},
		{"what is no number tells none", `[{"e": "a", "s": "ok", "n": [3]}]`, `[{a delivered ok 0}]`},
		{"nothing is said of it", `[{"e": "b", "s": "ok"}, {"e": "a"}, 7]`, `[]`},
		{"garbage", `<html>`, `status.event: it is not JSON: invalid character '<' looking for beginning of value`},
	} {
		_, url := serve(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(c.answer)) })
		p, err := Parse("x.yaml", []byte(`{version: 1, name: x, remote: {url: "`+url+`"}, declares: {},
  subscribe: [{url: "{{.Remote}}"}], publish: [{url: "{{.Remote}}"}],
  status: {event: {step: {url: "{{.Remote}}/{{.Event.ID}}"}, each: "[*]", endpoint: e, match: "{{.Endpoint.Name}}", state: s,
    attempts: n, delivered: [ok], pending: [queued], failed: [dead]}}}`))
		if err != nil {
			t.Fatal(err)
		}
		r := open(t, p, Options{})
		r.subs = []*subscription{{Subscription: endpointA}}
		accounts, err := r.Accounts(t.Context(), sample1(1).Token)
		said, failed := (&sender{r: r}).Accounts(t.Context(), sample1(1).Token)
		if fmt.Sprint(failed) != fmt.Sprint(err) || len(said) != len(accounts) {
			t.Errorf("%s: a run is told %v, %v", c.reason, said, failed)
		}
		for i, a := range said {
			if a.State.String() != stdcmp.Or(string(accounts[i].State), "unknown") || a.Said != accounts[i].Said || a.Attempts != accounts[i].Attempts {
				t.Errorf("%s: a run is told %+v", c.reason, a)
			}
		}
		got := fmt.Sprint(accounts)
		if err != nil {
			got = err.Error()
		}
		if got != c.want {
			t.Errorf("%s: %s, want %s", c.reason, got, c.want)
		}
	}
	r := open(t, &Profile{}, Options{})
	if _, err := r.Accounts(t.Context(), event.Token{}); !errors.Is(err, ErrNoAccounts) || !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("without status.event: %v", err)
	}
}

// TestEachAttempt counts the attempts of a sender that lists them. One that is
// still to come is none.
func TestEachAttempt(t *testing.T) {
	q := &AccountQuery{Each: path(t, "[*]"), Endpoint: path(t, "e"), State: path(t, "s"), EachAttempt: true,
		Delivered: []string{"ok"}, Failed: []string{"dead"}, Pending: []string{"queued"}}
	doc, err := decodeJSON([]byte(`[{"e": "a", "s": "dead"}, {"e": "b", "s": "ok"}, {"e": "a", "s": "queued"}, {"e": "a", "s": "ok"}]`))
	if err != nil {
		t.Fatal(err)
	}
	said := q.said(doc)
	if a, b := *said["a"], *said["b"]; a != (Account{State: StateDelivered, Said: "ok", Attempts: 2}) || b.Attempts != 1 {
		t.Errorf("a %+v, b %+v", a, b)
	}
}

// TestNewestFirst takes the first word for the last.
func TestNewestFirst(t *testing.T) {
	q := &AccountQuery{Each: path(t, "[*]"), Endpoint: path(t, "e"), State: path(t, "s"), NewestFirst: true,
		Delivered: []string{"ok"}, Failed: []string{"dead"}, Pending: []string{"queued"}}
	said := q.said([]any{map[string]any{"e": "a", "s": "queued"}, map[string]any{"e": "a", "s": "dead"}})
	if a := *said["a"]; a != (Account{State: StatePending, Said: "queued"}) {
		t.Errorf("a %+v", a)
	}
}

// TestRemember forgets the oldest events, so that a sender that is probed for
// months takes no more memory than one that is probed for a day.
func TestRemember(t *testing.T) {
	r := open(t, &Profile{}, Options{Remember: 3})
	for i := range 10 {
		r.keep(event.Token{Key: 1, Seq: uint32(i % 8)}, published{}) // two are published again
	}
	_, oldest := r.published[event.Token{Key: 1, Seq: 4}]
	_, newest := r.published[event.Token{Key: 1, Seq: 1}]
	if len(r.published) != 3 || len(r.order) != 3 || oldest || !newest {
		t.Errorf("%d events are remembered: %v", len(r.published), r.order)
	}
}

func path(t *testing.T, s string) Path {
	t.Helper()
	p, err := ParsePath(s)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestCheckNames(t *testing.T) {
	p, err := Parse("x.yaml", []byte(`version: 1
name: x
remote: {url: "http://127.0.0.1:1"}
subscribe: [{url: "{{.Remote}}"}]
publish: [{url: "{{.Remote}}"}]
declares: {}
signature: {scheme: standard-webhook}
expected:
  - {guarantee: noloss, scenario: kill, reason: r}
  - {guarantee: no-loss, scenario: nothing-like-it, reason: r}
`))
	if err != nil {
		t.Fatal(err)
	}
	known := Names{[]string{"github", "standard-webhooks"}, []string{"no-loss", "order"}, []string{"kill", "outage"}}
	want := `x.yaml:7:21: signature.scheme: there is no "standard-webhook"; did you mean "standard-webhooks"?
x.yaml:9:5: expected.guarantee: there is no "noloss"; did you mean "no-loss"?
x.yaml:10:5: expected.scenario: there is no "nothing-like-it"; there are kill, outage`
	if diff := cmp.Diff(want, fmt.Sprint(p.CheckNames(known))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for _, name := range Presets() {
		p, names := load(t, name), Names{Schemes: signature.Names()}
		for _, d := range p.Expected { // package suite knows these names, and tests them
			names.Guarantees, names.Scenarios = append(names.Guarantees, d.Guarantee), append(names.Scenarios, d.Scenario)
		}
		if err := p.CheckNames(names); err != nil {
			t.Errorf("preset %s: %v", name, err)
		}
	}
}

func TestHosts(t *testing.T) {
	p, err := Parse("x.yaml", []byte(`{version: 1, name: x, remote: {url: "https://api.example.com/v1"}, declares: {durability: disk},
  setup: [{url: "http://user:pass@setup.example.com:81/"}, {url: "{{.Remote}}/setup"}],
  subscribe: [{url: "http://{{slug .Remote}}.example.com/"}], publish: [{url: "http://[::1]:80/p"}, {url: "https://api.example.com"}],
  status: {event: {step: {url: "http://log.example.com/{{.Event.ID}}"}, endpoint: e, match: "", state: s, delivered: [ok]}}}`))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := fmt.Sprint(p.Hosts()), "[::1 api.example.com log.example.com setup.example.com]"; got != want {
		t.Errorf("hosts %s, want %s", got, want)
	}
}
