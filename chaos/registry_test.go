package chaos

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// required are values for the parameters that have no default.
var required = map[string]Args{}

func TestEveryKindIsDocumentedAndBuilt(t *testing.T) {
	kinds := Kinds()
	if !slices.IsSortedFunc(kinds, func(a, b Kind) int { return strings.Compare(a.Name, b.Name) }) {
		t.Error("the registry is not sorted by name")
	}
	for _, k := range kinds {
		t.Run(k.Name, func(t *testing.T) {
			if k.Doc == "" || k.Expect == "" || k.Layer == 0 {
				t.Errorf("Doc %q, Expect %q, Layer %d: want all of them", k.Doc, k.Expect, k.Layer)
			}
			for _, p := range k.Params {
				checkParam(t, p)
			}
			f, err := k.New(required[k.Name])
			if err != nil {
				t.Fatal(err)
			}
			if f.Kind != k.Name || f.Layer != k.Layer || (f.HTTP == nil) == (f.Door == nil) {
				t.Errorf("kind %q, layer %d, HTTP %t, Door %t", f.Kind, f.Layer, f.HTTP != nil, f.Door != nil)
			}
			if byName, ok := KindByName(k.Name); !ok || byName.Doc != k.Doc {
				t.Errorf("KindByName(%q) is %v, %t", k.Name, byName.Name, ok)
			}
		})
	}
	if k, ok := KindByName("gremlin"); ok {
		t.Errorf("KindByName(gremlin) is %v", k)
	}
}

func checkParam(t *testing.T, p Param) {
	t.Helper()
	if p.Doc == "" {
		t.Errorf("parameter %s has no Doc", p.Name)
	}
	if p.Required && p.Default != "" {
		t.Errorf("parameter %s is required and has a default", p.Name)
	}
	if x, err := p.Type.parse(p.Default); err != nil || !p.Type.holds(x) {
		t.Errorf("parameter %s: default %q is %v, %v", p.Name, p.Default, x, err)
	}
	if p.Default != "" && len(p.OneOf) > 0 && !slices.Contains(p.OneOf, p.Default) {
		t.Errorf("parameter %s: default %q is none of %v", p.Name, p.Default, p.OneOf)
	}
	for _, f := range p.Fields {
		checkParam(t, f)
	}
}

// refusals are what constructors do not take, with the whole text.
var refusals = []struct {
	kind   string
	args   Args
	want   string
	reason string
}{
	{"status", Args{"code": 99}, "code 99: want 100 to 599", "no status line can say it"},
	{"status", Args{"code": 600}, "code 600: want 100 to 599", "beyond the last class"},
	{"status", Args{"code": "503"}, "code: a string where a whole number is wanted", "the plan gives typed values; another is a bug, not a panic"},
	{"status", Args{"code": nil}, "code: a <nil> where a whole number is wanted", "nothing is no value"},
	{"status", Args{"kode": 1, "a": 2}, "a: no such parameter", "the first by name, so that the text is always the same"},
	{"status", Args{"body": "x", "body-size": 9}, "body and body-size: want one of them", "one answer has one body"},
	{"status", Args{"body-size": -1}, "body-size -1: want 0 to 67108864", "no negative sizes"},
	{"status", Args{"body-size": 1 << 30}, "body-size 1073741824: want 0 to 67108864", "the harness protects its machine"},
	{"status", Args{"code": 204, "body": "x"}, "code 204: an answer of that status has no body", "net/http would drop it in silence"},
	{"status", Args{"headers": map[string]string{"a b": "c"}}, `headers: "a b" is no name of a header`, "it would be another header or none"},
	{"status", Args{"headers": map[string]string{"A": "b\r\nC: d"}}, "headers: A: a value has no line breaks and no zero bytes", "net/http would change it in silence"},
	{"status", Args{"headers": map[string]string{"content-length": "4"}},
		"headers: Content-Length: is the connection's own; see the faults truncate, fin and reset", "a lie about the length is a fault of its own"},
}

func TestConstructorsRefuseInWords(t *testing.T) {
	for _, c := range refusals {
		k, ok := KindByName(c.kind)
		if !ok {
			t.Fatalf("no kind %s", c.kind)
		}
		_, err := k.New(c.args)
		if err == nil {
			t.Errorf("%s %v: no error (%s)", c.kind, c.args, c.reason)
			continue
		}
		if diff := cmp.Diff(c.want, err.Error()); diff != "" {
			t.Errorf("%s %v: %s (-want +got):\n%s", c.kind, c.args, c.reason, diff)
		}
	}
}

func TestRetryAfterOfStatus(t *testing.T) {
	for _, c := range []struct {
		header string
		want   time.Duration
		reason string
	}{
		{"120", 2 * time.Minute, "a run at a scale that makes it too short must be refused"},
		{"soon", 0, "garbage asks for no time"},
		{"-1", 0, "a negative time asks for none"},
	} {
		k, _ := KindByName("status")
		f, err := k.New(Args{"code": 429, "headers": map[string]string{"retry-after": c.header}})
		if err != nil || f.RetryAfter != c.want {
			t.Errorf("%q: %v, %v, want %v (%s)", c.header, f.RetryAfter, err, c.want, c.reason)
		}
	}
}
