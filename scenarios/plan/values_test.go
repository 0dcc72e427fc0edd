package plan

import (
	"os"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hookdrill/hookdrill/chaos"
	"github.com/hookdrill/hookdrill/prober/strict"
)

func TestSizesAndRates(t *testing.T) {
	for text, want := range map[string]int{"0B": 0, "512B": 512, "4KiB": 4096, "1.5KiB": 1536, "64MiB": 64 << 20} {
		if got, err := parseSize(text); err != nil || got != want {
			t.Errorf("%s is %d, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "B", "1", "1kb", "-1B", "1.1.1B", "65MiB"} {
		if got, err := parseSize(text); err == nil {
			t.Errorf("%q is %d", text, got)
		}
	}
	for _, row := range []struct {
		text string
		in   time.Duration
		want float64
	}{{"2/s", 150 * time.Minute, 18000}, {"30/m", time.Hour, 1800}, {"0.5/s", time.Minute, 30}, {"7/s", time.Second, 7}, {"100/d", 36 * time.Hour, 150}} {
		r, err := parseRate(row.text)
		if err != nil || r.count(row.in) != row.want {
			t.Errorf("%s for %s gives %g, %v", row.text, row.in, r.count(row.in), err)
		}
	}
	for _, text := range []string{"", "2", "/s", "2/ms", "2/", "0/s", "-1/s", "NaN/s", "Inf/s", "2/s/s"} {
		if _, err := parseRate(text); err == nil {
			t.Errorf("%q is a rate", text)
		}
	}
}

func TestAttempts(t *testing.T) {
	for _, row := range []struct {
		text string
		want chaos.Selector
	}{
		{"1", chaos.Selector{From: 1, To: 1}}, {"1-3", chaos.Selector{From: 1, To: 3}}, {"p=0.2", chaos.Selector{P: 0.2}},
		{"every 1st", chaos.Selector{Every: 1}}, {"every 4th", chaos.Selector{Every: 4}}, {"every 22nd", chaos.Selector{Every: 22}},
		{"every 13th", chaos.Selector{Every: 13}}, {"every 3rd", chaos.Selector{Every: 3}},
	} {
		got, err := parseAttempts(row.text)
		if diff := cmp.Diff(row.want, got); diff != "" || err != nil || attemptsText(got) != row.text {
			t.Errorf("%s: %v, written %q\n%s", row.text, err, attemptsText(got), diff)
		}
	}
	for _, text := range []string{"", "0", "-1", "1-", "3-1", "every", "every 4", "every 4st", "every 0th", "p=", "p=0", "p=2", "p=NaN", "1-3-5"} {
		if got, err := parseAttempts(text); err == nil {
			t.Errorf("%q is %+v", text, got)
		}
	}
}

func TestDistributions(t *testing.T) {
	ms := time.Millisecond
	for _, row := range []struct {
		text string
		want chaos.Distribution
	}{
		{"200ms", chaos.Distribution{Kind: "constant", Mean: 200 * ms}},
		{"50ms..2s", chaos.Distribution{Kind: "uniform", Min: 50 * ms, Max: 2000 * ms}},
		{"lognormal 200ms sigma 0.5 max 5s", chaos.Distribution{Kind: "lognormal", Mean: 200 * ms, Sigma: 0.5, Max: 5000 * ms}},
		{"normal 1s deviation 100ms min 0s", chaos.Distribution{Kind: "normal", Mean: 1000 * ms, Deviation: 100 * ms}},
		{"exponential 2s", chaos.Distribution{Kind: "exponential", Mean: 2000 * ms}},
		{"{kind: lognormal, mean: 200ms, sigma: 1}", chaos.Distribution{Kind: "lognormal", Mean: 200 * ms, Sigma: 1}},
		{"{kind: uniform, min: 50ms, max: 60ms}", chaos.Distribution{Kind: "uniform", Min: 50 * ms, Max: 60 * ms}},
	} {
		r, got := newReader("here", nil, nil), chaos.Distribution{}
		r.Read([]byte(row.text), distribution(&got))
		if diff := cmp.Diff(row.want, got); diff != "" || r.Len() > 0 {
			t.Errorf("%s: %v\n%s", row.text, r.Err(), diff)
		}
	}
}

// What the constructors of faults get.
func TestArgs(t *testing.T) {
	r, got := newReader("here", faults(), nil), chaos.Args{}
	r.Read([]byte(`{s: a, i: 3, f: 1, b: true, d: 2d, z: 4KiB, h: {Retry-After: 120, A: b}, l: [{kind: hang}], m: {i: 4}}`), strict.Mapping{Fields: r.params([]chaos.Param{
		{Name: "s", Type: chaos.TypeString}, {Name: "i", Type: chaos.TypeInt}, {Name: "f", Type: chaos.TypeFloat},
		{Name: "b", Type: chaos.TypeBool}, {Name: "d", Type: chaos.TypeDuration}, {Name: "z", Type: chaos.TypeSize},
		{Name: "h", Type: chaos.TypeHeaders}, {Name: "l", Type: chaos.TypeFaults}, {Name: "absent", Type: chaos.TypeInt},
		{Name: "m", Type: chaos.TypeParams, Fields: []chaos.Param{{Name: "i", Type: chaos.TypeInt}}},
	}, got)})
	if err := r.Err(); err != nil {
		t.Fatal(err)
	}
	list, _ := got["l"].([]chaos.Fault)
	if len(list) != 1 || list[0].Kind != "hang" {
		t.Errorf("l is %#v", got["l"])
	}
	delete(got, "l")
	want := chaos.Args{"s": "a", "i": 3, "f": 1.0, "b": true, "d": 48 * time.Hour, "z": 4096,
		"h": map[string]string{"Retry-After": "120", "A": "b"}, "m": chaos.Args{"i": 4}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// The registry of package chaos, through the door that others use.
func TestFaultsOfTheRegistry(t *testing.T) {
	for _, file := range []string{"testdata/faults.yaml", incident} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		p, err := Load(file, text, guarantees(), 0)
		if err != nil {
			t.Fatal(err)
		}
		if file == incident {
			if f := p.Faults[0]; !f.Deploy || f.Value.HTTP == nil || len(f.Value.Steps(f.From, f.Until)) == 0 {
				t.Errorf("the deploy is %+v", f)
			}
			continue
		}
		if !p.Endpoints[0].OwnListener {
			t.Error("hub shares a listener, but refuse and blackhole act on it")
		}
		var made, known []string
		for _, f := range p.Faults {
			made = append(made, f.Value.Kind)
		}
		for _, k := range chaos.Kinds() {
			known = append(known, k.Name)
		}
		slices.Sort(made)
		if diff := cmp.Diff(known, slices.Compact(made)); diff != "" {
			t.Errorf("kinds in the registry, and kinds in %s:\n%s", file, diff)
		}
	}
}
