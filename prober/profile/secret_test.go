package profile

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hookdrill/hookdrill/prober"
)

// remoteTo is the least profile of a sender at a URL, with more sections.
func remoteTo(t *testing.T, url, more string) *Profile {
	t.Helper()
	p, err := Parse("x.yaml", []byte(`
version: 1
name: x
remote: {url: "`+url+`"}
subscribe: [{url: "{{.Remote}}/e", body: "{{.Endpoint.URL}}", capture: {secret: {json: secret, secret: true}}}]
publish: [{url: "{{.Remote}}/p", body: "{{.Event.Body}}"}]
declares: {}
`+more))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestSecretOfSignature(t *testing.T) {
	_, url := serve(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`{"secret": "returned-by-it"}`)) })
	for _, c := range []struct {
		reason, more, want string
		known              bool
	}{
		{"no signature", "", "", false},
		{"given at subscribe", "signature: {scheme: s}\n", "whsec_Z2l2ZW4=", true},
		{"returned by subscribe", "signature: {scheme: s, secret: '{{.Endpoint.Var.secret}}'}\n", "returned-by-it", true},
		{"one for all", "signature: {scheme: s, secret: '{{.Secret.all}}'}\nsecrets: {all: {default: for-all}}\n", "for-all", true},
	} {
		var told []Exchange
		r := open(t, remoteTo(t, url, c.more), Options{Trace: func(x Exchange) { told = append(told, x) }})
		s := live(t, r, prober.World{Dir: t.TempDir()})
		sub := endpointA
		sub.Secret = "whsec_Z2l2ZW4="
		if _, known := r.Secret("a"); known {
			t.Errorf("%s: the secret is known before subscribe", c.reason)
		}
		if err := s.Subscribe(t.Context(), sub); err != nil {
			t.Fatal(err)
		}
		if got, known := r.Secret("a"); got != c.want || known != c.known {
			t.Errorf("%s: secret %q, %t, want %q, %t", c.reason, got, known, c.want, c.known)
		}
		if text := fmt.Sprint(told); strings.Contains(text, "returned-by-it") {
			t.Errorf("%s: the trace shows the secret: %s", c.reason, text)
		}
	}
}

