package profile

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
)

// troubled is a profile whose sender is this binary with a verb.
func troubled(t *testing.T, verb, ready, publish string) *Profile {
	t.Helper()
	onPath(t, "sender", verb)
	within := map[string]string{"silent": "400ms", "unwell": "2s"}[verb]
	text := fmt.Sprintf(`
version: 1
name: troubled
title: a sender with a trouble
secrets: {key: {default: hush-hush}}
process:
  ports: [api]
  commands:
    - name: sender
      run: [sender, "{{.Port.api}}"]
      env: {KEY: "{{.Secret.key}}"}
      ready: {%s, within: %s}
      grace: 200ms
subscribe:
  - {url: "http://127.0.0.1:{{.Port.api}}/subscribe", body: "{{.Endpoint.URL}}"}
publish:
  - %s
declares: {durability: disk}
`, ready, cmp.Or(within, "30s"), publish)
	p, err := Parse("troubled.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

const (
	readyTCP   = `tcp: "127.0.0.1:{{.Port.api}}"`
	readyHTTP  = `http: "http://127.0.0.1:{{.Port.api}}/health"`
	readyLog   = `log: "^listening"`
	publishOne = `{url: "http://127.0.0.1:{{.Port.api}}/publish", body: "{{.Event.Body}}", capture: {id: id}}`
)

// TestTroubles: a sender that does not work is explained, and leaves nothing.
func TestTroubles(t *testing.T) {
	for _, c := range []struct{ reason, verb, ready, publish, want string }{
		{"it never becomes ready", "silent", readyTCP, publishOne,
			"sender did not become ready: 400ms were over: dial tcp 127.0.0.1:PORT: connect: connection refused; its last lines:\n  waiting, key [secret]"},
		{"it never says that it is", "silent", readyLog, publishOne,
			"sender did not become ready: 400ms were over; its last lines:\n  waiting, key [secret]"},
		{"it is not well", "unwell", readyHTTP, publishOne,
			"sender did not become ready: 2s were over: GET http://127.0.0.1:PORT/health answered 500; its last lines:\n  listening on 127.0.0.1:PORT"},
		{"it dies at the start", "dies", readyTCP, publishOne,
			"sender did not become ready: exit status 3; its last lines:\n  no database, key [secret]"},
		{"it answers garbage", "garbage", readyTCP, publishOne,
			`it is not known whether the event was accepted: publish: capture id: it is not JSON: ` +
				`invalid character '<' looking for beginning of value; it answered 200 <html>key [secret]</html>`},
		{"it answers without what is captured", "wordless", readyTCP, publishOne,
			"it is not known whether the event was accepted: publish: capture id: there is no text or number at id; it answered 200 {}"},
		{"it hangs up", "hangup", readyTCP, publishOne,
			`it is not known whether the event was accepted: publish: Post "http://127.0.0.1:PORT/publish": EOF`},
		{"it refuses", "refuses", readyTCP, publishOne,
			"the event was refused: publish: it answered 403 key [secret]"},
		{"it accepts and does nothing", "idle", readyTCP, publishOne,
			"the sender accepted the event, but nothing arrived within 300ms\n" +
				"- does the sender refuse loopback addresses (a guard against SSRF)?\n  Then its environment needs an exception for 127.0.0.1\n" +
				"- does the subscription ask for what was published:\n  topic \"check\", event type \"hookdrill.check\"?\n" +
				"- does the process that delivers run? Some senders have a worker of its own\n" +
				"sender; its last lines:\n  listening on 127.0.0.1:PORT"},
		{"it sends something else", "other", readyTCP, publishOne,
			"1 requests arrived, but the token hd1-check-1-1-od65 is in none of them where it should be: put {{.Event.Body}} or {{.Event.ID}} into what publish sends"},
		{"it sends damage", "damages", readyTCP, publishOne, "the payload that arrived is damaged"},
		{"it does not end", "stubborn", readyTCP, publishOne,
			"stop sender: killed, since it did not end: its grace of 200ms was over; its last lines:\n  listening on 127.0.0.1:PORT"},
		{"it is not there at all", "idle", readyTCP, `{url: "http://127.0.0.1:1/publish", body: "x"}`,
			`the event was refused: publish: Post "http://127.0.0.1:PORT/publish": dial tcp 127.0.0.1:PORT: connect: connection refused`},
		{"it is somebody else's", "idle", readyTCP, `{url: "http://192.0.2.1/publish", body: "x"}`,
			`the event was refused: publish: Post "http://192.0.2.1/publish": dial tcp 192.0.2.1:80: 192.0.2.1 is not on loopback, and allow_hosts does not list its host`},
	} {
		t.Run(c.reason, func(t *testing.T) {
			p := troubled(t, c.verb, c.ready, c.publish)
			var b bytes.Buffer
			dir := t.TempDir()
			err := Check(t.Context(), p, CheckOptions{Out: &b, Dir: dir, Scale: 1, Wait: 300 * time.Millisecond})
			if !errors.Is(err, ErrCheck) {
				t.Fatalf("got %v\n%s", err, b.String())
			}
			if took := strings.Contains(b.String(), "\n   accepted\n"); errors.Is(err, ErrDelivery) != (took && c.verb != "stubborn") {
				t.Errorf("ErrDelivery is %t\n%s", !took, b.String())
			}
			got := steady(strings.TrimPrefix(err.Error(), "profile troubled: the profile does not work: "))
			got = strings.TrimPrefix(got, "profile troubled: ")
			if diff := gocmp.Diff(c.want, got); diff != "" {
				t.Errorf("error (-want +got):\n%s", diff)
			}
			if !strings.Contains(b.String(), "FAILED") || strings.Contains(b.String(), "hush-hush") {
				t.Errorf("transcript:\n%s", b.String())
			}
			nothingRuns(t, dir)
		})
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

func TestOpenLeavesNothing(t *testing.T) {
	p := troubled(t, "idle", readyTCP, publishOne)
	p.Needs = []Need{{Name: "db", Kind: "redis", URL: &Text{source: nobody(t)}}}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err := Open(ctx, p, Options{})
	want := "profile troubled: dependency db: context deadline exceeded: 127.0.0.1:PORT: dial tcp 127.0.0.1:PORT: connect: connection refused"
	if got := steady(fmt.Sprint(err)); got != want {
		t.Errorf("\n got %s\nwant %s", got, want)
	}
	p.Needs[0].URL = &Text{source: "redis://u:hush@db.example.com:6379"}
	want = "profile troubled: needs.db: db.example.com is not on loopback, and allow_hosts does not list it"
	if _, err := Open(t.Context(), p, Options{}); fmt.Sprint(err) != want {
		t.Errorf("got %v, want %s", err, want)
	}
	p.Needs, p.Secrets = nil, []Secret{{Name: "key", Env: "HOOKDRILL_NOT_SET"}}
	if _, err := Open(t.Context(), p, Options{}); fmt.Sprint(err) != "profile troubled: secret key: the environment has no HOOKDRILL_NOT_SET" {
		t.Errorf("got %v", err)
	}
}

// nobody is an address where nobody listens.
func nobody(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}
