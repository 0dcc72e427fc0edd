package canary

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"

	"github.com/hookdrill/hookdrill/prober"
)

// TestBlackHole publishes for an hour to a sender that accepts everything and
// delivers nothing: it has to bear its in-flight budget and a heartbeat more.
func TestBlackHole(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, "eu")
		r.c.Budget.InFlight = 20
		r.senders["eu"].drop = true
		l := r.start()
		time.Sleep(time.Hour)
		l.stop(t)
		if n := r.senders["eu"].count(); n < 20 || n > 20+60 {
			t.Errorf("%d canaries were published in an hour in which none arrived", n)
		}
		if n := l.metric(t, "webhook_canary_skipped_total", "region=eu", "reason=backlog_full"); n < 200 {
			t.Errorf("%v are counted as skipped", n)
		}
		_, times := r.senders["eu"].seen()
		for i := 21; i < len(times); i++ {
			if d := times[i].Sub(times[i-1]); d < Heartbeat {
				t.Errorf("heartbeats only %v apart", d)
			}
		}
	})
}

// TestCircuit publishes for an hour to a sender that refuses everything: after
// so many failures it gets one a minute.
func TestCircuit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, "eu", "us")
		r.c.CircuitFailures = 5
		l := r.start()
		time.Sleep(time.Minute)
		before := r.senders["eu"].count()
		r.senders["eu"].with(func() { r.senders["eu"].refuse = &prober.StatusError{Code: 503} })
		time.Sleep(time.Hour)
		if n := r.senders["eu"].count() - before; n < 55 || n > 5+60 {
			t.Errorf("%d canaries in an hour in which all were refused", n)
		}
		if n := l.metric(t, "webhook_canary_skipped_total", "region=eu", "reason=circuit_open"); n < 200 {
			t.Errorf("%v are counted as skipped", n)
		}
		if l.metric(t, "webhook_canary_circuit_open", "region=eu") != 1 || l.metric(t, "webhook_canary_circuit_open", "region=us") != 0 {
			t.Error("the circuit is closed, or that of the other region is open")
		}
		if n := r.senders["us"].count(); n < 360 {
			t.Errorf("the other region got %d canaries", n)
		}
		l.stop(t)
	})
}

// TestConfigurationCannotLiftCaps hands in a configuration that no Parse would
// let through.
func TestConfigurationCannotLiftCaps(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, "eu")
		r.c.Interval, r.c.RouteInterval = time.Nanosecond, time.Nanosecond
		r.c.Budget = Budget{PerMinute: 1 << 30, PerDay: 1 << 30, InFlight: 1 << 30}
		r.c.Cooldown = -1
		r.senders["eu"].drop, r.senders["eu"].tells = true, true
		l := r.start()
		time.Sleep(30 * time.Second)
		l.stop(t)
		if n := r.senders["eu"].count(); n > 33 {
			t.Errorf("%d canaries in 30 s: more than one a second", n)
		}
		if n := r.gates["eu"].checks; n < 20 || n > 33 {
			t.Errorf("%d checks of the public URL in 30 s: more than one a second, or none", n)
		}
		if n := r.senders["eu"].asked; n < 20 || n > 33*(1+asksPerLook) {
			t.Errorf("the sender's log was read %d times in 30 s", n)
		}
	})
}

// TestCrashLoop starts and kills a prober again and again: together its lives
// publish no more than a day's budget, and no faster than one life would.
func TestCrashLoop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, "eu")
		r.c.Budget.PerDay = 30
		for range 60 {
			l := r.start()
			time.Sleep(11 * time.Second)
			r.crash(l)
		}
		if n := r.senders["eu"].count(); n != 30 {
			t.Errorf("%d canaries were published of a budget of 30", n)
		}
		_, times := r.senders["eu"].seen()
		for i := 1; i < len(times); i++ {
			if d := times[i].Sub(times[i-1]); d < r.c.Interval {
				t.Fatalf("two lives published %v apart", d)
			}
		}
	})
}

