package chaos

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const (
	s    = time.Second
	m    = time.Minute
	from = 10 * m
)

// incident is the founding scenario's deploy line.
var incident = Args{
	"strategy": "rolling", "replicas": 4, "drain": 20 * s, "start": 40 * s,
	"leftover": Args{"routes-missing": 2, "service-absent": true},
}

// shares is what becomes of requests at every gateway, in a short form:
// "2x404 1x502 5xpass". Each gateway is asked once for each replica it lists.
func shares(d rollout, t, until time.Duration) string {
	n := map[string]int{}
	for g := range d.n {
		for h := range uint64(12) { // divided by 1, 2, 3, 4
			n[[]string{"pass", "404", "502", "503"}[d.answer(g, h, t, until)]]++
		}
	}
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(n)) {
		parts = append(parts, fmt.Sprintf("%d%% %s", (100*n[name]+d.n*6)/(d.n*12), name))
	}
	return strings.Join(parts, ", ")
}

func TestDeployTimeline(t *testing.T) {
	rolling := rollout{n: 4, drain: 20 * s, start: 40 * s, lag: 10 * s}
	broken := rolling
	broken.routesMissing, broken.serviceAbsent = 2, true
	absent, routes, recreate, green, rough, single := rolling, rolling, rolling, rolling, rolling, rolling
	absent.serviceAbsent = true
	routes.routesMissing = 2
	recreate.atOnce = true
	green.atOnce, green.startFirst = true, true
	greenAbsent := green
	greenAbsent.serviceAbsent = true
	rough.drain = 0
	single.n = 1
	surging := single
	surging.startFirst = true
	for _, c := range []struct {
		name   string
		d      rollout
		until  time.Duration
		want   map[time.Duration]string
		reason string
	}{
		{"incident", broken, 100 * m, map[time.Duration]string{
			-1:         "100% pass",
			0:          "100% pass",
			20*s - 1:   "100% pass",
			20 * s:     "25% 502, 75% pass",
			30 * s:     "100% pass",
			60 * s:     "25% 404, 75% pass",
			80 * s:     "25% 404, 25% 502, 50% pass",
			90 * s:     "25% 404, 75% pass",
			2 * m:      "50% 404, 50% pass",
			140 * s:    "50% 404, 25% 502, 25% pass",
			200 * s:    "50% 404, 50% 502",
			210 * s:    "50% 404, 50% 503",
			50 * m:     "50% 404, 50% 503",
			100*m - 1:  "50% 404, 50% 503",
			100 * m:    "50% 404, 50% 503",
			6040*s - 1: "50% 404, 50% 503",
			6040 * s:   "25% 404, 50% 503, 25% pass",
			6080 * s:   "50% 503, 50% pass",
			6120 * s:   "25% 503, 75% pass",
			6160 * s:   "100% pass",
		}, "the model's own timeline: 404 and 503 side by side through the outage, 502 while old replicas end, and all fade with the fix"},
		{"service absent", absent, 100 * m, map[time.Duration]string{
			m: "100% pass", 200 * s: "100% 502", 4 * m: "100% 503", 6040 * s: "75% 503, 25% pass", 6160 * s: "100% pass",
		}, "all gateways have routes, to nothing"},
		{"routes missing", routes, 100 * m, map[time.Duration]string{
			m: "25% 404, 75% pass", 2 * m: "50% 404, 50% pass", 100*m + 39*s: "50% 404, 50% pass", 6040 * s: "25% 404, 75% pass", 6080 * s: "100% pass",
		}, "the other half never notices"},
		{"healed in the middle", broken, 70 * s, map[time.Duration]string{
			60 * s: "25% 404, 75% pass", 80 * s: "25% 404, 25% 502, 50% pass", 110 * s: "100% pass", 150 * s: "100% pass", 10 * m: "100% pass",
		}, "cells that the update had not reached stay as they are"},
		{"rolling", rolling, m, map[time.Duration]string{0: "100% pass", 20 * s: "100% pass", 45 * s: "100% pass", 10 * m: "100% pass"},
			"a correct update is harmless"},
		{"rolling without drain", rough, 10 * m, map[time.Duration]string{
			0: "25% 502, 75% pass", 10*s - 1: "25% 502, 75% pass", 10 * s: "100% pass", 40 * s: "25% 502, 75% pass", 160 * s: "100% pass",
		}, "gateways send to a replica that is gone until they hear of it"},
		{"rolling over one replica", single, 10 * m, map[time.Duration]string{
			9 * s: "100% pass", 10 * s: "100% 503", 60*s - 1: "100% 503", 60 * s: "100% pass",
		}, "nobody else is there"},
		{"surge over one replica", surging, 10 * m, map[time.Duration]string{
			0: "100% pass", 40 * s: "100% pass", 50 * s: "100% pass", m: "100% pass", 70 * s: "100% pass",
		}, "the new one is there before the old one goes"},
		{"recreate", recreate, 10 * m, map[time.Duration]string{
			0: "100% pass", 10 * s: "100% 503", 60*s - 1: "100% 503", 60 * s: "100% pass",
		}, "nobody is listed from the lag until the start is over"},
		{"blue-green", green, 10 * m, map[time.Duration]string{
			0: "100% pass", 40 * s: "100% pass", 50 * s: "100% pass", 60 * s: "100% pass", 70 * s: "100% pass",
		}, "both sets are there for a while"},
		{"blue-green, service absent", greenAbsent, 10 * m, map[time.Duration]string{
			59 * s: "100% pass", 60 * s: "100% 502", 70 * s: "100% 503", 640 * s: "75% 503, 25% pass",
		}, "the switch leads to nobody"},
	} {
		got := map[time.Duration]string{}
		for at := range c.want {
			got[at] = shares(c.d, at, c.until)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: %s (-want +got):\n%s", c.name, c.reason, diff)
		}
	}
}

