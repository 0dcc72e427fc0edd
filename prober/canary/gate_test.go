package canary

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/hookdrill/hookdrill/scenarios/verdict"
)

// desk is a prober's admin handler above a model that a story drives.
func desk(t *testing.T, s *story, token string) http.Handler {
	t.Helper()
	c := Defaults()
	c.Admin.Listen = ""
	for _, r := range s.m.regions {
		c.Regions = append(c.Regions, Region{Name: r.name})
	}
	st, err := openStore(t.Context(), t.TempDir()+"/probe.db", nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := st.close(); err != nil {
			t.Error(err)
		}
	})
	p := New(&c, Options{Clock: func() time.Time { return s.at }})
	p.model, p.store, p.ready = s.m, st, true
	return p.Handler(token)
}

func call(h http.Handler, method, path, body string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// state is a prober in one of the three states that gates tell apart.
func state(t *testing.T, of verdict.Status) http.Handler {
	s := newStory(t, testSettings(), "prod-1", "prod-2")
	switch of {
	case verdict.Pass:
		s.play(8)
	case verdict.Fail:
		s.play(4)
		s.route["prod-2"], s.hold["prod-2"] = RouteMissing, true
		s.play(5)
	}
	return desk(t, s, "")
}

// TestGateClients replays what each gate client of prober.md 4.1 does with an
// answer, and wants the deploy to go the right way.
func TestGateClients(t *testing.T) {
	for _, row := range []struct {
		client             string
		ask                func(h http.Handler) string
		pass, fail, nodata string
	}{
		{"Flagger confirm-promotion: at most 202 passes, 5xx and 429 lose the body", func(h http.Handler) string {
			w := call(h, "POST", "/v1/gate/all", `{"name":"app","namespace":"prod","phase":"Progressing","checksum":"1","metadata":{}}`, "Content-Type", "application/json")
			switch {
			case w.Code >= 500 || w.Code == 429:
				return "giving up, body lost"
			case w.Code > 202:
				return "halt: " + strings.SplitN(w.Body.String(), "\n", 2)[0]
			}
			return "promote"
		}, "promote", "halt: fail", "halt: inconclusive"},
		{"Flagger rollback: 2xx rolls back", func(h http.Handler) string {
			if w := call(h, "POST", "/v1/rollback/all", `{"name":"app"}`); w.Code <= 202 {
				return "roll back"
			}
			return "stay"
		}, "stay", "roll back", "stay"},
		{"Argo Rollouts web: anything but 2xx is an error; conditions on the body", func(h http.Handler) string {
			w := call(h, "GET", "/v1/verdict/all", "")
			var body struct {
				Verdict string `json:"verdict"`
				OK      bool   `json:"ok"`
			}
			if w.Code/100 != 2 || json.Unmarshal(w.Body.Bytes(), &body) != nil {
				return "Error"
			}
			switch {
			case body.Verdict == "pass" && body.OK:
				return "Successful"
			case body.Verdict == "fail" && !body.OK:
				return "Failed"
			}
			return "Inconclusive"
		}, "Successful", "Failed", "Inconclusive"},
		{"Argo Rollouts web, fail closed by the query", func(h http.Handler) string {
			return field(call(h, "GET", "/v1/verdict/all?no_data=fail", "").Body.Bytes(), "verdict")
		}, "pass", "fail", "fail"},
		{"Spinnaker monitored webhook: a status it does not know, 5xx and 429 are RUNNING, 4xx is TERMINAL", func(h http.Handler) string {
			w := call(h, "GET", "/v1/verdict/all", "")
			if w.Code >= 500 || w.Code == 429 {
				return "RUNNING by mistake"
			}
			if w.Code >= 400 {
				return "TERMINAL by mistake"
			}
			return field(w.Body.Bytes(), "status")
		}, "SUCCEEDED", "TERMINAL", "RUNNING"},
		{"GitHub Actions and Kubernetes Jobs: the exit code", func(h http.Handler) string {
			server := httptest.NewServer(h)
			defer server.Close()
			r, err := AskGate(t.Context(), GateQuery{URL: server.URL, Question: Question{Name: All}})
			if err != nil {
				return err.Error()
			}
			return string(rune('0' + ExitCode(r.Result())))
		}, "0", "1", "3"},
	} {
		for of, want := range map[verdict.Status]string{verdict.Pass: row.pass, verdict.Fail: row.fail, verdict.Unknown: row.nodata} {
			if got := row.ask(state(t, of)); got != want {
				t.Errorf("%s: with %v: %s, want %s", row.client, of, got, want)
			}
		}
	}
}

func field(b []byte, name string) string {
	var m map[string]any
	if err := json.Unmarshal(b, &m); err != nil {
		return err.Error()
	}
	s, _ := m[name].(string)
	return s
}

// TestGateRequests wants mistakes of a caller told as such, and no status that
// clients take for something else.
func TestGateRequests(t *testing.T) {
	h := state(t, verdict.Pass)
	for _, row := range []struct {
		method, path, body string
		status             int
		says               string
	}{
		{"GET", "/v1/gate/prod-2", "", 200, "pass\nprod-2: "},
		{"GET", "/v1/gate/prod-9", "", 404, "there is no such region\n"},
		{"GET", "/v1/gate/all?since=yesterday", "", 400, "since: \"yesterday\" is no time"},
		{"GET", "/v1/gate/all?wait=1h", "", 400, "wait: want a duration up to 10m0s"},
		{"GET", "/v1/gate/all?no_data=maybe", "", 400, "no_data: \"maybe\" is none of"},
		{"GET", "/v1/gate/all?min_samples=0", "", 400, "min_samples: \"0\" is no number"},
		{"GET", "/v1/gate/all?regions=prod-1,nowhere", "", 409, "inconclusive\n"},
		{"GET", "/v1/gate/all?deploy=unknown", "", 409, "inconclusive\nprod-1: deploy \"unknown\" was never marked"},
		{"GET", "/v1/gate/all?deploy=unknown&no_data=pass", "", 200, "pass\n"},
		{"POST", "/v1/gate/all", `{"metadata":{"no_data":"fail","deploy":"unknown"}}`, 403, "fail\n"},
		{"POST", "/v1/gate/all", `{"metadata":{"no_data":1}}`, 400, "body: "},
		{"GET", "/v1/rollback/all", "", 405, ""},
		{"POST", "/v1/deploys", `{"id":"","phase":"start"}`, 400, "id: want 1 to 200"},
		{"POST", "/v1/deploys", `{"id":"x","phase":"middle"}`, 400, "phase: want"},
		{"POST", "/v1/deploys", `{"id":"x","phase":"end","region":"prod-9"}`, 400, "region: there is no"},
		{"POST", "/v1/silences", `{"for":"1h"}`, 400, "want for, from 1s to 7d, reason and author"},
		{"POST", "/v1/silences", `{"for":"1h","reason":"move","author":"ann"}`, 200, `{"until":`},
		{"GET", "/v1/incidents", "", 200, `{"incidents":null,"schema_version":1}`},
		{"GET", "/healthz", "", 200, "ok\n"},
		{"GET", "/readyz", "", 200, "probing\n"},
	} {
		w := call(h, row.method, row.path, row.body)
		if w.Code != row.status || !strings.HasPrefix(w.Body.String(), row.says) {
			t.Errorf("%s %s %s: %d %q, want %d %q", row.method, row.path, row.body, w.Code, w.Body, row.status, row.says)
		}
		if w.Code >= 500 || w.Code == 429 {
			t.Errorf("%s %s: %d", row.method, row.path, w.Code)
		}
	}
}

// TestGateAfterDeploy judges only what was published after the mark.
func TestGateAfterDeploy(t *testing.T) {
	s := newStory(t, testSettings(), "prod-1", "prod-2")
	s.publish["prod-2"] = ServerError
	s.play(6)
	h := desk(t, s, "")
	ask := func() int { return call(h, "GET", "/v1/gate/all?deploy=d1", "").Code }
	if got := ask(); got != 409 {
		t.Errorf("before any mark: %d", got)
	}
	call(h, "POST", "/v1/deploys", `{"id":"d1","phase":"start"}`)
	s.at = s.at.Add(time.Second)
	s.publish["prod-2"] = OK
	s.play(4)
	if got := ask(); got != 409 {
		t.Errorf("while it goes on, all well: %d", got)
	}
	call(h, "POST", "/v1/deploys", `{"id":"d1","phase":"end"}`)
	s.at = s.at.Add(time.Second)
	if got := ask(); got != 409 {
		t.Errorf("just ended, nothing published since: %d", got)
	}
	s.play(3)
	if w := call(h, "GET", "/v1/gate/all?deploy=d1", ""); w.Code != 200 {
		t.Errorf("with samples since: %d %s", w.Code, w.Body)
	}
	if got := call(h, "GET", "/v1/gate/all", "").Code; got != 403 {
		t.Errorf("without a mark the failures before count: %d", got)
	}
	s.publish["prod-1"] = RouteMissing
	s.play(1)
	if got := ask(); got != 403 {
		t.Errorf("one that failed since: %d", got)
	}
}

func TestToken(t *testing.T) {
	s := newStory(t, testSettings(), "eu")
	h := desk(t, s, "hunter2")
	for _, path := range []string{"/", "/metrics", "/v1/gate/all", "/v1/verdict/all", "/v1/incidents"} {
		for header, want := range map[string]bool{"": false, "Bearer wrong": false, "Bearer ": false, "hunter": false, "Bearer hunter2": true} {
			if w := call(h, "GET", path, "", "Authorization", header); (w.Code != 401) != want {
				t.Errorf("%s with %q: %d", path, header, w.Code)
			}
		}
	}
	for _, path := range []string{"/healthz", "/readyz"} {
		if w := call(h, "GET", path, ""); w.Code != 200 {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
}

// TestAskGate waits for a verdict, and tells no answer from no verdict.
func TestAskGate(t *testing.T) {
	if _, err := AskGate(t.Context(), GateQuery{URL: "nowhere"}); err == nil || err.Error() != `gate: "nowhere" is no URL such as http://127.0.0.1:8089` {
		t.Errorf("no URL: %v", err)
	}
	server := httptest.NewServer(state(t, verdict.Pass))
	defer server.Close()
	if _, err := AskGate(t.Context(), GateQuery{URL: server.URL, Question: Question{Name: "prod-9"}}); err == nil ||
		err.Error() != "gate: it answered 404 Not Found: there is no such region" {
		t.Errorf("no such gate: %v", err)
	}
	odd := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte(`{"schema_version":1}`)) }))
	defer odd.Close()
	if _, err := AskGate(t.Context(), GateQuery{URL: odd.URL, Question: Question{Name: All}}); err == nil ||
		err.Error() != `verdict: "" is none of pass, fail, inconclusive` {
		t.Errorf("an answer without a verdict: %v", err)
	}
}
