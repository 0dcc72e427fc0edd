package refsender

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rs/zerolog"

	"github.com/hookdrill/hookdrill/prober"
)

// brokenStore fails after what it was given to load.
type brokenStore struct{ store }

func (brokenStore) append(...record) error { return errors.New("disk full") }

// newTestAPI serves the API of a sender above st that reaches nobody.
func newTestAPI(t *testing.T, st store) (*sender, http.Handler) {
	t.Helper()
	dial := prober.InMemory().Dial
	s, err := start(t.Context(), Default(), prober.World{Dial: dial}, st)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		_ = s.Stop(ctx) // attempts in flight are cut off
	})
	return s, newAPI(s, zerolog.Nop())
}

func ask(h http.Handler, method, path, body string) (int, string) {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(method, path, strings.NewReader(body)))
	answer, _ := io.ReadAll(w.Result().Body)
	return w.Code, strings.TrimSuffix(string(answer), "\n")
}

const (
	goodSub   = `{"url":"http://a.endpoints.test/x","secret":"` + testSecret + `","topics":["a"]}`
	goodEvent = `{"id":"e1","key":"k","topic":"a","type":"t","payload":{"a":  1}}`
)

func TestAPI(t *testing.T) {
	long := strings.Repeat("x", maxName+1)
	big := strings.Repeat("x", maxPayload)
	_, h := newTestAPI(t, (&memoryLog{}).open(nil))
	for _, c := range []struct { // one after the other, against one sender
		reason, method, path, body string
		status                     int
		want                       string
	}{
		{"a subscription", "PUT", "/v1/endpoints/a", goodSub, 204, ``},
		{"a good event", "POST", "/v1/events", goodEvent, 202, `{"id":"e1","outcome":"accepted"}`},
		{"the same again", "POST", "/v1/events", goodEvent, 202, `{"id":"e1","outcome":"accepted"}`},
		{"its outcome", "GET", "/v1/events/e1", "", 200, `{"id":"e1","outcome":"accepted"}`},
		{"that of another", "GET", "/v1/events/a%2Fb", "", 200, `{"id":"a/b","outcome":"refused"}`},
		{"it is owed", "GET", "/v1/pending", "", 200, `{"pending":1}`},
		{"it runs", "GET", "/v1/ready", "", 200, `{"ready":true}`},
		{"the same subscription again", "PUT", "/v1/endpoints/a", goodSub, 204, ``},
		{"a name with a slash", "PUT", "/v1/endpoints/b%2Fc", goodSub, 204, ``},
		{"which can go", "DELETE", "/v1/endpoints/b%2Fc", "", 204, ``},
		{"but once", "DELETE", "/v1/endpoints/b%2Fc", "", 404, `{"error":"unsubscribe \"b/c\": no such endpoint","refused":true}`},
		{"a misspelt field", "PUT", "/v1/endpoints/a", `{"topic":["a"]}`, 400,
			`{"error":"body: json: unknown field \"topic\"","refused":true}`},
		{"a secret that is none", "PUT", "/v1/endpoints/z", `{"url":"http://a/","secret":"?","topics":["a"]}`, 422,
			`{"error":"subscribe \"z\": publish refused: secret: want whsec_ and base64","refused":true}`},
		{"a name without end", "PUT", "/v1/endpoints/" + long, goodSub, 400, `{"error":"endpoint: more than 256 bytes","refused":true}`},
		{"no body", "POST", "/v1/events", ``, 400, `{"error":"body: EOF","refused":true}`},
		{"two bodies", "POST", "/v1/events", goodEvent + goodEvent, 400, `{"error":"body: more than one JSON value","refused":true}`},
		{"a body and a half", "POST", "/v1/events", goodEvent + `{"`, 400, `{"error":"body: more than one JSON value","refused":true}`},
		{"not JSON", "POST", "/v1/events", `id=1`, 400, `{"error":"body: invalid character 'i' looking for beginning of value","refused":true}`},
		{"no id", "POST", "/v1/events", `{"key":"k","topic":"a","type":"t","payload":{}}`, 400, `{"error":"id: missing","refused":true}`},
		{"a long id", "POST", "/v1/events", `{"id":"` + long + `","key":"k","topic":"a","type":"t","payload":{}}`, 400,
			`{"error":"id: more than 256 bytes","refused":true}`},
		{"no payload", "POST", "/v1/events", `{"id":"e","key":"k","topic":"a","type":"t"}`, 400, `{"error":"payload: missing","refused":true}`},
		{"a payload beyond the limit", "POST", "/v1/events", `{"id":"e","key":"k","topic":"a","type":"t","payload":"` + big + `"}`, 413,
			`{"error":"payload: more than 1048576 bytes","refused":true}`},
		{"a body beyond the limit", "POST", "/v1/events", `{"id":"` + big + big, 413, `{"error":"body: more than 1114112 bytes","refused":true}`},
		{"another path", "GET", "/v2/events", "", 404, `{"error":"GET /v2/events: no such operation","refused":true}`},
		{"another method", "PUT", "/v1/events", goodEvent, 404, `{"error":"PUT /v1/events: no such operation","refused":true}`},
	} {
		status, got := ask(h, c.method, c.path, c.body)
		if status != c.status || got != c.want {
			t.Errorf("%s: got %d %s, want %d %s", c.reason, status, got, c.status, c.want)
		}
	}
}