// TestIncidentInNumbers asks the fault itself, as the engine does, with a
// seed, endpoints and tokens.
func TestIncidentInNumbers(t *testing.T) {
	f := newFault("deploy", incident)
	if want := 20*s + 10*s + 160*s; f.Tail != want {
		t.Errorf("tail %v, want %v", f.Tail, want)
	}
	n := map[time.Duration]map[int]int{}
	for i := range 40 * 600 {
		at := from + time.Duration(i)*s/4
		slot := (at - from).Truncate(10 * m)
		if n[slot] == nil {
			n[slot] = map[int]int{}
		}
		r := Request{Seed: 20251210, Endpoint: fmt.Sprintf("eu-%d", i%20), Key: uint32(i % 40), Number: uint32(i), Attempt: 1 + i%3, Offset: at, From: from, Until: from + 100*m}
		n[slot][status(f, r)]++
	}
	for slot, got := range n {
		if slot == 0 {
			if got[502] < 20 || got[502] > 120 || got[404] < 600 || got[503] < 500 {
				t.Errorf("the first ten minutes gave %v, want a few 502, and 404 and 503 by hundreds", got)
			}
			continue
		}
		if got[404] < 1080 || got[503] < 1080 || got[404]+got[503] != 2400 {
			t.Errorf("ten minutes from %v gave %v, want 404 and 503 in halves", slot, got)
		}
	}
}

// status is what f answers r with; 0: r gets through.
func status(f Fault, r Request) int {
	h := f.HTTP(r, nil)
	if h == nil {
		return 0
	}
	w := &statusOnly{}
	h.ServeHTTP(w, &http.Request{Body: http.NoBody})
	return w.code
}

type statusOnly struct {
	code int
	h    http.Header
}

func (w *statusOnly) Header() http.Header {
	if w.h == nil {
		w.h = http.Header{}
	}
	return w.h
}
func (w *statusOnly) WriteHeader(code int)        { w.code = code }
func (w *statusOnly) Write(p []byte) (int, error) { return len(p), nil }

