package profile

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write golden files")

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(name, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}

func answers(t *testing.T, given map[string]string) Answers {
	t.Helper()
	var a Answers
	for _, q := range Questions([]string{"github", "standard-webhooks"}) {
		if err := q.Set(&a, given[q.Flag]); err != nil {
			t.Fatal(err)
		}
	}
	return a
}

// TestInit: the preset http is what the defaults make, with a command.
func TestInit(t *testing.T) {
	for _, c := range []struct {
		file  string
		given map[string]string
	}{
		{"presets/http.yaml", map[string]string{"name": "http", "command": "my-sender --listen 127.0.0.1:{{.Port.api}}"}},
		{"testdata/init-remote.yaml", map[string]string{"name": `the "other" one`, "url": "https://hooks.example.com/", "allow-hosts": "hooks.example.com",
			"scheme": "standard-webhooks", "durability": "memory"}},
		{"testdata/init-needs.yaml", map[string]string{"name": "needy", "command": "python3 {{.Here}}/sender.py", "needs": "redis, postgres",
			"ready": "http://127.0.0.1:{{.Port.api}}/health", "publish": "http://127.0.0.1:1/elsewhere", "retry": "1s,2s"}},
	} {
		var b bytes.Buffer
		a := answers(t, c.given)
		if a.Name == "http" {
			a.Title = "a template for a sender of your own, with comments"
		}
		if err := Init(&b, a); err != nil {
			t.Errorf("%s: %v", c.file, err)
			continue
		}
		golden(t, c.file, b.Bytes())
	}
}

func TestAnswersAreChecked(t *testing.T) {
	for _, c := range []struct{ flag, answer, want string }{
		{"url", "http://a b", `url: parse "http://a b": invalid character " " in host name`},
		{"needs", "redis oracle", `needs: "oracle" is no kind of dependency`},
		{"retry", "1s soon", `retry: "soon" is no duration such as 30s`},
		{"timeout", "soon", `timeout: time: invalid duration "soon"`},
		{"durability", "tape", `durability: "tape" is neither disk nor memory`},
	} {
		for _, q := range Questions([]string{"github", "standard-webhooks"}) {
			if q.Flag != c.flag {
				continue
			}
			var a Answers
			if got := fmt.Sprint(q.Set(&a, c.answer)); got != c.want {
				t.Errorf("%s %q:\n got %s\nwant %s", c.flag, c.answer, got, c.want)
			}
		}
	}
	for _, c := range []struct {
		reason string
		given  map[string]string
		want   string
	}{
		{"it runs elsewhere, at a port of ours", nil, `a sender that runs elsewhere needs a URL without "{{.Port.api}}"`},
		{"a body with a name that is none", map[string]string{"url": "http://h:1", "publish-body": "{{.Event.Boddy}}"},
			"the answers do not make a profile: profile:61:11: publish.body: <.Event.Boddy>: there is no Boddy; did you mean \"Body\"?"},
	} {
		err := Init(&bytes.Buffer{}, answers(t, c.given))
		if got := fmt.Sprint(err); strings.TrimSpace(got) != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.reason, got, c.want)
		}
	}
}
