package profile

import (
	"bytes"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestFold(t *testing.T) {
	for _, c := range []struct {
		reason, text string
		want         []string
	}{
		{"it fits", "0123456789", []string{"0123456789"}},
		{"at a space", "0123456 89abc", []string{"0123456", "89abc"}},
		{"behind a comma", "012345,789abc", []string{"012345,", "789abc"}},
		{"a space too far back is none", "01 23456789abc", []string{"01 2345678", "9abc"}},
		{"runes, not bytes", "ääääääääääö", []string{"ääääääääää", "ö"}},
		{"nothing", "", []string{""}},
	} {
		if diff := cmp.Diff(c.want, fold(c.text, 10)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.reason, diff)
		}
	}
	long := strings.Repeat("x", 61)
	if got, want := clip("a\n "+long+" b", 30), "a "+long[:24]+"... ..."; got != want {
		t.Errorf("clipped to %q, want %q", got, want)
	}
}

func TestPlacesOf(t *testing.T) {
	const tok = "hd1-check-1-1-od65"
	for _, c := range []struct {
		reason, path, body string
		header             http.Header
		want               string
	}{
		{"nowhere", "/check", `{"a": 1}`, nil, ""},
		{"in an entry of a batch", "/check", `{"events": [{"id": 7}, {"target": {"repository": "x/` + tok + `"}}]}`, nil, "events[1].target.repository"},
		{"in several places", "/check/" + tok, `{"id": "` + tok + `"}`, http.Header{"Webhook-Id": {tok}}, "the path, the header Webhook-Id, id"},
		{"in a body that is no JSON", "/check", "id=" + tok, nil, "the body"},
		{"in more places than anybody reads", "/check", `["` + strings.Repeat(tok+`","`, 7) + `"]`, nil, "[0], [1], [2], [3], 3 places more"},
	} {
		if got := placesOf(c.header, c.path, []byte(c.body), tok); got != c.want {
			t.Errorf("%s: %s, want %s", c.reason, got, c.want)
		}
	}
}

func TestBeside(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.MkdirAll("bin", 0o700); err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{"sender.py", "bin/sender"} {
		if err := os.WriteFile(file, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct{ reason, word, dir, want string }{
		{"a file", "sender.py", ".", "{{.Here}}/sender.py"},
		{"a program", "./bin/sender", ".", "{{.Here}}/bin/sender"},
		{"a profile elsewhere", "sender.py", "profiles", "{{.Here}}/../sender.py"},
		{"no file", "python3", ".", "python3"},
		{"a directory", "bin", ".", "bin"},
		{"an option", "--sender.py", ".", "--sender.py"},
		{"a template", "{{.Here}}/sender.py", ".", "{{.Here}}/sender.py"},
		{"an absolute path", "/bin/sh", ".", "/bin/sh"},
		{"nothing", "", ".", ""},
	} {
		if got := Beside(c.word, ".", c.dir); got != c.want {
			t.Errorf("%s: %s, want %s", c.reason, got, c.want)
		}
	}
}

// TestMisplaced: a command that names a file beside the profile does not find
// it, and the reader is told why.
func TestMisplaced(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "x.yaml")
	for name, text := range map[string]string{"sender.sh": "exec sleep 60", "x.yaml": `
version: 1
name: x
process: {commands: [{run: [sh, sender.sh], ready: {tcp: "127.0.0.1:1", within: 5s}}]}
subscribe: [{url: "http://127.0.0.1:1"}]
publish: [{url: "http://127.0.0.1:1"}]
declares: {}
`} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var b bytes.Buffer
	if err := Check(t.Context(), load(t, file), CheckOptions{Out: &b, Dir: t.TempDir(), Scale: 1}); err == nil {
		t.Fatal("it started")
	}
	want := "sender.sh is a file beside the profile: write {{.Here}}/sender.sh, since\n  commands start in a directory of their own\n"
	if !strings.HasSuffix(b.String(), want) {
		t.Errorf("the transcript does not end with\n%s\n%s", want, b.String())
	}
}
