package canary

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/mux"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/hookdrill/hookdrill/prober/strict"
)

// admin is the listener for metrics, gates and the status page.
type admin struct {
	server *http.Server
	wg     sync.WaitGroup
}

// serveAdmin opens the listener, if the configuration has one.
func (p *Prober) serveAdmin(ctx context.Context) (*admin, error) {
	a := &admin{}
	if p.c.Admin.Listen == "" {
		return a, nil
	}
	if !isLoopback(p.c.Admin.Listen) && p.c.Admin.Token.IsZero() {
		return nil, fmt.Errorf("admin: %s is not on loopback, and there is no token", p.c.Admin.Listen)
	}
	token := ""
	if !p.c.Admin.Token.IsZero() {
		var err error
		if token, err = p.c.Admin.Token.read(); err != nil {
			return nil, fmt.Errorf("admin.token: %w", err)
		}
	}
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", p.c.Admin.Listen)
	if err != nil {
		return nil, fmt.Errorf("admin: %w", err)
	}
	a.server = newHTTPServer(p.Handler(token), p.o.Log)
	a.server.WriteTimeout = maxWait + time.Minute // a gate may wait
	a.wg.Go(func() {
		if err := a.server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			p.o.Log.Error().Err(err).Msg("the admin listener stopped")
		}
	})
	p.mu.Lock()
	p.admin = "http://" + l.Addr().String()
	p.mu.Unlock()
	p.o.Log.Info().Str("url", p.admin).Msg("metrics, gates and status")
	return a, nil
}

// URL is that of the admin listener; empty: there is none yet.
func (p *Prober) URL() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.admin
}

func (a *admin) close(ctx context.Context) {
	if a.server == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	if a.server.Shutdown(ctx) != nil {
		_ = a.server.Close() // a gate that waits is cut off
	}
	a.wg.Wait()
}

// Handler serves the admin listener. All but the health checks want the token
// as a bearer, if there is one: those that ask for health cannot show it.
func (p *Prober) Handler(token string) http.Handler {
	r := mux.NewRouter()
	r.HandleFunc("/healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") }).Methods(http.MethodGet)
	r.HandleFunc("/readyz", p.readyz).Methods(http.MethodGet)
	s := r.NewRoute().Subrouter()
	s.Use(bearer(token))
	s.Handle("/metrics", promhttp.HandlerFor(p.metrics.registry, promhttp.HandlerOpts{EnableOpenMetrics: true})).Methods(http.MethodGet)
	s.HandleFunc("/", p.page).Methods(http.MethodGet)
	s.HandleFunc("/v1/gate/{name}", p.gate).Methods(http.MethodGet, http.MethodPost)
	s.HandleFunc("/v1/verdict/{name}", p.verdict).Methods(http.MethodGet, http.MethodPost)
	s.HandleFunc("/v1/rollback/{name}", p.rollback).Methods(http.MethodPost)
	s.HandleFunc("/v1/deploys", p.deploysPost).Methods(http.MethodPost)
	s.HandleFunc("/v1/silences", p.silencePost).Methods(http.MethodPost)
	s.HandleFunc("/v1/incidents", p.incidentsGet).Methods(http.MethodGet)
	s.HandleFunc("/v1/pause", p.pausePost).Methods(http.MethodPost)
	s.HandleFunc("/v1/resume", p.pausePost).Methods(http.MethodPost)
	return r
}

// bearer lets pass who shows the token. Sums are compared, so that the time
// it takes tells nothing of the token, its length included.
func bearer(token string) mux.MiddlewareFunc {
	want := sha256.Sum256([]byte(token))
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			shown, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
			got := sha256.Sum256([]byte(shown))
			if token != "" && subtle.ConstantTimeCompare(got[:], want[:]) != 1 {
				w.Header().Set("WWW-Authenticate", "Bearer")
				http.Error(w, "a token is needed", http.StatusUnauthorized)
				return
			}
			next.ServeHTTP(w, r)
		})
	}
}

