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
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"
)

// TestReload changes the configuration of a running prober: what is known
// stays, a bad one is refused, and the old one goes on.
func TestReload(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, "eu", "us")
		l := r.start()
		time.Sleep(2 * time.Minute)
		before := r.senders["eu"].count()

		faster := *r.c
		faster.Interval = 5 * time.Second
		faster.Regions = faster.Regions[:1]
		if err := l.Reload(t.Context(), &faster); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		if n := r.senders["eu"].count() - before; n < 10 || n > 13 {
			t.Errorf("%d canaries in a minute, want 12", n)
		}
		s := l.Snapshot()
		if len(s.Regions) != 1 || s.Regions[0].Good < 20 {
			t.Errorf("after the reload: %+v", s.Regions)
		}
		us, _ := r.senders["us"].subscribed()
		if eu, gone := r.senders["eu"].subscribed(); us != 0 || eu != 1 || gone != 0 {
			t.Error("the subscription of a region that is gone stays, or that of one that stays is gone")
		}
		other := faster
		other.State = "elsewhere.db"
		if err := l.Reload(t.Context(), &other); err == nil || err.Error() != "the old configuration goes on: state: another file needs a restart" {
			t.Errorf("another state: %v", err)
		}
		if n := l.metric(t, "webhook_prober_config_last_reload_successful"); n != 0 {
			t.Errorf("the metric says %v", n)
		}
		if err := l.Reload(t.Context(), r.c); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Minute)
		if s := l.Snapshot(); len(s.Regions) != 2 || !s.Regions[0].Healthy() || !s.Regions[1].Healthy() {
			t.Errorf("back again: %+v", s.Regions)
		}
		l.stop(t)
	})
}

// TestWatchedFile takes over a file that changes, and keeps to the old one
// when what stands there is wrong.
func TestWatchedFile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, "eu")
		r.o.Watch = filepath.Join(t.TempDir(), "probe.yaml")
		write := func(text string) {
			if err := os.WriteFile(r.o.Watch, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		write("version: 1\n")
		l := r.start()
		time.Sleep(time.Minute)
		write("version: 1\nintervall: 1s\n")
		time.Sleep(time.Minute)
		if n := l.metric(t, "webhook_prober_config_last_reload_successful"); n != 0 {
			t.Error("a file with a mistake was taken over")
		}
		if s := l.Snapshot(); !s.Regions[0].Healthy() {
			t.Errorf("the old configuration does not go on: %+v", s.Regions[0])
		}
		l.stop(t)
	})
}

// TestReloadIsAllOrNothing has something wrong with one region of a new
// configuration: none of it is taken over, and no canary of the old one is
// missed.
func TestReloadIsAllOrNothing(t *testing.T) {
	missing := Secret{Env: "HOOKDRILL_TEST_NONE"}
	for _, row := range []struct {
		reason string
		change func(c *Config)
		want   string
	}{
		{"a secret is not there", func(c *Config) { c.Regions[0].Receive.Secret = missing },
			"region eu: receive.secret: the environment has no HOOKDRILL_TEST_NONE"},
		{"a certificate is not there", func(c *Config) { c.Regions[0].Receive.Cert = "testdata/none.crt" },
			"region eu: open testdata/none.crt: no such file or directory"},
		{"authorities that are none", func(c *Config) { c.Regions[0].Receive.CA = "testdata/full.yaml" },
			"region eu: testdata/full.yaml holds no certificates"},
		{"an address that cannot be had, for a region that comes", func(c *Config) {
			c.Interval = 5 * time.Second // so that the others would be stopped
			c.Regions = append(c.Regions, Region{Name: "in", Receive: Receive{Listen: "taken", URL: "http://gw-eu.endpoints.test/in"}})
		}, "region in: the address is taken"},
	} {
		synctest.Test(t, func(t *testing.T) {
			r := newRig(t, "eu", "us")
			r.o.Factories["in"] = r.o.Factories["eu"]
			listen := r.o.Listen
			r.o.Listen = func(g Region) (net.Listener, error) {
				if g.Receive.Listen == "taken" {
					return nil, errors.New("the address is taken")
				}
				return listen(g)
			}
			l := r.start()
			time.Sleep(2 * time.Minute)
			eu, us := r.senders["eu"].count(), r.senders["us"].count()
			other := *r.c
			other.Regions = append([]Region{}, r.c.Regions...)
			row.change(&other)
			if err := l.Reload(t.Context(), &other); err == nil || err.Error() != "the old configuration goes on: "+row.want {
				t.Errorf("%s: %v, want %s", row.reason, err, row.want)
			}
			if n := l.metric(t, "webhook_prober_config_last_reload_successful"); n != 0 {
				t.Errorf("%s: the metric says that it went well", row.reason)
			}
			time.Sleep(2 * time.Minute)
			s := l.Snapshot()
			if len(s.Regions) != 2 || s.Regions[0].Bad+s.Regions[1].Bad != 0 || !s.Regions[0].Healthy() {
				t.Errorf("%s: %+v", row.reason, s.Regions)
			}
			// A region that was stopped for a moment begins at another instant.
			if a, b := r.senders["eu"].count()-eu, r.senders["us"].count()-us; a < 11 || a > 12 || b < 11 || b > 12 {
				t.Errorf("%s: %d and %d canaries in two minutes, want 12", row.reason, a, b)
			}
			l.stop(t)
		})
	}
}

