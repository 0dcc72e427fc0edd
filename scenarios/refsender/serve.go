package refsender

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	stdlog "log"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/rs/zerolog"

	"github.com/hookdrill/hookdrill/prober"
)

// ServeConfig says how a sender runs as a server.
type ServeConfig struct {
	// Sender is the sender's own configuration; its Speed and Seed are what a
	// World would say otherwise.
	Sender Config
	// Dir is where its records are kept; it is made if it is not there.
	Dir string
	// Listen is the address of the publish API, which has to be on this
	// machine's loopback. Empty means a free port of 127.0.0.1.
	Listen string
	// Grace is how long attempts in flight have to end when the server is
	// stopped. Zero means that they are cut off.
	Grace time.Duration
	// Stdout takes the ready line.
	Stdout io.Writer
	// Log takes the log.
	Log zerolog.Logger
}

// defaultGrace is less than what supervisors give a process before they kill
// it; Kubernetes gives 30 s.
const defaultGrace = 10 * time.Second

// Flags defines the flags that set c and sets their defaults. Child gives its
// processes these flags.
func (c *ServeConfig) Flags(f *flag.FlagSet) {
	f.StringVar(&c.Dir, "dir", "", "directory of the sender's records")
	f.StringVar(&c.Listen, "listen", "127.0.0.1:0", "loopback `address` of the publish API")
	f.DurationVar(&c.Grace, "grace", defaultGrace, "how long attempts in flight have to end after SIGTERM")
	f.Uint64Var(&c.Sender.Seed, "seed", 0, "seed of the jitter")
	f.Float64Var(&c.Sender.Speed, "scale", 1, "how many times faster than declared retries and timeouts are")
}

// readyLine is what the server prints on stdout when it takes requests.
type readyLine struct {
	Ready string `json:"ready"`
}

// Serve runs a sender with its records in cfg.Dir and its publish API on
// loopback. It blocks until ctx ends; then it refuses publishes, ends what is
// in flight within cfg.Grace and closes the records. It dials endpoints on
// loopback only.
func Serve(ctx context.Context, cfg ServeConfig) error {
	l, err := listen(cfg.Listen)
	if err != nil {
		return err
	}
	defer func() { _ = l.Close() }() // it is closed before, but for an early end
	s, err := open(ctx, cfg)
	if err != nil {
		return err
	}
	srv := &http.Server{
		Handler:           newAPI(s, cfg.Log),
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       time.Minute,
		WriteTimeout:      2 * time.Minute,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    16 << 10,
		ErrorLog:          stdlog.New(cfg.Log, "", 0),
	}
	ended := make(chan error, 1)
	go func() { ended <- srv.Serve(l) }()
	url := "http://" + l.Addr().String()
	if err = json.NewEncoder(cfg.Stdout).Encode(readyLine{url}); err != nil {
		err = fmt.Errorf("print the ready line: %w", err)
	} else {
		cfg.Log.Info().Str("url", url).Str("dir", cfg.Dir).Stringer("spec", cfg.Sender).Msg("the sender is ready")
		select {
		case <-ctx.Done():
		case err = <-ended:
			ended <- http.ErrServerClosed
		}
	}
	err = errors.Join(err, s.shutDown(ctx, cfg, srv))
	if stopped := <-ended; !errors.Is(stopped, http.ErrServerClosed) {
		err = errors.Join(err, stopped)
	}
	return err
}

// shutDown stops the sender first: while its attempts end, publishes are
// refused in words instead of by a closed door.
func (s *sender) shutDown(ctx context.Context, cfg ServeConfig, srv *http.Server) error {
	cfg.Log.Info().Msg("the sender is stopping")
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cfg.Grace)
	defer cancel()
	if err := s.halt(ctx); err != nil {
		cfg.Log.Warn().Err(err).Msg("the next incarnation repeats what was in flight")
	}
	if err := srv.Shutdown(ctx); err != nil {
		_ = srv.Close() // whoever reads so slowly has had the time
	}
	if err := s.store.close(); err != nil {
		return fmt.Errorf("close the sender's records: %w", err)
	}
	return nil
}

// open starts the sender that Serve serves.
func open(ctx context.Context, cfg ServeConfig) (*sender, error) {
	if cfg.Dir == "" {
		return nil, errors.New("the sender has no directory for its records")
	}
	if err := os.MkdirAll(cfg.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the directory of the sender's records: %w", err)
	}
	st, err := openBolt(cfg.Dir)
	if err != nil {
		return nil, err
	}
	w := prober.World{Dial: prober.Loopback().Dial, Dir: cfg.Dir, Log: cfg.Log}
	s, err := start(ctx, cfg.Sender, w, st)
	if err != nil {
		return nil, errors.Join(err, st.close())
	}
	return s, nil
}

// listen listens on an address of this machine's loopback and on no other:
// the API asks nobody who they are.
func listen(addr string) (net.Listener, error) {
	if addr == "" {
		addr = "127.0.0.1:0"
	}
	a, err := net.ResolveTCPAddr("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("listen on %q: %w", addr, err)
	}
	if !a.IP.IsLoopback() {
		return nil, fmt.Errorf("listen on %q: not an address of this machine's loopback", addr)
	}
	l, err := net.ListenTCP("tcp", a)
	if err != nil {
		return nil, fmt.Errorf("listen on %q: %w", addr, err)
	}
	return l, nil
}