// readyz says whether this prober probes. One that stands by is ready too: it
// takes over as soon as it can, and must not be restarted for waiting.
func (p *Prober) readyz(w http.ResponseWriter, _ *http.Request) {
	p.mu.Lock()
	ready, standby := p.ready, p.standby
	p.mu.Unlock()
	switch {
	case standby:
		fmt.Fprintln(w, "standing by: another prober has the state")
	case ready:
		fmt.Fprintln(w, "probing")
	default:
		http.Error(w, "starting", http.StatusServiceUnavailable)
	}
}

// maxRequest bounds what is read of a request to the admin listener.
const maxRequest = 64 << 10

// readJSON reads a request's body, if there is one.
func readJSON(w http.ResponseWriter, r *http.Request, v any) error {
	if r.Body == nil || r.Method == http.MethodGet {
		return nil
	}
	d := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxRequest))
	if err := d.Decode(v); err != nil && r.ContentLength != 0 {
		return fmt.Errorf("body: %w", err)
	}
	return nil
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // the caller went away
}

// deployMark is a request to mark a deploy.
type deployMark struct {
	ID     string `json:"id"`
	Region string `json:"region"`
	Phase  string `json:"phase"`
}

func (p *Prober) deploysPost(w http.ResponseWriter, r *http.Request) {
	var d deployMark
	if err := readJSON(w, r, &d); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	var out Deploy
	err := p.observeIfReady(func(m *Model, now time.Time) error {
		switch {
		case d.ID == "" || len(d.ID) > 200:
			return errors.New("id: want 1 to 200 characters")
		case d.Phase != "start" && d.Phase != "end":
			return errors.New(`phase: want "start" or "end"`)
		case d.Region != "" && m.region(d.Region) == nil:
			return fmt.Errorf("region: there is no %q", d.Region)
		}
		out = m.Deploy(d.ID, d.Region, d.Phase == "end", now)
		return nil
	})
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	writeJSON(w, http.StatusOK, out)
}

// silence is a request to mute alerts.
type silence struct {
	Regions []string `json:"regions"`
	For     string   `json:"for"`
	Reason  string   `json:"reason"`
	Author  string   `json:"author"`
}

func (p *Prober) silencePost(w http.ResponseWriter, r *http.Request) {
	var s silence
	err := readJSON(w, r, &s)
	d, err2 := strict.ParseDuration(s.For)
	if err = errors.Join(err, err2); err == nil && (d <= 0 || d > 7*day || s.Reason == "" || s.Author == "") {
		err = errors.New("want for, from 1s to 7d, reason and author")
	}
	var until time.Time
	if err == nil {
		err = p.observeIfReady(func(m *Model, now time.Time) error {
			for _, name := range s.Regions {
				if m.region(name) == nil {
					return fmt.Errorf("regions: there is no %q", name)
				}
			}
			until = now.Add(d)
			m.Silence(Window{Name: "silence by " + s.Author, Regions: s.Regions, Once: true, Starts: now, Ends: until, Reason: s.Reason, Author: s.Author})
			return nil
		})
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	writeJSON(w, http.StatusOK, map[string]time.Time{"until": until})
}

// observeIfReady hands an observation of a caller to the model.
func (p *Prober) observeIfReady(f func(*Model, time.Time) error) error {
	p.mu.Lock()
	ready := p.ready
	p.mu.Unlock()
	if !ready {
		return errors.New("this prober does not have the state: ask the one that probes")
	}
	var refused error
	return errors.Join(p.observe(func(m *Model, now time.Time) { refused = f(m, now) }), refused)
}

func (p *Prober) pausePost(w http.ResponseWriter, r *http.Request) {
	if strings.HasSuffix(r.URL.Path, "pause") {
		p.Pause("the API")
	} else {
		p.Resume()
	}
	writeJSON(w, http.StatusOK, map[string]string{"stopped_by": p.guard.whyStopped()})
}

func (p *Prober) incidentsGet(w http.ResponseWriter, _ *http.Request) {
	s := p.Snapshot()
	all := s.Closed
	if s.Open != nil {
		all = append([]*Incident{s.Open}, all...)
	}
	writeJSON(w, http.StatusOK, map[string]any{"schema_version": 1, "incidents": all})
}
