package refsender

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rs/zerolog"

	"github.com/hookdrill/hookdrill/prober"
	"github.com/hookdrill/hookdrill/prober/event"
)

// served is a server within this process.
type served struct {
	*Remote
	log strings.Builder
	// stop asks the server to end; end waits for it.
	stop context.CancelFunc
	end  func() error
}

func startServer(t *testing.T, cfg ServeConfig) *served {
	t.Helper()
	v := &served{}
	ctx, cancel := context.WithCancel(t.Context())
	v.stop = cancel
	r, w := io.Pipe()
	cfg.Sender, cfg.Stdout, cfg.Log = Default(), w, zerolog.New(&v.log)
	ended := make(chan error, 1)
	go func() { ended <- Serve(ctx, cfg) }()
	v.end = sync.OnceValue(func() error { cancel(); return <-ended })
	t.Cleanup(func() { _ = v.end() }) // a test that ends well has asked before
	raw, err := bufio.NewReader(r).ReadBytes('\n')
	if err != nil {
		t.Fatal(err)
	}
	var line readyLine
	if err := json.Unmarshal(raw, &line); err != nil {
		t.Fatal(err)
	}
	if v.Remote, err = Connect(t.Context(), line.Ready); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(v.Close)
	return v
}

func TestServeEndsGracefully(t *testing.T) {
	for _, c := range []struct {
		reason  string
		grace   time.Duration
		answers bool
		left    int
	}{
		{"an attempt in flight has its time", time.Minute, true, 0},
		{"but no more than that", 50 * time.Millisecond, false, 1},
	} {
		t.Run(c.reason, func(t *testing.T) {
			came, answer := make(chan struct{}), make(chan struct{})
			come, release := sync.OnceFunc(func() { close(came) }), sync.OnceFunc(func() { close(answer) })
			d := newDesk(t, func(event.Token, int) int {
				come()
				<-answer
				return http.StatusOK
			})
			t.Cleanup(release) // before the desk is closed, which waits for its answers
			cfg := ServeConfig{Dir: t.TempDir(), Grace: c.grace}
			s := startServer(t, cfg)
			if err := errors.Join(s.Subscribe(t.Context(), d.subscription()), s.Publish(t.Context(), newEvent("a", 1, 1))); err != nil {
				t.Fatal(err)
			}
			<-came
			s.stop()
			if c.answers {
				eventually(t, "the server is stopping", func() bool {
					return s.call(t.Context(), http.MethodGet, "/v1/ready", nil, http.StatusOK, nil) != nil
				})
				if err := s.Publish(t.Context(), newEvent("a", 1, 1)); err != nil {
					t.Errorf("the event in flight, offered again: %v", err)
				}
				want := "publish hd1-t-2-1-246i: publish refused: 503 Service Unavailable: sender is stopping: publish refused"
				if got := errorText(s.Publish(t.Context(), newEvent("a", 2, 1))); got != want {
					t.Errorf("another event: got %q, want %q", got, want)
				}
				release()
			}
			if err := s.end(); err != nil {
				t.Errorf("it ended with %v", err)
			}
			if got := strings.Contains(s.log.String(), "the next incarnation repeats what was in flight"); got == c.answers {
				t.Errorf("the log tells of attempts that were cut off: %v\n%s", got, s.log.String())
			}
			after := mustBolt(t, cfg.Dir)
			saved, err := loadState(after)
			if err != nil {
				t.Fatal(err)
			}
			left := 0
			for range saved.pending {
				left++
			}
			if err := after.close(); err != nil || left != c.left {
				t.Errorf("%d deliveries are left (%v), want %d", left, err, c.left)
			}
		})
	}
}

func TestServeRefuses(t *testing.T) {
	const off = ": not an address of this machine's loopback"
	for _, c := range []struct{ reason, listen, dir, want string }{
		{"all addresses", "0.0.0.0:0", "x", `listen on "0.0.0.0:0"` + off},
		{"all addresses in short", ":0", "x", `listen on ":0"` + off},
		{"all addresses of the other kind", "[::]:0", "x", `listen on "[::]:0"` + off},
		{"an address of others", "192.0.2.1:80", "x", `listen on "192.0.2.1:80"` + off},
		{"no port", "127.0.0.1", "x", `listen on "127.0.0.1": address 127.0.0.1: missing port in address`},
		{"nowhere to write", "", "", "the sender has no directory for its records"},
	} {
		err := Serve(t.Context(), ServeConfig{Listen: c.listen, Dir: c.dir, Stdout: io.Discard})
		if err == nil || err.Error() != c.want {
			t.Errorf("%s: got %v, want %s", c.reason, err, c.want)
		}
	}
}

// brokenPipe is a stdout that nobody reads.
type brokenPipe struct{}

func (brokenPipe) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }

func TestServeEndsWhenNobodyHearsThatItIsReady(t *testing.T) {
	err := Serve(t.Context(), ServeConfig{Dir: t.TempDir(), Stdout: brokenPipe{}})
	if want := "print the ready line: io: read/write on closed pipe"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestServedSenderDialsLoopbackOnly(t *testing.T) {
	s, err := open(t.Context(), ServeConfig{Dir: t.TempDir(), Sender: Default()})
	if err != nil {
		t.Fatal(err)
	}
	dial := s.transport.DialContext
	if _, err := dial(t.Context(), "tcp", "192.0.2.1:80"); err == nil || !strings.Contains(err.Error(), "loopback") {
		t.Errorf("dialling out: %v", err)
	}
	if err := s.Stop(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestFlagsSayWhatAWorldSays(t *testing.T) {
	c := ChildConfig{Sender: Default()}
	c.Sender.Bugs = []string{"no-backoff"}
	w := prober.World{Dir: "/d", Seed: 7, Scale: 2.5}
	own := c
	own.Sender.Seed, own.Sender.Speed = 8, 100
	for _, x := range []struct {
		reason string
		cfg    ChildConfig
		seed   uint64
		speed  float64
		spec   string
	}{
		{"the world's", c, 7, 2.5, "reference:no-backoff"},
		{"its own, with a timeout that a busy machine can keep", own, 8, 100, "reference:no-backoff,timeout=3m20s"},
	} {
		var got ServeConfig
		f := flag.NewFlagSet("", flag.ContinueOnError)
		got.Flags(f)
		if err := f.Parse(x.cfg.args(w)); err != nil {
			t.Fatal(err)
		}
		want := ServeConfig{Dir: "/d", Listen: "127.0.0.1:0", Grace: defaultGrace, Sender: Config{Seed: x.seed, Speed: x.speed}}
		got.Log = want.Log
		if diff := cmp.Diff([]any{want.Dir, want.Listen, want.Grace, want.Sender}, []any{got.Dir, got.Listen, got.Grace, got.Sender}); diff != "" {
			t.Errorf("%s (-want +got):\n%s", x.reason, diff)
		}
		if f.Arg(0) != x.spec || f.NArg() != 1 {
			t.Errorf("%s: arguments %q", x.reason, f.Args())
		}
	}
}