// TestReloadReadsFilesAnew changes the signing secret in its file: the sender
// is told of the new one, and what it had under the old one is no loss.
func TestReloadReadsFilesAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, "eu")
		dir := t.TempDir()
		keep := func(name, text string) string {
			name = filepath.Join(dir, name)
			if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			return name
		}
		first, second := signingSecret([]byte("1"), "eu"), signingSecret([]byte("2"), "eu")
		r.c.Regions[0].Receive.Secret.File = keep("secret", first)
		l := r.start()
		time.Sleep(2 * time.Minute)
		r.senders["eu"].with(func() { r.senders["eu"].hold = true })
		time.Sleep(30 * time.Second)
		keep("secret", second)
		if err := l.Reload(t.Context(), r.c); err != nil {
			t.Fatal(err)
		}
		r.senders["eu"].with(func() { r.senders["eu"].hold = false })
		time.Sleep(5 * time.Minute)
		r.senders["eu"].with(func() {
			for _, s := range r.senders["eu"].subs {
				if s.Secret != second {
					t.Error("the sender signs with the old secret")
				}
			}
		})
		if now, gone := r.senders["eu"].subscribed(); now != 1 || gone != 1 {
			t.Errorf("%d subscriptions, %d removed", now, gone)
		}
		s := l.Snapshot()
		if len(s.Closed) != 0 || s.Open != nil || s.Regions[0].Bad != 0 || s.Regions[0].Good < 38 {
			t.Errorf("%+v", s.Regions[0])
		}
		if n := l.metric(t, "webhook_canary_rejected_deliveries_total", "reason=bad_signature"); n != 0 {
			t.Errorf("%v deliveries with a wrong signature", n)
		}
		l.stop(t)
	})
}

// TestWatchedFiles sees that files change that a configuration names, too.
func TestWatchedFiles(t *testing.T) {
	file := filepath.Join(t.TempDir(), "secret")
	write := func(text string) {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	c := Defaults()
	c.Regions = []Region{{Name: "eu", Profile: "none.yaml", Receive: Receive{Secret: Secret{File: file}}}}
	w := watch{}
	for _, row := range []struct {
		reason string
		change func()
		want   bool
	}{
		{"it is not there", func() {}, false},
		{"it comes", func() { write("1") }, false},
		{"it stays", func() {}, false},
		{"it changes", func() { write("22") }, true},
		{"it was seen to change", func() {}, false},
		{"it goes", func() { os.Remove(file) }, false},
		{"and comes back as another", func() { write("333") }, true},
	} {
		row.change()
		if got := w.changed(c.files()); got != row.want {
			t.Errorf("%s: changed %v", row.reason, got)
		}
	}
}

// TestNarrowedAllowList takes a network from the list of a prober that runs,
// over real sockets: from then on nothing reaches it.
func TestNarrowedAllowList(t *testing.T) {
	api := &apiSender{subs: map[string]string{}}
	server := httptest.NewServer(api)
	defer server.Close()
	defer api.wg.Wait()
	c := localConfig(t, server.URL)
	l := &life{Prober: New(c, Options{Log: zerolog.New(zerolog.NewTestWriter(t)).Level(zerolog.FatalLevel)})}
	stop := l.run(t)
	defer stop()
	eventually(t, "the route is seen to be well", func() (string, bool) {
		s := l.Snapshot().Regions
		return "", s[0].Known && s[0].Trouble.IsZero()
	})
	narrow := *c
	narrow.Allow.Networks = nil
	if err := l.Reload(t.Context(), &narrow); err != nil {
		t.Fatal(err)
	}
	api.mu.Lock()
	published := api.published
	api.mu.Unlock()
	eventually(t, "checks of the public URL are blocked", func() (string, bool) {
		return "", l.metric(t, "webhook_canary_failures_total", "stage=route_check", "class=blocked_by_policy") > 1
	})
	eventually(t, "canaries are left out, and said to be", func() (string, bool) {
		return "", l.metric(t, "webhook_canary_skipped_total", "reason=not_allowed") > 0
	})
	api.mu.Lock()
	defer api.mu.Unlock()
	if api.published != published {
		t.Error("it went on to publish")
	}
}

// TestHostsOfAProfile ends the start, and a dry run, where a profile talks to
// a host that the allow-list does not have: before the first request.
func TestHostsOfAProfile(t *testing.T) {
	called := false
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { called = true }))
	defer server.Close()
	c := localConfig(t, server.URL)
	c.Allow.Hosts = []string{"canary.example.com"}
	c.Allow.Networks = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	const want = "sender.yaml: profile api talks to 127.0.0.1: blocked by policy: allow.hosts does not list it"
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	_, err := New(c, Options{}).Run(ctx)
	if err == nil || !strings.HasSuffix(err.Error(), want) || ClassOf(err) != Blocked || called {
		t.Errorf("the start: %v, called %v", err, called)
	}
	var plan strings.Builder
	if err := c.Describe(&plan); err == nil || !strings.HasSuffix(err.Error(), want) || plan.Len() != 0 {
		t.Errorf("the dry run: %v\n%s", err, plan.String())
	}
}