// TestBudgetAtMidnight wants a new budget with the new day, and none with a
// clock that is set back into the old one.
func TestBudgetAtMidnight(t *testing.T) {
	s, err := openStore(t.Context(), filepath.Join(t.TempDir(), "probe.db"), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
	evening := time.Date(2026, 1, 31, 23, 59, 0, 0, time.UTC)
	claim := func(at time.Time) error {
		c := &Canary{Region: "eu", Called: at}
		c.Token.Run, c.Token.Key = "t", 1
		_, err := s.claim(c, 2, at)
		return err
	}
	for _, row := range []struct {
		reason string
		at     time.Time
		want   error
	}{
		{"the first", evening, nil},
		{"the second", evening, nil},
		{"the budget is used up", evening.Add(59 * time.Second), errBudget},
		{"a new day", evening.Add(time.Minute), nil},
		{"the clock goes back: the old day is over", evening, nil},
		{"and gives no more than the new one", evening, errBudget},
		{"nor does the new one again", evening.Add(time.Minute), errBudget},
		{"the next day", evening.Add(25 * time.Hour), nil},
	} {
		if err := claim(row.at); !errors.Is(err, row.want) {
			t.Errorf("%s: %v, want %v", row.reason, err, row.want)
		}
	}
}

// TestKillSwitches stop publishing and checking, each by itself.
func TestKillSwitches(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, "eu")
		r.c.KillFile = filepath.Join(t.TempDir(), "stop")
		l := r.start()
		time.Sleep(time.Minute)
		stop := map[string][2]func(){
			"file":   {func() { os.WriteFile(r.c.KillFile, nil, 0o600) }, func() { os.Remove(r.c.KillFile) }},
			"API":    {func() { l.ask("POST", "/v1/pause", "") }, func() { l.ask("POST", "/v1/resume", "") }},
			"signal": {func() { l.Toggle("SIGUSR1") }, func() { l.Toggle("SIGUSR1") }},
		}
		for name, f := range stop {
			f[0]()
			before := r.senders["eu"].count()
			time.Sleep(5 * time.Minute)
			if n := r.senders["eu"].count() - before; n != 0 {
				t.Errorf("%s: %d canaries were published", name, n)
			}
			if code, body := l.ask("GET", "/v1/gate/all", ""); code != 409 {
				t.Errorf("%s: the gate says %d %s", name, code, body)
			}
			f[1]()
			// Nothing is made up for.
			time.Sleep(time.Minute)
			if n := r.senders["eu"].count() - before; n < 5 || n > 7 {
				t.Errorf("%s: %d canaries in the minute after", name, n)
			}
		}
		l.stop(t)
	})
}

func TestAllowedHosts(t *testing.T) {
	a := Allow{Hosts: []string{"hooks.example.com", ".internal.example"}}
	for host, want := range map[string]bool{
		"hooks.example.com": true, "HOOKS.example.com.": true, "x.hooks.example.com": false, "a.internal.example": true,
		"internal.example": false, "evilinternal.example": false, "hooks.example.com.evil.test": false, "": false,
	} {
		if got := a.host(host); got != want {
			t.Errorf("%q: %v", host, got)
		}
	}
}

func TestAllowedAddresses(t *testing.T) {
	a := Allow{Networks: []netip.Prefix{netip.MustParsePrefix("10.1.0.0/16")}}
	for ip, want := range map[string]bool{
		"203.0.113.7": true, "2001:db8::1": true, "10.1.2.3": true, "::ffff:10.1.2.3": true,
		"10.2.0.1": false, "127.0.0.1": false, "::1": false, "169.254.169.254": false, "::ffff:169.254.169.254": false,
		"192.168.1.1": false, "100.64.0.1": false, "0.0.0.0": false, "fe80::1": false, "fd00::1": false, "224.0.0.1": false,
	} {
		if got := a.address(netip.MustParseAddr(ip)); got != want {
			t.Errorf("%s: %v", ip, got)
		}
	}
}

