package plan

import (
	"errors"
	"flag"
	"net/http"
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/hookdrill/hookdrill/chaos"
)

var update = flag.Bool("update", false, "rewrite the golden files of this package")

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// guarantees is a table such as package check has, with each type of parameter
// that guarantees use.
func guarantees() []GuaranteeKind {
	return []GuaranteeKind{
		{Name: "no-loss"}, {Name: "no-phantom"}, {Name: "retry-schedule"},
		{Name: "duplicates", Params: []chaos.Param{{Name: "unjustified", Type: chaos.TypeInt}}},
		{Name: "order", Params: []chaos.Param{{Name: "per", Type: chaos.TypeString, Required: true, OneOf: []string{"key", "endpoint"}}}},
		{Name: "isolation", Where: true, Params: []chaos.Param{{Name: "first-attempt-p99", Type: chaos.TypeDuration}}},
		{Name: "recovery", Params: []chaos.Param{{Name: "within", Type: chaos.TypeDuration}, {Name: "surge", Type: chaos.TypeFloat}}},
	}
}

// faults is a registry of faults with each type of parameter, so that the
// messages asserted here do not change with the faults that there are.
func faults() []chaos.Kind {
	http := func(_ chaos.Request, next http.Handler) http.Handler { return next }
	return []chaos.Kind{
		{Name: "delay", Params: []chaos.Param{{Name: "first-byte", Type: chaos.TypeDistribution, Required: true}},
			New: func(chaos.Args) (chaos.Fault, error) {
				return chaos.Fault{Kind: "delay", Layer: chaos.LayerResponse, HTTP: http}, nil
			}},
		{Name: "deploy", Params: []chaos.Param{
			{Name: "strategy", Type: chaos.TypeString, Required: true, OneOf: []string{"rolling", "recreate", "blue-green"}},
			{Name: "replicas", Type: chaos.TypeInt}, {Name: "drain", Type: chaos.TypeDuration}, {Name: "start", Type: chaos.TypeDuration},
			{Name: "leftover", Type: chaos.TypeParams, Fields: []chaos.Param{
				{Name: "routes-missing", Type: chaos.TypeInt}, {Name: "service-absent", Type: chaos.TypeBool}}},
		}, New: func(chaos.Args) (chaos.Fault, error) {
			return chaos.Fault{Kind: "deploy", Layer: chaos.LayerResponse, HTTP: http}, nil
		}},
		{Name: "hang", New: func(chaos.Args) (chaos.Fault, error) {
			return chaos.Fault{Kind: "hang", Layer: chaos.LayerResponse, Stalls: true, HTTP: http}, nil
		}},
		{Name: "refuse", New: func(chaos.Args) (chaos.Fault, error) {
			return chaos.Fault{Kind: "refuse", Layer: chaos.LayerConnect, Door: func(chaos.Door) (func() error, error) { return nil, nil }}, nil
		}},
		{Name: "sequence", Params: []chaos.Param{{Name: "steps", Type: chaos.TypeFaults, Required: true}},
			New: func(chaos.Args) (chaos.Fault, error) {
				return chaos.Fault{Kind: "sequence", Layer: chaos.LayerResponse, HTTP: http}, nil
			}},
		{Name: "status", Params: []chaos.Param{{Name: "code", Type: chaos.TypeInt, Required: true},
			{Name: "headers", Type: chaos.TypeHeaders}, {Name: "body", Type: chaos.TypeSize}, {Name: "retry-after", Type: chaos.TypeDuration}},
			New: func(a chaos.Args) (chaos.Fault, error) {
				if code := a["code"].(int); code < 200 || code > 599 {
					return chaos.Fault{}, errors.New("code: a status is from 200 to 599")
				}
				after, _ := a["retry-after"].(time.Duration)
				return chaos.Fault{Kind: "status", Layer: chaos.LayerResponse, RetryAfter: after, HTTP: http}, nil
			}},
	}
}

func parseHere(file string, text []byte) (*Spec, error) {
	return newReader(file, faults(), guarantees()).parse(text)
}

func loadHere(tb testing.TB, file string, seed uint64) *Plan {
	tb.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		tb.Fatal(err)
	}
	s, err := parseHere(file, text)
	if err != nil {
		tb.Fatal(err)
	}
	p, err := Compile(s, seed)
	if err != nil {
		tb.Fatal(err)
	}
	return p
}

// golden compares got with a file, or writes it with -update.
func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s differs (-want +got):\n%s", file, diff)
	}
}
