package prober

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hookdrill/hookdrill/prober/event"
	"github.com/hookdrill/hookdrill/prober/history"
)

// rig is a server with one recorder, and what its watcher heard.
type rig struct {
	t       *testing.T
	network Network
	server  *Server
	file    bytes.Buffer
	record  *history.Recorder
	faults  func(Arrival) Act

	mu      sync.Mutex
	heard   sync.Cond
	rows    int
	amends  int
	reached []Milestone
	asked   []Arrival
}

// newRig serves endpoints `one` and `two`, `two` on a listener of its own.
func newRig(t *testing.T, n Network, edit func(*ServerConfig, *limits)) *rig {
	t.Helper()
	r := &rig{t: t, network: n}
	r.heard.L = &r.mu
	start := time.Now()
	clock := func() time.Duration { return time.Second + time.Since(start) }
	cfg := ServerConfig{Run: "r1", Seed: 7, Network: n, Clock: clock, Faults: r, Watcher: r,
		Endpoints:   []Endpoint{{Name: "one"}, {Name: "two", OwnListener: true}, {Name: "three"}},
		Incarnation: func() uint16 { return 3 }}
	lim := defaultLimits
	if edit != nil {
		edit(&cfg, &lim)
	}
	header := history.Header{Run: cfg.Run, World: history.Virtual, Faults: []string{"first", "second"}}
	for _, e := range cfg.Endpoints {
		header.Endpoints = append(header.Endpoints, e.Name)
	}
	var err error
	if r.record, err = history.NewRecorder(&r.file, header, clock); err != nil {
		t.Fatal(err)
	}
	cfg.Recorder = r.record
	if r.server, err = newServer(cfg, lim); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.close() })
	return r
}

// Decide implements Faults.
func (r *rig) Decide(a Arrival) Act {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.asked = append(r.asked, a)
	if r.faults == nil {
		return Act{}
	}
	return r.faults(a)
}

// Reached implements Watcher.
func (r *rig) Reached(_ int, m Milestone, _ time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.reached = append(r.reached, m)
}

// Attempted implements Watcher.
func (r *rig) Attempted(rows []history.Attempt) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.rows += len(rows)
	r.heard.Broadcast()
}

// Amended implements Watcher.
func (r *rig) Amended(history.Amend) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.amends++
	r.heard.Broadcast()
}

// wait returns when that many rows were recorded.
func (r *rig) wait(rows int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for r.rows < rows {
		r.heard.Wait()
	}
}

func (r *rig) close() {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.t.Context()), 10*time.Second)
	defer cancel()
	if err := r.server.Close(ctx); err != nil {
		r.t.Error(err)
	}
}

// history closes the server and reads what it recorded.
func (r *rig) history() *history.History {
	r.t.Helper()
	r.close()
	if err := r.record.End(history.End{Reason: history.EndSettled}); err != nil {
		r.t.Fatal(err)
	}
	h, err := history.Read(bytes.NewReader(r.file.Bytes()))
	if err != nil {
		r.t.Fatal(err)
	}
	return h
}

// act makes h the fault with the id `first` for whole requests.
func (r *rig) act(h func(next http.Handler) http.Handler) {
	r.faults = func(a Arrival) Act {
		if a.Early {
			return Act{}
		}
		return Act{Fault: 1, Wrap: h}
	}
}

func (r *rig) dial(endpoint int) Conn {
	r.t.Helper()
	c, err := r.connect(endpoint)
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { _ = c.Close() })
	return c.(Conn)
}

func (r *rig) connect(endpoint int) (net.Conn, error) {
	u, err := url.Parse(r.server.URL(endpoint))
	if err != nil {
		return nil, err
	}
	addr := u.Host
	if u.Port() == "" {
		addr += ":80"
	}
	return r.network.Dial(r.t.Context(), "tcp", addr)
}

func (r *rig) client() *http.Client {
	transport := &http.Transport{DialContext: r.network.Dial}
	r.t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

func token(key, number uint32) event.Token { return event.Token{Run: "r1", Key: key, Seq: number} }

// request is a POST to endpoint one of a body with this token.
func request(key, number uint32) string {
	body := event.NewBody(token(key, number), "order.paid", time.Unix(0, 0), event.MinBody)
	return fmt.Sprintf("POST /hooks/one HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
}

func send(t *testing.T, c Conn, text string) {
	t.Helper()
	if _, err := io.WriteString(c, text); err != nil {
		t.Fatal(err)
	}
}

// receive reads one answer to its end and returns its status.
func receive(t *testing.T, c Conn) int {
	t.Helper()
	res, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(io.Discard, res.Body); err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	return res.StatusCode
}

// onBoth runs f in a bubble on the network in memory, and on real sockets.
func onBoth(t *testing.T, f func(t *testing.T, n Network)) {
	t.Run("memory", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) { f(t, InMemory()) })
	})
	t.Run("loopback", func(t *testing.T) {
		if runtime.GOOS != "linux" {
			t.Skip("the behaviour of connections that is relied on is that of Linux")
		}
		f(t, Loopback())
	})
}

// notes returns the texts of all notes, a line each.
func notes(h *history.History) string {
	var b strings.Builder
	for _, n := range h.Notes {
		b.WriteString(n.Kind + ": " + n.Text + "\n")
	}
	return b.String()
}
