package prober

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"log"
	"math"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/mux"
	"github.com/rs/zerolog"

	"github.com/hookdrill/hookdrill/prober/history"
	"github.com/hookdrill/hookdrill/prober/signature"
)

// Endpoint is a fake customer to be stood up.
type Endpoint struct {
	// Name is unique, and a segment of the URL's path.
	Name string
	// Secret verifies the signatures of attempts, in the scheme's form.
	Secret string
	// OwnListener asks for a listener of its own, so that its Door can be shut.
	OwnListener bool
}

// ServerConfig is what a Server is made of. Endpoints, Network, Clock and
// Recorder are required.
type ServerConfig struct {
	// Run is the run part of the tokens that count; those of others are not seen.
	Run string
	// Seed goes into the latency of each attempt.
	Seed      uint64
	Endpoints []Endpoint
	// Signature names the scheme of package signature that verifies attempts;
	// empty: nobody looks.
	Signature string
	// Secret says what signs attempts to an endpoint, where that is not its
	// Secret; nil, or false: it is.
	Secret func(endpoint string) (string, bool)
	// Tokens finds the tokens of a request that count; nil: all do.
	Tokens  TokenFinder
	Network Network
	// Clock gives the scenario time since the start.
	Clock func() time.Duration
	// Scale is how many scenario seconds pass in one second; 0 means 1.
	Scale float64
	// LatencyMin and LatencyMax bound how long a healthy endpoint takes to
	// answer, scenario time.
	LatencyMin, LatencyMax time.Duration
	// Faults decides what goes wrong; nil: nothing does.
	Faults Faults
	// Watcher hears what endpoints see; nil: nobody does.
	Watcher  Watcher
	Recorder *history.Recorder
	// Incarnation gives the sender's life; nil: it is not known.
	Incarnation func() uint16
	Log         zerolog.Logger
}

// Server is the endpoints of a run, served.
type Server struct {
	cfg       ServerConfig
	limits    limits
	scheme    signature.Scheme
	endpoints []endpoint
	byName    map[string]uint32
	routes    *mux.Router
	http      http.Server
	exchanges sync.Pool
	hashSeed  maphash.Seed

	requests atomic.Uint32
	// held is how much memory the bodies of all requests have together.
	held  atomic.Int64
	notes notebook

	serving sync.WaitGroup
	mu      sync.Mutex
	made    uint32
	open    map[*serverConn]struct{}
	closing bool
	// drained is closed when Close has been called and no connection is open.
	drained chan struct{}
}

// NewServer listens for all endpoints and serves them until Close. An error
// means that it could not listen, or that cfg is not complete.
func NewServer(cfg ServerConfig) (*Server, error) { return newServer(cfg, defaultLimits) }

func newServer(cfg ServerConfig, lim limits) (*Server, error) {
	if cfg.Scale == 0 {
		cfg.Scale = 1
	}
	s := &Server{cfg: cfg, limits: lim, routes: newRoutes(), hashSeed: maphash.MakeSeed(),
		open: make(map[*serverConn]struct{}), drained: make(chan struct{})}
	s.notes.left = lim.notes
	s.exchanges.New = func() any { x := &exchange{server: s}; x.answer.x = x; return x }
	if err := s.take(cfg.Endpoints); err != nil {
		return nil, err
	}
	s.http = http.Server{
		Handler: http.HandlerFunc(s.handle), ConnContext: s.connContext, ConnState: s.connState,
		ReadHeaderTimeout: lim.headerTime, ReadTimeout: lim.readTime, IdleTimeout: lim.idleTime,
		MaxHeaderBytes: lim.header, ErrorLog: log.New(cfg.Log, "", 0),
	}
	gates, err := s.listen()
	if err != nil {
		return nil, err
	}
	for _, g := range gates {
		s.serving.Go(func() {
			if err := s.http.Serve(g); !errors.Is(err, http.ErrServerClosed) {
				s.note("a listener ended: " + err.Error())
			}
		})
	}
	return s, nil
}

// take makes the table of endpoints.
func (s *Server) take(endpoints []Endpoint) error {
	if len(endpoints) == 0 || s.cfg.Network == nil || s.cfg.Clock == nil || s.cfg.Recorder == nil {
		return errors.New("server: endpoints, network, clock and recorder are needed")
	}
	if name := s.cfg.Signature; name != "" {
		scheme, known := signature.ByName(name)
		if !known {
			return fmt.Errorf("server: signature scheme %q: not one of %s", name, strings.Join(signature.Names(), ", "))
		}
		s.scheme = scheme
	}
	s.endpoints = make([]endpoint, len(endpoints))
	s.byName = make(map[string]uint32, len(endpoints))
	for i, e := range endpoints {
		if _, twice := s.byName[e.Name]; twice || e.Name == "" || len(s.byName) == math.MaxUint32 {
			return fmt.Errorf("server: endpoint name %q is empty or taken", e.Name)
		}
		if s.scheme != nil && s.cfg.Secret == nil {
			if _, err := s.scheme.Verifier(e.Secret); err != nil {
				return fmt.Errorf("server: endpoint %q: %w", e.Name, err)
			}
		}
		s.byName[e.Name] = uint32(i)
		s.endpoints[i].name, s.endpoints[i].secret = e.Name, e.Secret
	}
	return nil
}