// TestDeploysPassOutsideTheirWindow holds for any deploy: nothing fails
// before it, and nothing once its tail is over.
func TestDeploysPassOutsideTheirWindow(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 3000 {
		a := anyDeploy(random)
		f, window := newFault("deploy", a), time.Duration(random.Int64N(int64(20*m)))+1
		inside := false
		for range 20 {
			r := Request{
				Seed: random.Uint64(), Endpoint: "eu-1", Key: random.Uint32(), Number: 1, Attempt: 1,
				From: from, Until: from + window,
			}
			for _, at := range []time.Duration{from - 1, from - time.Duration(random.Int64N(int64(from))), r.Until + f.Tail, r.Until + f.Tail + time.Duration(random.Int64N(int64(time.Hour)))} {
				if r.Offset = at; status(f, r) != 0 {
					t.Fatalf("%v: status %d at %v, window %v to %v, tail %v", a, status(f, r), at, r.From, r.Until, f.Tail)
				}
			}
			r.Offset = from + time.Duration(random.Int64N(int64(window+f.Tail)))
			code, again := status(f, r), status(f, r)
			if code != again {
				t.Fatalf("%v: status %d, then %d for the same request", a, code, again)
			}
			inside = inside || code != 0
		}
		for _, step := range f.Steps(from, from+window) {
			if step.At < from || step.At > from+window+f.Tail {
				t.Fatalf("%v: step %q at %v, window %v, tail %v", a, step.Text, step.At, window, f.Tail)
			}
		}
		if inside && harmless(a) {
			t.Errorf("%v: a correct update did harm", a)
		}
	}
}

// harmless reports whether a deploy is one that a correct platform does
// without anybody noticing.
func harmless(a Args) bool {
	left := a["leftover"].(Args)
	wellDone := a["strategy"] == "blue-green" || a["strategy"] == "rolling" && (a["replicas"].(int) > 1 || a["surge"] == true)
	return wellDone && a["drain"].(time.Duration) >= a["lag"].(time.Duration) && left["routes-missing"] == 0 && left["service-absent"] == false
}

func anyDeploy(random *rand.Rand) Args {
	n := 1 + random.IntN(6)
	a := Args{
		"strategy": []string{"rolling", "recreate", "blue-green"}[random.IntN(3)], "replicas": n,
		"drain": time.Duration(random.IntN(40)) * s, "start": time.Duration(1+random.IntN(60)) * s, "lag": time.Duration(random.IntN(50)) * s,
		"leftover": Args{"routes-missing": random.IntN(2) * random.IntN(n+1), "service-absent": random.IntN(2) == 1},
	}
	if a["strategy"] == "rolling" {
		a["surge"] = random.IntN(2) == 1
	}
	return a
}

func TestDeploySteps(t *testing.T) {
	for _, c := range []struct {
		name   string
		args   Args
		window time.Duration
		want   []string
		reason string
	}{
		{"incident", incident, 100 * m, []string{
			"10m0s replica 1 of 4: draining",
			"10m20s replica 1 of 4: ended",
			"11m0s replica 1 of 4: started, but no service leads to it",
			"11m0s route missing at gateway 1",
			"11m0s replica 2 of 4: draining",
			"11m20s replica 2 of 4: ended",
			"12m0s replica 2 of 4: started, but no service leads to it",
			"12m0s route missing at gateway 2",
			"12m0s replica 3 of 4: draining",
			"12m20s replica 3 of 4: ended",
			"13m0s replica 3 of 4: started, but no service leads to it",
			"13m0s replica 4 of 4: draining",
			"13m20s replica 4 of 4: ended",
			"13m30s service absent: no ready replica",
			"14m0s replica 4 of 4: started, but no service leads to it",
			"1h50m0s fix applied",
			"1h50m40s route back at gateway 1",
			"1h50m40s replica 1 of 4: ready",
			"1h51m20s route back at gateway 2",
			"1h51m20s replica 2 of 4: ready",
			"1h52m0s replica 3 of 4: ready",
			"1h52m40s replica 4 of 4: ready",
		}, "all that the history's reader has to know"},
		{"cut short", Args{"replicas": 3}, 70 * s, []string{
			"10m0s replica 1 of 3: draining",
			"10m20s replica 1 of 3: ended",
			"11m0s replica 1 of 3: ready",
			"11m0s replica 2 of 3: draining",
			"11m10s update stops: 1 of 3 replicas are old",
			"11m20s replica 2 of 3: ended",
			"12m0s replica 2 of 3: ready",
		}, "what has begun is finished, what has not is left"},
		{"blue-green", Args{"strategy": "blue-green", "replicas": 1}, 10 * m, []string{
			"10m40s replica 1 of 1: ready",
			"10m40s replica 1 of 1: draining",
			"11m0s replica 1 of 1: ended",
		}, "new ones first"},
	} {
		var got []string
		for _, step := range newFault("deploy", c.args).Steps(from, from+c.window) {
			got = append(got, fmt.Sprint(step.At, " ", step.Text))
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: %s (-want +got):\n%s", c.name, c.reason, diff)
		}
	}
}
