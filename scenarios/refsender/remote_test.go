package refsender

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/hookdrill/hookdrill/prober"
	"github.com/hookdrill/hookdrill/prober/event"
	"github.com/hookdrill/hookdrill/prober/history"
)

// TestRemoteTellsOutcomesApart answers a publish in many ways.
func TestRemoteTellsOutcomesApart(t *testing.T) {
	type reply struct {
		status int
		body   string
	}
	var next atomic.Pointer[reply]
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v1/policy", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `{"name":"x"}`) })
	mux.HandleFunc("/v1/", func(w http.ResponseWriter, _ *http.Request) {
		answer := next.Load()
		if answer.status == 0 {
			panic(http.ErrAbortHandler)
		}
		if answer.status/100 == 3 {
			w.Header().Set("Location", "/v1/policy")
		}
		w.WriteHeader(answer.status)
		_, _ = io.WriteString(w, answer.body)
	})
	base := newPlainServer(t, mux)
	r, err := Connect(t.Context(), base)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	const refused = "publish hd1-t-1-1-dorf: publish refused: "
	for _, c := range []struct {
		reason string
		status int
		body   string
		want   string
	}{
		{"accepted", 202, `{}`, ""},
		{"another success is not what was promised", 200, ``, "publish hd1-t-1-1-dorf: 200 OK"},
		{"a redirect leads nowhere", 302, ``, "publish hd1-t-1-1-dorf: 302 Found"},
		{"refused in words", 422, `{"error":"no","refused":true}`, refused + "422 Unprocessable Entity: no"},
		{"refused by a gateway without a route", 404, `<html>`, refused + "404 Not Found"},
		{"the sender stops, and says so", 503, `{"error":"stopping","refused":true}`, refused + "503 Service Unavailable: stopping"},
		{"a gateway without a backend leaves it open", 503, `upstream`, "publish hd1-t-1-1-dorf: 503 Service Unavailable"},
		{"an error of the sender leaves it open", 500, `{"error":"disk full","refused":false}`, "publish hd1-t-1-1-dorf: 500 Internal Server Error: disk full"},
		{"a lost connection leaves it open", 0, ``, `publish hd1-t-1-1-dorf: Post "` + base + `/v1/events": EOF`},
	} {
		next.Store(&reply{c.status, c.body})
		err := r.Publish(t.Context(), newEvent("a", 1, 1))
		if got := errorText(err); got != c.want || errors.Is(err, prober.ErrRefused) != strings.HasPrefix(c.want, refused) {
			t.Errorf("%s: got %q, want %q", c.reason, got, c.want)
		}
	}
	next.Store(&reply{200, `{"id":"x","outcome":"perhaps"}`})
	o, err := r.Outcome(t.Context(), event.Token{Run: "t", Key: 1, Seq: 1})
	if want := `outcome of hd1-t-1-1-dorf: unknown outcome "perhaps"`; o != history.Indeterminate || errorText(err) != want {
		t.Errorf("got %v, %q, want %q", o, errorText(err), want)
	}
	bad := newEvent("a", 1, 1)
	bad.Body = []byte("{")
	if err := r.Publish(t.Context(), bad); !errors.Is(err, prober.ErrRefused) {
		t.Errorf("a payload that is not JSON: %v", err)
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func TestRemoteWithoutASender(t *testing.T) {
	base := newPlainServer(t, http.NotFoundHandler())
	want := "connect to sender " + base + ": publish refused: 404 Not Found"
	if _, err := Connect(t.Context(), base); errorText(err) != want {
		t.Errorf("got %v, want %s", err, want)
	}
}
