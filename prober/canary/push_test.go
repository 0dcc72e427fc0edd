package canary

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"
	collector "go.opentelemetry.io/proto/otlp/collector/metrics/v1"
	"google.golang.org/protobuf/proto"
)

// sink is a collector in the rig's network.
type sink struct {
	mu     sync.Mutex
	status int
	token  string
	pushes []*collector.ExportMetricsServiceRequest
}

func (r *rig) sink(name string) *sink {
	r.t.Helper()
	l, err := r.network.Listen(name)
	if err != nil {
		r.t.Fatal(err)
	}
	k := &sink{}
	s := &http.Server{Handler: k}
	r.servers = append(r.servers, s)
	r.wg.Go(func() { _ = s.Serve(l) })
	return k
}

func (k *sink) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.token = r.Header.Get("Authorization")
	if k.status != 0 {
		w.WriteHeader(k.status)
		return
	}
	push := &collector.ExportMetricsServiceRequest{}
	z, err := gzip.NewReader(r.Body)
	if err == nil {
		var b []byte
		if b, err = io.ReadAll(z); err == nil {
			err = proto.Unmarshal(b, push)
		}
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	k.pushes = append(k.pushes, push)
}

func (k *sink) answer(status int) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.status = status
}

func (k *sink) count() int {
	k.mu.Lock()
	defer k.mu.Unlock()
	return len(k.pushes)
}

// value adds up the points of a counter in the newest push whose labels hold
// all of those given.
func (k *sink) value(name string, labels ...string) (sum float64) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, m := range k.pushes[len(k.pushes)-1].GetResourceMetrics()[0].GetScopeMetrics()[0].GetMetrics() {
		if m.GetName() != name {
			continue
		}
		for _, p := range m.GetSum().GetDataPoints() {
			text := ""
			for _, a := range p.GetAttributes() {
				text += a.GetKey() + "=" + a.GetValue().GetStringValue() + " "
			}
			all := true
			for _, want := range labels {
				all = all && strings.Contains(text, want+" ")
			}
			if all {
				sum += p.GetAsDouble()
			}
		}
	}
	return sum
}

// TestOTLP pushes to a collector what Prometheus can pull, goes on probing
// while that is down, says so once, and pushes a last time at the end.
func TestOTLP(t *testing.T) {
	t.Setenv("HOOKDRILL_TEST_OTLP", "Bearer hunter2")
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, "eu", "us")
		k := r.sink("collector")
		var log lines
		r.o.Log = zerolog.New(&log)
		r.c.OTLP = OTLP{URL: "http://collector.endpoints.test/v1/metrics", Interval: time.Minute,
			Headers: map[string]Secret{"Authorization": {Env: "HOOKDRILL_TEST_OTLP"}}}
		l := r.start()
		time.Sleep(5*time.Minute + time.Second)
		if n := k.count(); n != 5 || k.token != "Bearer hunter2" {
			t.Errorf("%d pushes in five minutes, with %q", n, k.token)
		}
		k.answer(http.StatusServiceUnavailable)
		time.Sleep(5 * time.Minute)
		if n := l.metric(t, "webhook_canary_delivered_total", "region=eu", "timeliness=on_time"); n < 58 {
			t.Errorf("%v canaries in ten minutes: probing waits for the collector", n)
		}
		k.answer(0)
		time.Sleep(time.Minute)
		l.stop(t)
		for _, region := range []string{"region=eu", "region=us"} {
			got, want := k.value("webhook_canary_delivered_total", region), l.metric(t, "webhook_canary_delivered_total", region, "timeliness=on_time")
			if got != want || want < 60 {
				t.Errorf("%s: the last push says %v, the registry %v", region, got, want)
			}
		}
		if strings.Count(log.String(), "metrics were not pushed") != 1 || strings.Count(log.String(), "metrics are pushed again") != 1 ||
			strings.Contains(log.String(), "hunter2") {
			t.Errorf("the log:\n%s", log.String())
		}
	})
}

// TestOTLPReload moves to another collector, and refuses one whose secret is
// not there.
func TestOTLPReload(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, "eu")
		old, fresh := r.sink("old"), r.sink("fresh")
		r.c.OTLP = OTLP{URL: "http://old.endpoints.test/v1/metrics", Interval: time.Minute}
		l := r.start()
		time.Sleep(150 * time.Second)
		wrong := *r.c
		wrong.OTLP.Headers = map[string]Secret{"Authorization": {Env: "HOOKDRILL_TEST_NONE"}}
		if err := l.Reload(t.Context(), &wrong); err == nil ||
			err.Error() != "the old configuration goes on: otlp.headers.Authorization: the environment has no HOOKDRILL_TEST_NONE" {
			t.Errorf("a secret that is not there: %v", err)
		}
		time.Sleep(time.Minute)
		if old.count() != 3 {
			t.Errorf("%d pushes after a reload that was refused", old.count())
		}
		other := *r.c
		other.OTLP.URL = "http://fresh.endpoints.test/v1/metrics"
		if err := l.Reload(t.Context(), &other); err != nil {
			t.Fatal(err)
		}
		was := old.count()
		time.Sleep(2*time.Minute + time.Second)
		if old.count() != was || fresh.count() != 2 {
			t.Errorf("after the move %d more pushes to the old collector, %d to the new one", old.count()-was, fresh.count())
		}
		l.stop(t)
	})
}

// TestOTLPKeepsToTheAllowList names a collector on loopback, which the
// allow-list's networks do not hold: nothing is sent there.
func TestOTLPKeepsToTheAllowList(t *testing.T) {
	called := make(chan struct{}, 1)
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { called <- struct{}{} }))
	defer server.Close()
	c := Defaults()
	c.Allow.Hosts = []string{"127.0.0.1"}
	c.OTLP = OTLP{URL: server.URL + "/v1/metrics", Interval: time.Hour}
	p := New(&c, Options{})
	if err := p.repush(t.Context(), pushParts{}); err != nil {
		t.Fatal(err)
	}
	err := p.pusher.close(t.Context())
	if ClassOf(err) != Blocked || len(called) != 0 {
		t.Errorf("pushed to loopback: %v, called %d times", err, len(called))
	}
}