func TestAPISaysWhatIsOwed(t *testing.T) {
	_, broken := newTestAPI(t, brokenStore{(&memoryLog{}).open(nil)})
	stopping, stopped := newTestAPI(t, (&memoryLog{}).open(nil))
	if err := stopping.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		reason       string
		h            http.Handler
		method, path string
		body         string
		status       int
		want         string
	}{
		{"a store that fails leaves it open", broken, "POST", "/v1/events", goodEvent, 500, `{"error":"publish e1: disk full","refused":false}`},
		{"so with a subscription", broken, "PUT", "/v1/endpoints/a", goodSub, 500, `{"error":"subscribe \"a\": disk full","refused":false}`},
		{"a sender that stops owes nothing new", stopped, "POST", "/v1/events", goodEvent, 503, `{"error":"sender is stopping: publish refused","refused":true}`},
		{"nor takes subscriptions", stopped, "PUT", "/v1/endpoints/a", goodSub, 503, `{"error":"sender is stopping: publish refused","refused":true}`},
		{"nor is it ready", stopped, "GET", "/v1/ready", "", 503, `{"error":"sender is stopping: publish refused","refused":true}`},
	} {
		status, got := ask(c.h, c.method, c.path, c.body)
		if diff := cmp.Diff([]any{c.status, c.want}, []any{status, got}); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.reason, diff)
		}
	}
}

// FuzzPublish: whatever comes in is accepted or refused, and what is accepted
// is delivered in the bytes that stand in the body.
func FuzzPublish(f *testing.F) {
	f.Add(goodEvent)
	f.Add(`{"id":"e","key":"k","topic":"a","type":"t","payload":null}`)
	f.Add(`{"id":"e","key":"k","topic":"a","type":"t","payload":"<\u00e9>"} `)
	f.Add(`{"ID":"e","id":"f"}{`)
	f.Fuzz(func(t *testing.T, body string) {
		log := &memoryLog{}
		_, h := newTestAPI(t, log.open(nil))
		status, answer := ask(h, "POST", "/v1/events", body)
		switch status {
		case http.StatusAccepted:
			if m := log.records[0].msg; !strings.Contains(body, string(m.Body)) || m.ID == "" {
				t.Errorf("%q was accepted as %+v", body, m)
			}
		case http.StatusBadRequest, http.StatusRequestEntityTooLarge:
			if !strings.Contains(answer, `"refused":true`) || len(log.records) > 0 {
				t.Errorf("%q: %d %s with %d records", body, status, answer, len(log.records))
			}
		default:
			t.Errorf("%q: status %d, %s", body, status, answer)
		}
	})
}
