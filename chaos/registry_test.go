package chaos

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// required are values for the parameters that have no default.
var required = map[string]Args{
	"delay":    {"delay": Distribution{Kind: "constant", Mean: time.Second}},
	"sequence": {"faults": []Fault{newFault("status", nil)}},
}

func newFault(kind string, a Args) Fault {
	k, _ := KindByName(kind)
	f, err := k.New(a)
	if err != nil {
		panic(err)
	}
	return f
}

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

	{"sequence", nil, "faults: must be given", "nothing to do"},
	{"sequence", Args{"faults": []Fault{}}, "faults: want at least one", "nothing to do"},
	{"sequence", Args{"faults": []Fault{newFault("hang", nil), newFault("refuse", nil)}}, "faults: number 2: refuse acts before there is a request",
		"there is no attempt to count yet"},
	{"sequence", Args{"faults": []Fault{newFault("status", nil), newFault("reset", Args{"at": "headers"})}},
		"faults: number 2: reset acts at another point of a request than status does", "a fault is asked once, at one point"},

	{"flap", Args{"period": time.Duration(0)}, "period 0s: want more than 0s", "no ups and downs"},
	{"flap", Args{"duty": 0.0}, "duty 0: want more than 0 and less than 1", "never down is no fault"},
	{"flap", Args{"duty": 1.0}, "duty 1: want more than 0 and less than 1", "always down is a status"},
	{"flap", Args{"duty": math.NaN()}, "duty NaN: want more than 0 and less than 1", "compares with nothing"},
	{"flap", Args{"code": 42}, "code 42: want 100 to 599", "what status says"},
	{"flap", Args{"code": 500, "down": []Fault{newFault("hang", nil)}}, "code and down: want one of them", "one thing to do"},
	{"flap", Args{"down": []Fault{}}, "down: 0 faults, want one", "one thing to do"},
	{"flap", Args{"down": []Fault{newFault("blackhole", nil)}}, "down: blackhole acts before there is a request", "a door knows no offset"},

	{"delay", Args{"delay": Distribution{}}, `delay: kind "": want one of constant, uniform, normal, lognormal, exponential`, "nothing to draw from"},
	{"delay", Args{"delay": Distribution{Kind: "constant"}}, "delay: mean 0s: want more than 0s for constant", "no delay is no fault"},
	{"delay", Args{"delay": Distribution{Kind: "uniform", Min: 2, Max: 2}}, "delay: max 2ns: want more than min 2ns for uniform", "an empty range"},
	{"delay", Args{"delay": Distribution{Kind: "uniform", Min: -2, Max: 2}}, "delay: min -2ns: want 0s or more", "nobody answers before the request"},
	{"delay", Args{"delay": Distribution{Kind: "normal", Mean: 5}}, "delay: deviation 0s: want more than 0s for normal", "that is a constant"},
	{"delay", Args{"delay": Distribution{Kind: "lognormal", Mean: 5}}, "delay: sigma 0: want more than 0 and at most 10 for lognormal", "that is a constant"},
	{"delay", Args{"delay": Distribution{Kind: "exponential", Mean: 5, Min: 4, Max: 3}}, "delay: max 3ns: want at least min 4ns", "an empty range"},

	{"redirect", Args{"code": 304}, "code 304: want 301, 302, 303, 307 or 308", "leads nowhere"},
	{"redirect", Args{"to": "https://example.com/x"}, `to "https://example.com/x": want a path, or a URL on a loopback address or under .test or .invalid`,
		"a sender that follows must not reach a third party"},
	{"redirect", Args{"to": "//example.com/x"}, `to "//example.com/x": want a path, or a URL on a loopback address or under .test or .invalid`,
		"a path that begins with two slashes is a host"},
	{"redirect", Args{"to": "x"}, `to "x": want a path, or a URL on a loopback address or under .test or .invalid`, "what it leads to depends on the URL"},

	{"redirect", Args{"to": "/x", "answer": 403}, "to and answer: want one of them", "only the trap does what it is told"},
	{"redirect", Args{"answer": 199}, "answer 199: want 200 to 599", "no answer at all"},

	{"retry-after", Args{"code": 500}, "code 500: want 429 or 503", "the others mean something else by it"},
	{"retry-after", Args{"after": time.Millisecond}, "after 1ms: want at least 1s", "the header has no smaller unit"},
	{"retry-after", Args{"form": "iso"}, `form "iso": want one of seconds, date`, "the standard has two"},
	{"retry-after", Args{"form": "date", "value": "soon"}, "value: goes without after and form", "one header"},

	{"reset", Args{"at": "noon"}, `at "noon": want one of headers, body, request, status`, "no such point"},
	{"reset", Args{"bytes": 3}, "bytes: goes only with at: body", "it would do nothing"},
	{"reset", Args{"at": "body", "bytes": 0}, "bytes 0: want at least 1", "that is at: headers"},
	{"fin", Args{"code": 200}, "code: goes only with at: status", "it would do nothing"},
	{"fin", Args{"at": "status", "code": 204}, "code 204: want 200 to 599 and a status whose answer has a body", "a 204 is whole behind its headers"},

	{"sequence", Args{"faults": []Fault{newFault("deploy", nil)}}, "faults: number 1: deploy has a course of its own", "its end would not be known"},
	{"flap", Args{"down": []Fault{newFault("deploy", nil)}}, "down: deploy has a course of its own", "its end would not be known"},

	{"deploy", Args{"strategy": "canary"}, `strategy "canary": want one of rolling, recreate, blue-green`, "not a strategy of this model"},
	{"deploy", Args{"replicas": 0}, "replicas 0: want 1 to 100", "a service has one at least"},
	{"deploy", Args{"replicas": 101}, "replicas 101: want 1 to 100", "each request walks over all"},
	{"deploy", Args{"drain": -time.Second}, "drain -1s: want 0s or more", "no time before it began"},
	{"deploy", Args{"start": time.Duration(0)}, "start 0s: want more than 0s", "a fix that takes no time has no tail"},
	{"deploy", Args{"lag": -time.Second}, "lag -1s: want 0s or more", "nobody hears before it happens"},
	{"deploy", Args{"strategy": "recreate", "surge": true}, "surge: goes only with strategy: rolling", "the other strategies say it already"},
	{"deploy", Args{"replicas": 2, "leftover": Args{"routes-missing": 3}}, "leftover: routes-missing 3: want 0 to replicas 2", "no more than there are"},
	{"deploy", Args{"leftover": Args{"routes": 3}}, "leftover: routes: no such parameter", "nested names are checked too"},
	{"deploy", Args{"leftover": Args{"service-absent": "yes"}}, "leftover: service-absent: a string where true or false is wanted", "nested types too"},

	{"truncate", Args{"code": 304}, "code 304: want 200 to 599 and a status whose answer has a body", "nothing to cut off"},
	{"truncate", Args{"size": 0}, "size 0: want 1 to 67108864", "nothing to cut off"},
	{"truncate", Args{"size": 5, "at": 5}, "at 5: want 0 to less than size 5", "that is the whole"},
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