// listen opens one listener for each endpoint that wants its own, and one for
// all others.
func (s *Server) listen() (gates []gate, err error) {
	defer func() {
		if err != nil {
			for _, g := range gates {
				err = errors.Join(err, g.Close())
			}
		}
	}()
	var shared []string
	for i, e := range s.cfg.Endpoints {
		if !e.OwnListener {
			shared = append(shared, e.Name)
			continue
		}
		l, err := s.cfg.Network.Listen(e.Name)
		if err != nil {
			return gates, err
		}
		s.endpoints[i].listener = l
		gates = append(gates, gate{l, s, uint32(i) + 1})
	}
	if len(shared) == 0 {
		return gates, nil
	}
	l, err := s.cfg.Network.Listen(shared...)
	if err != nil {
		return gates, err
	}
	for i := range s.endpoints {
		if s.endpoints[i].listener == nil {
			s.endpoints[i].listener = l
		}
	}
	return append(gates, gate{l, s, 0}), nil
}

// URL returns where attempts to the endpoint of that index go.
func (s *Server) URL(i int) string {
	e := &s.endpoints[i]
	return e.listener.URL(e.name) + hooksPrefix + url.PathEscape(e.name)
}

// Door returns the way in to the endpoint of that index. The error wraps
// ErrSharedListener where it cannot be shut for that one alone.
func (s *Server) Door(i int) (Door, error) {
	e := &s.endpoints[i]
	return e.listener.Door(e.name)
}

// Close ends listeners, connections and handlers, and waits for them. What
// was going on is recorded. The error is ctx's if that ends first.
func (s *Server) Close(ctx context.Context) error {
	s.hangUp()
	s.serving.Wait()
	select {
	case <-s.drained:
	case <-ctx.Done():
		return fmt.Errorf("close endpoints: a handler does not end: %w", ctx.Err())
	}
	s.notes.close(s.cfg.Recorder)
	return nil
}

func (s *Server) hangUp() {
	s.mu.Lock()
	if s.closing {
		s.mu.Unlock()
		return
	}
	s.closing = true
	open := make([]*serverConn, 0, len(s.open))
	for c := range s.open {
		open = append(open, c)
		if c.cancel != nil {
			c.cancel()
		}
	}
	if len(open) == 0 {
		close(s.drained)
	}
	s.mu.Unlock()
	_ = s.http.Close() // its listeners and connections cannot tell more than that they are closed
	for _, c := range open {
		_ = c.Close() // also what an act has taken
	}
}

func (s *Server) now() time.Duration {
	// An offset of zero says "never" in the history.
	return max(s.cfg.Clock(), 1)
}

// record writes the rows of an exchange down and tells the watcher.
func (s *Server) record(x *exchange) {
	if x.endpoint == nil {
		return
	}
	rows := x.fill()
	s.cfg.Recorder.Attempts(rows)
	if x.answer.out > 0 {
		x.reached(AfterAnswer)
	}
	if s.cfg.Watcher != nil {
		s.cfg.Watcher.Attempted(rows)
	}
}

func (s *Server) amend(request uint32) {
	a := history.Amend{At: s.now(), Request: request, Disposition: history.Ambiguous}
	s.cfg.Recorder.Amend(a)
	if s.cfg.Watcher != nil {
		s.cfg.Watcher.Amended(a)
	}
}

// release gives an exchange back. Large buffers are not kept.
func (s *Server) release(x *exchange) {
	s.held.Add(-int64(x.held))
	body := x.body[:0]
	if cap(body) > keepBody {
		body = nil
	}
	clear(x.known)
	*x = exchange{server: s, answer: answer{x: x, raw: x.answer.raw[:0]}, tokens: x.tokens[:0], nths: x.nths[:0],
		known: x.known, names: x.names[:0], scratch: x.scratch[:0], rows: x.rows[:0], body: body, timer: x.timer}
	s.exchanges.Put(x)
}

// connKey is under which a request's context has its *serverConn.
type connKey struct{}

func (s *Server) connContext(ctx context.Context, c net.Conn) context.Context {
	conn := c.(*serverConn)
	ctx, cancel := context.WithCancel(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	conn.cancel = cancel
	if s.closing {
		cancel()
	}
	return context.WithValue(ctx, connKey{}, conn)
}
