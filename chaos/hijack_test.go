package chaos_test

import (
	"errors"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hookdrill/hookdrill/chaos"
	"github.com/hookdrill/hookdrill/prober"
)

func TestWaitingEndsWithTheServer(t *testing.T) {
	for _, f := range []chaos.Fault{fault("hang", nil), fault("delay", constant(24*time.Hour))} {
		synctest.Test(t, func(t *testing.T) {
			s := serve(t, prober.InMemory(), f, chaos.Request{})
			time.AfterFunc(time.Hour, s.end)
			_, err := s.post(t.Context(), 10)
			if got := classes(err); len(got) != 1 || got[0] != "EOF" {
				t.Errorf("%s: a client that waits for ever saw %v, want EOF: no end may look like an answer", f.Kind, got)
			}
		})
	}
}

func TestRetryAfterHeader(t *testing.T) {
	date := func(d time.Duration) string {
		// A bubble's clock starts at a whole second.
		return time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC).Add(d).Format(http.TimeFormat)
	}
	for _, c := range []struct {
		reason string
		kind   string
		args   chaos.Args
		scale  float64
		want   string
		asks   time.Duration
	}{
		{"the default", "retry-after", nil, 1, "120", 2 * time.Minute},
		{"a scenario's two minutes are two seconds at scale 60", "retry-after", nil, 60, "2", 2 * time.Minute},
		{"rounded up, never asking for less", "retry-after", chaos.Args{"after": 90 * time.Second}, 60, "2", 90 * time.Second},
		{"as a date", "retry-after", chaos.Args{"form": "date"}, 1, date(2 * time.Minute), 2 * time.Minute},
		{"as a date, scaled", "retry-after", chaos.Args{"form": "date", "after": time.Hour}, 60, date(time.Minute), time.Hour},
		{"garbage goes out as it stands, and asks for nothing", "retry-after", chaos.Args{"value": "soon"}, 60, "soon", 0},
		{"a date long past", "retry-after", chaos.Args{"value": date(-time.Hour)}, 60, date(-time.Hour), 0},
		{"of any status", "status", chaos.Args{"code": 503, "headers": map[string]string{"retry-after": "600"}}, 60, "10", 10 * time.Minute},
	} {
		synctest.Test(t, func(t *testing.T) {
			f := fault(c.kind, c.args)
			if f.RetryAfter != c.asks {
				t.Errorf("%s: the fault asks for %v, want %v", c.reason, f.RetryAfter, c.asks)
			}
			res, err := serve(t, prober.InMemory(), f, chaos.Request{Scale: c.scale}).post(t.Context(), 10)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = res.Body.Close() }()
			if got := res.Header.Get("Retry-After"); got != c.want {
				t.Errorf("%s: header %q, want %q", c.reason, got, c.want)
			}
		})
	}
}

// TestHarnessMistakesAreTold shows that a server whose connections cannot be
// reset does not make a fault look as if it had acted.
func TestHarnessMistakesAreTold(t *testing.T) {
	defer func() {
		err, ok := recover().(error)
		const want = "harness: fault reset: take the connection: feature not supported"
		if !ok || err.Error() != want || !errors.Is(err, http.ErrNotSupported) {
			t.Errorf("panic with %v, want %s", err, want)
		}
	}()
	h := fault("reset", nil).HTTP(chaos.Request{}, nil)
	h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodPost, "/", strings.NewReader("x")))
}

// plainListener hides what connections can do.
type plainListener struct{ net.Listener }

func (l plainListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return struct{ net.Conn }{c}, nil
}

// lines is a writer that hands on what is written: net/http logs a panic on a
// connection that was taken from it while nobody waits for it any more.
type lines chan string

func (l lines) Write(p []byte) (int, error) {
	l <- string(p)
	return len(p), nil
}

func TestConnectionsThatCannotBeReset(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := prober.InMemory()
		l, err := n.Listen("one")
		if err != nil {
			t.Fatal(err)
		}
		told := make(lines, 1)
		server := &http.Server{Handler: answering(fault("reset", nil), chaos.Request{}), ErrorLog: log.New(told, "", 0)}
		var all sync.WaitGroup
		all.Go(func() { _ = server.Serve(plainListener{l}) })
		transport := &http.Transport{DialContext: n.Dial}
		s := site{url: l.URL("one"), client: &http.Client{Transport: transport}}
		if _, err = s.post(t.Context(), 10); err == nil {
			t.Error("an answer came")
		}
		if err := server.Close(); err != nil {
			t.Error(err)
		}
		all.Wait()
		transport.CloseIdleConnections()
		got := <-told
		if want := "harness: fault reset: a connection of type struct { net.Conn } cannot be reset"; !strings.Contains(got, want) {
			t.Errorf("the server's log is %q, want it to hold %q", got, want)
		}
	})
}
