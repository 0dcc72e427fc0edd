package chaos_test

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"runtime"
	"slices"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/hookdrill/hookdrill/chaos"
	"github.com/hookdrill/hookdrill/prober"
)

// seen is what a careful http.Client finds out about one exchange.
type seen struct {
	Status   int
	Body     int // bytes
	Location string
	// Err holds the sentinels that the error matches.
	Err []string
}

// wireCases are run on both networks, which must agree.
var wireCases = []struct {
	name, reason string
	kind         string
	args         chaos.Args
	request      chaos.Request
	body         int // of the request; 0: a few bytes
	want         seen
	// vague says that the status may be seen or not, as after a reset.
	vague bool
	// or is what Err may be as well, by which of the client's own goroutines
	// is the first to speak.
	or []string
}{
	{name: "status", kind: "status", reason: "the plain case", want: seen{Status: 503}},
	{name: "beyond the standard", kind: "status", args: chaos.Args{"code": 520, "body": "origin?"},
		reason: "a code that net/http has no text for", want: seen{Status: 520, Body: 7}},
	{name: "last status", kind: "status", args: chaos.Args{"code": 599}, reason: "the highest code", want: seen{Status: 599}},
	{name: "no content", kind: "status", args: chaos.Args{"code": 204}, reason: "a success without a body", want: seen{Status: 204}},
	{name: "large answer", kind: "status", args: chaos.Args{"code": 200, "body-size": 100_000}, body: 200_000,
		reason: "more than any buffer on the way", want: seen{Status: 200, Body: 100_000}},
	{name: "early hints and no more", kind: "status", args: chaos.Args{"code": 103},
		reason: "net/http would send a 200 behind it", want: seen{Err: []string{"unexpected EOF"}}},
	{name: "switching protocols", kind: "status", args: chaos.Args{"code": 101},
		reason: "the one 1xx that is an answer for net/http's client", want: seen{Status: 101}},

	{name: "sequence", kind: "sequence", args: sequence(false), request: chaos.Request{Attempt: 2},
		reason: "the second attempt gets the second fault", want: seen{Status: 500}},
	{name: "behind the sequence", kind: "sequence", args: sequence(false), request: chaos.Request{Attempt: 3},
		reason: "what comes behind the last passes", want: seen{Status: 200, Body: 2}},
	{name: "sequence again", kind: "sequence", args: sequence(true), request: chaos.Request{Attempt: 5},
		reason: "the fifth of two is the first", want: seen{Status: 404}},
	{name: "sequence without token", kind: "sequence", args: sequence(true),
		reason: "of an unknown attempt nothing can be said", want: seen{Status: 200, Body: 2}},

	{name: "flap down", kind: "flap", args: chaos.Args{"period": time.Minute, "duty": 0.25}, request: at(time.Minute + 14*time.Second),
		reason: "down in the period's first quarter", want: seen{Status: 503}},
	{name: "flap up", kind: "flap", args: chaos.Args{"period": time.Minute, "duty": 0.25}, request: at(time.Minute + 15*time.Second),
		reason: "up behind it, and the bound is up", want: seen{Status: 200, Body: 2}},
	{name: "flap with a fault", kind: "flap", args: chaos.Args{"down": []chaos.Fault{fault("reset", nil)}}, request: at(0),
		reason: "any fault can be the down", want: seen{Err: []string{"reset"}}},

	{name: "delay in time", kind: "delay", args: constant(20 * time.Millisecond), reason: "late is not never", want: seen{Status: 200, Body: 2}},
	{name: "delay too long", kind: "delay", args: constant(time.Hour), reason: "the client's own timeout", want: seen{Err: []string{"deadline"}}},
	{name: "delay scaled", kind: "delay", args: constant(time.Hour), request: chaos.Request{Scale: 3_600_000},
		reason: "a scenario hour in a millisecond", want: seen{Status: 200, Body: 2}},
	{name: "hang", kind: "hang", reason: "no answer ends with the client's own timeout", want: seen{Err: []string{"deadline"}}},

	{name: "redirect", kind: "redirect", reason: "the trap stands on the same host",
		want: seen{Status: 307, Location: chaos.TrapPrefix + "/one"}},
	{name: "redirect to a trap that refuses", kind: "redirect", args: chaos.Args{"answer": 403}, reason: "the trap is told its answer",
		want: seen{Status: 307, Location: chaos.TrapPrefix + "/one?" + chaos.TrapAnswer + "=403"}},
	{name: "redirect elsewhere", kind: "redirect", args: chaos.Args{"code": 301, "to": "http://127.0.0.2/x"},
		reason: "as it was written", want: seen{Status: 301, Location: "http://127.0.0.2/x"}},
	{name: "retry-after", kind: "retry-after", reason: "the status; the header has a test of its own", want: seen{Status: 429}},

	{name: "refuse", kind: "refuse", reason: "as where nobody listens", want: seen{Err: []string{"refused"}}},
	{name: "blackhole", kind: "blackhole", reason: "connecting ends with the client's own timeout", want: seen{Err: []string{"deadline"}}},

	{name: "reset at headers", kind: "reset", args: chaos.Args{"at": "headers"}, reason: "body unread", want: seen{Err: []string{"reset"}}},
	{name: "reset in the body", kind: "reset", args: chaos.Args{"at": "body", "bytes": 50}, reason: "body half read", want: seen{Err: []string{"reset"}}},
	{name: "reset at request", kind: "reset", reason: "request whole, no answer", want: seen{Err: []string{"reset"}}},
	{name: "reset at status", kind: "reset", args: chaos.Args{"at": "status"}, vague: true,
		reason: "whether the status is seen is chance on a real network; that the body fails is not", want: seen{Err: []string{"reset"}}},

	{name: "fin at headers", kind: "fin", args: chaos.Args{"at": "headers"}, reason: "unread bytes must not make a reset of it", want: seen{Err: []string{"EOF"}}},
	{name: "fin at headers, long body", kind: "fin", args: chaos.Args{"at": "headers"}, body: 4 << 20,
		reason: "more than all buffers: still being sent when FIN comes", want: seen{Err: []string{"EOF"}}, or: []string{"closed"}},
	{name: "fin in the body", kind: "fin", args: chaos.Args{"at": "body", "bytes": 50}, reason: "body half read", want: seen{Err: []string{"EOF"}}},
	{name: "fin behind the body", kind: "fin", args: chaos.Args{"at": "body", "bytes": 5000}, reason: "a shorter body is read whole", want: seen{Err: []string{"EOF"}}},
	{name: "fin at request", kind: "fin", body: 200_000, reason: "request whole, no answer", want: seen{Err: []string{"EOF"}}},
	{name: "fin at status", kind: "fin", args: chaos.Args{"at": "status", "code": 502},
		reason: "the status is seen, its body is not", want: seen{Status: 502, Err: []string{"unexpected EOF"}}},

	{name: "deploy without routes", kind: "deploy", args: leftover(chaos.Args{"routes-missing": 4}), request: at(30 * time.Minute),
		reason: "the gateway's own page", want: seen{Status: 404, Body: len("default backend - 404")}},
	{name: "deploy without service", kind: "deploy", args: leftover(chaos.Args{"service-absent": true}), request: at(30 * time.Minute),
		reason: "HTML where JSON was expected", want: seen{Status: 503, Body: 162}},
	{name: "deploy as it should be", kind: "deploy", request: at(30 * time.Second),
		reason: "a correct update is no fault", want: seen{Status: 200, Body: 2}},

	{name: "truncate", kind: "truncate", body: 200_000, reason: "as much as was said, then EOF too early",
		want: seen{Status: 200, Body: 100, Err: []string{"unexpected EOF"}}},
	{name: "truncate long", kind: "truncate", args: chaos.Args{"size": 200_000, "at": 150_000}, reason: "beyond all buffers",
		want: seen{Status: 200, Body: 150_000, Err: []string{"unexpected EOF"}}},
}