// TestReboundName dials a name that is allowed and leads to loopback, as one
// does that was rebound after it was looked at.
func TestReboundName(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	_, port, _ := net.SplitHostPort(server.Listener.Addr().String())
	_, err := Allow{Hosts: []string{"localhost"}}.Dial(t.Context(), "tcp", "localhost:"+port)
	if ClassOf(err) != Blocked {
		t.Errorf("the name led to loopback: %v", err)
	}
	open := Allow{Hosts: []string{"localhost"}, Networks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}}
	conn, err := open.Dial(t.Context(), "tcp", "localhost:"+port)
	if err != nil {
		t.Fatalf("with its network listed: %v", err)
	}
	conn.Close()
	if _, err := open.Dial(t.Context(), "tcp", "127.0.0.1:"+port); ClassOf(err) != Blocked {
		t.Errorf("an address that no host lists: %v", err)
	}
}

// TestRedirectIsNotFollowed checks a public URL that leads elsewhere.
func TestRedirectIsNotFollowed(t *testing.T) {
	called := false
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { called = true }))
	defer elsewhere.Close()
	server := httptest.NewServer(http.RedirectHandler(elsewhere.URL, http.StatusFound))
	defer server.Close()
	c := newRouteCheck(Region{Name: "eu", Receive: Receive{URL: server.URL}}, []byte("key"), nil, server.Listener.Addr().String(),
		prober.Loopback().Dial, prober.Loopback().Dial, time.Second)
	defer c.closeIdle()
	class, by, self := c.look(t.Context(), "n")
	if class != BodyInvalid || by != ByGateway || self != OK || called {
		t.Errorf("%q by %q, self %q, called %v", class, by, self, called)
	}
}

// TestRedirectedPublish has the sender's API lead elsewhere: nothing is sent
// there, and what is told is who answered.
func TestRedirectedPublish(t *testing.T) {
	called := make(chan struct{}, 100)
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { called <- struct{}{} }))
	defer elsewhere.Close()
	api := &apiSender{subs: map[string]string{}}
	defer api.wg.Wait()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/events" {
			http.Redirect(w, r, elsewhere.URL, http.StatusTemporaryRedirect)
			return
		}
		api.ServeHTTP(w, r)
	}))
	defer server.Close()
	l := &life{Prober: New(localConfig(t, server.URL), Options{Log: zerolog.New(zerolog.NewTestWriter(t)).Level(zerolog.FatalLevel)})}
	defer l.run(t)()
	eventually(t, "publishes fail", func() (string, bool) {
		return "", l.metric(t, "webhook_canary_failures_total", "stage=publish", "class=_OTHER") > 1
	})
	if len(called) > 0 {
		t.Errorf("%d requests went elsewhere", len(called))
	}
}

// TestLease lets two probers share one state: one probes, the other takes over
// when it ends.
func TestLease(t *testing.T) {
	file := filepath.Join(t.TempDir(), "probe.db")
	first, err := openStore(t.Context(), file, nil)
	if err != nil {
		t.Fatal(err)
	}
	waiting, second := make(chan struct{}), make(chan error, 1)
	go func() {
		s, err := openStore(t.Context(), file, func() { close(waiting) })
		if err == nil {
			err = s.close()
		}
		second <- err
	}()
	<-waiting
	select {
	case err := <-second:
		t.Fatalf("the second did not wait: %v", err)
	default:
	}
	if err := first.close(); err != nil {
		t.Fatal(err)
	}
	if err := <-second; err != nil {
		t.Fatal(err)
	}
	third, err := openStore(t.Context(), file, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer third.close()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := openStore(ctx, file, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("a prober that is to end waits on: %v", err)
	}
}