func TestWhereSecretsComeFrom(t *testing.T) {
	file := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(file, []byte("from-file\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("HOOKDRILL_TEST_KEY", "from-env")
	for _, c := range []struct {
		reason string
		s      Secret
		want   string
	}{
		{"the environment comes first", Secret{Name: "k", Env: "HOOKDRILL_TEST_KEY", File: file, Default: "d"}, "from-env"},
		{"then the file", Secret{Name: "k", Env: "HOOKDRILL_NOT_SET", File: file, Default: "d"}, "from-file"},
		{"then the default", Secret{Name: "k", Env: "HOOKDRILL_NOT_SET", File: file + "x", Default: "d"}, "d"},
		{"no file", Secret{Name: "k", File: "/nowhere/key"}, "secret k: open /nowhere/key: no such file or directory"},
		{"no variable", Secret{Name: "k", Env: "HOOKDRILL_NOT_SET"}, "secret k: the environment has no HOOKDRILL_NOT_SET"},
	} {
		got, err := c.s.read()
		if err != nil {
			got = err.Error()
		}
		if got != c.want {
			t.Errorf("%s: %s, want %s", c.reason, got, c.want)
		}
	}
}

// TestCheckSays what is wrong where all steps went well but one thing.
func TestCheckSays(t *testing.T) {
	for _, c := range []struct{ reason, more, status, want string }{
		{"an identify section that looks elsewhere", "identify: {json: data.id}\n", "{}",
			"1 requests arrived, but the token hd1-check-1-1-od65 is in none of them where it should be: look at the identify section beside what arrived above"},
		{"a signature that is not there", "signature: {scheme: standard-webhooks}\n", "{}",
			"the signature by scheme standard-webhooks is not good: missing"},
		{"a pending that is no number", "status: {pending: {step: {url: '{{.Remote}}/s'}, value: n}}\n", `{"n": "many"}`,
			`status.pending: at n stands "many", which is no whole number`},
		{"a pending that is not there", "status: {pending: {step: {url: '{{.Remote}}/s'}, value: n}}\n", `{}`,
			"status.pending: there is nothing at n"},
		{"endpoints that are called otherwise", account, `[{"e": "ep_1", "s": "ok"}]`,
			"status.event: the sender's answer names no endpoint that match renders"},
		{"a state that is not listed", account, `[{"e": "check", "s": "odd"}]`,
			`status.event: the sender says "odd", which is none of delivered, pending and failed`},
	} {
		t.Run(c.reason, func(t *testing.T) {
			err := checkRelay(t, c.more, c.status)
			want := "profile x: the profile does not work: " + c.want
			if diff := cmp.Diff(want, fmt.Sprint(err)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

const account = `status: {event: {step: {url: '{{.Remote}}/s'}, each: "[*]", endpoint: e, match: "{{.Endpoint.Name}}", state: s, delivered: [ok]}}
`

// checkRelay checks a sender that sends each event to the last endpoint it
// was told of, and answers status with a text.
func checkRelay(t *testing.T, more, status string) error {
	t.Helper()
	var to string
	_, url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		var b bytes.Buffer
		if _, err := b.ReadFrom(r.Body); err != nil {
			t.Error(err)
		}
		switch r.URL.Path {
		case "/e":
			to = b.String()
			_, _ = w.Write([]byte(`{"secret": "none"}`))
		case "/p":
			resp, err := http.Post(to, "application/json", &b)
			if err != nil {
				t.Error(err)
				return
			}
			_ = resp.Body.Close()
		default:
			_, _ = w.Write([]byte(status))
		}
	})
	t.Cleanup(http.DefaultClient.CloseIdleConnections)
	var out bytes.Buffer
	return Check(t.Context(), remoteTo(t, url, more), CheckOptions{Out: &out, Dir: t.TempDir(), Wait: 300 * time.Millisecond, Verify: verify})
}

func TestCommandsThatRunOnce(t *testing.T) {
	for _, c := range []struct{ reason, command, want string }{
		{"it prints what is captured", `run: [sh, -c, "echo '{\"id\": 7}'"], capture: {id: id}`, "<nil>"},
		{"it fails", `run: [sh, -c, "echo no luck; exit 4"], capture: {id: id}`, "profile x: once: exit status 4; its last lines:\n  no luck"},
		{"it prints something else", `run: [echo, hello], capture: {id: {pattern: "id=(.*)"}}`,
			"profile x: once: capture id: nothing matches \"id=(.*)\"; its last lines:\n  hello"},
		{"it does not end", `run: [sh, -c, "echo busy; exec sleep 60"], capture: {id: id}, ready: {within: 300ms}`,
			"profile x: once did not end: 300ms were over; its last lines:\n  busy"},
		{"it is not there", `run: [/nowhere/x], capture: {id: id}`, "profile x: start once: fork/exec /nowhere/x: no such file or directory"},
	} {
		t.Run(c.reason, func(t *testing.T) {
			p, err := Parse("x.yaml", []byte(`
version: 1
name: x
process:
  files: {conf/id.txt: "{{.Dir}}"}
  commands:
    - {name: once, once: true, `+c.command+`}
    - {name: stays, run: [sh, -c, "test $ID = 7 && test -f conf/id.txt && exec sleep 60"], env: {ID: "{{.Var.id}}"}}
subscribe: [{url: "http://127.0.0.1:1"}]
publish: [{url: "http://127.0.0.1:1"}]
declares: {}
`))
			if err != nil {
				t.Fatal(err)
			}
			r := open(t, p, Options{})
			dir := t.TempDir()
			s, err := r.Factory(t.Context(), prober.World{Dir: dir})
			if got := fmt.Sprint(err); got != c.want {
				t.Errorf("\n got %s\nwant %s", got, c.want)
			}
			if err != nil {
				nothingRuns(t, dir)
				return
			}
			if got := s.(prober.Declarer).Policy().Name; got != "x" {
				t.Errorf("it declares itself as %q", got)
			}
			if err := s.(prober.Process).Kill(); err != nil {
				t.Error(err)
			}
			<-s.(prober.Process).Exited()
			if got := s.(prober.Process).ExitReason(); got != "signal: killed" {
				t.Errorf("it ended with %s", got)
			}
		})
	}
}

func TestSetupThatFails(t *testing.T) {
	_, url := serve(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) })
	r := open(t, remoteTo(t, url, "setup: [{name: create, url: '{{.Remote}}/x'}]\n"), Options{})
	_, err := r.Factory(t.Context(), prober.World{Dir: t.TempDir()})
	if want := "profile x: create: it answered 418"; fmt.Sprint(err) != want {
		t.Errorf("got %v, want %s", err, want)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Open(ctx, load(t, "svix"), Options{}); !errors.Is(err, context.Canceled) && !strings.Contains(fmt.Sprint(err), "not installed") {
		t.Errorf("open with a context that has ended: %v", err)
	}
}