func TestFaultsLookAlikeOnBothNetworks(t *testing.T) {
	for i, c := range wireCases {
		run := func(t *testing.T, n prober.Network) {
			c := wireCases[i]
			patience := 20 * time.Second // of a busy machine
			if slices.Contains(c.want.Err, "deadline") {
				patience = 300 * time.Millisecond
			}
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			got := exchange(ctx, t, n, fault(c.kind, c.args), c.request, cmp.Or(c.body, 100))
			if c.vague {
				got.Status = 0
			}
			if c.or != nil && slices.Equal(c.or, got.Err) {
				got.Err = c.want.Err
			}
			if diff := gocmp.Diff(c.want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", c.reason, diff)
			}
		}
		t.Run(c.name+"/memory", func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { run(t, prober.InMemory()) })
		})
		t.Run(c.name+"/loopback", func(t *testing.T) {
			if runtime.GOOS != "linux" {
				t.Skip("the errors compared are those of Linux")
			}
			run(t, prober.Loopback())
		})
	}
}

// exchange sends one request to an endpoint on which f acts.
func exchange(ctx context.Context, t *testing.T, n prober.Network, f chaos.Fault, r chaos.Request, body int) seen {
	t.Helper()
	res, err := serve(t, n, f, r).post(ctx, body)
	if err != nil {
		return seen{Err: classes(err)}
	}
	got := seen{Status: res.StatusCode, Location: res.Header.Get("Location")}
	if res.StatusCode != http.StatusSwitchingProtocols { // its body is the connection
		b, err := io.ReadAll(res.Body)
		got.Body, got.Err = len(b), classes(err)
	}
	if err := res.Body.Close(); err != nil {
		t.Error(err)
	}
	return got
}

// site is an endpoint with one fault, and its client.
type site struct {
	url    string
	client *http.Client
	server *http.Server
	// end ends the server's base context, as a server does that closes.
	end context.CancelFunc
}

func (s site) post(ctx context.Context, body int) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url+"/hooks/one", bytes.NewReader(make([]byte, body)))
	if err != nil {
		return nil, err
	}
	return s.client.Do(req)
}

// serve opens endpoint "one" until t ends. It serves as plain net/http does.
func serve(t *testing.T, n prober.Network, f chaos.Fault, r chaos.Request) site {
	t.Helper()
	l, err := n.Listen("one")
	if err != nil {
		t.Fatal(err)
	}
	if f.Door != nil {
		door, err := l.Door("one")
		if err != nil {
			t.Fatal(err)
		}
		undo, err := f.Door(door)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := undo(); err != nil {
				t.Error(err)
			}
		})
	}
	r.Endpoint = "one"
	ctx, cancel := context.WithCancel(t.Context())
	s := site{url: l.URL("one"), end: cancel}
	s.server = &http.Server{Handler: answering(f, r), BaseContext: func(net.Listener) context.Context { return ctx }}
	transport := &http.Transport{DialContext: n.Dial}
	s.client = &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	done := make(chan error, 1)
	go func() { done <- s.server.Serve(l) }()
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		cancel()
		if err := s.server.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
		if err := <-done; !errors.Is(err, http.ErrServerClosed) {
			t.Error(err)
		}
	})
	return s
}

// answering is an endpoint on which f acts, if it acts on requests.
func answering(f chaos.Fault, r chaos.Request) http.Handler {
	healthy := http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		_, _ = io.Copy(io.Discard, req.Body)
		_, _ = io.WriteString(w, "ok")
	})
	if f.HTTP == nil {
		return healthy
	}
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if h := f.HTTP(r, healthy); h != nil {
			h.ServeHTTP(w, req)
			return
		}
		healthy.ServeHTTP(w, req)
	})
}

// classes names the sentinels that err matches.
func classes(err error) []string {
	var c []string
	for _, e := range []struct {
		name string
		err  error
	}{
		{"EOF", io.EOF}, {"unexpected EOF", io.ErrUnexpectedEOF}, {"reset", syscall.ECONNRESET}, {"pipe", syscall.EPIPE},
		{"refused", syscall.ECONNREFUSED}, {"deadline", context.DeadlineExceeded}, {"closed", net.ErrClosed},
	} {
		if errors.Is(err, e.err) {
			c = append(c, e.name)
		}
	}
	if err != nil && c == nil {
		c = []string{err.Error()}
	}
	return c
}

func fault(kind string, a chaos.Args) chaos.Fault {
	k, ok := chaos.KindByName(kind)
	if !ok {
		panic("no fault " + kind)
	}
	f, err := k.New(a)
	if err != nil {
		panic(err)
	}
	return f
}

func sequence(repeat bool) chaos.Args {
	return chaos.Args{"repeat": repeat, "faults": []chaos.Fault{
		fault("status", chaos.Args{"code": 404}), fault("status", chaos.Args{"code": 500}),
	}}
}

func constant(d time.Duration) chaos.Args {
	return chaos.Args{"delay": chaos.Distribution{Kind: "constant", Mean: d}}
}

func leftover(a chaos.Args) chaos.Args { return chaos.Args{"leftover": a} }

// at is a request so long after a window opened.
func at(d time.Duration) chaos.Request {
	return chaos.Request{From: 10 * time.Minute, Offset: 10*time.Minute + d, Until: time.Hour}
}
