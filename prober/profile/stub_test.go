package profile

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// A stub is the API of a real sender, built from what senders.md says of it.
// The test binary is its own child: a script on PATH with the sender's name
// starts it. It insists on what the real one needs.

// stub is the part that all APIs share: endpoints, deliveries, their states.
type stub struct {
	mu        sync.Mutex
	endpoints []stubEndpoint
	// added numbers them.
	added int
	// states are the last states by event and endpoint.
	states map[string]map[string]int
	wg     sync.WaitGroup
}

type stubEndpoint struct {
	id, url, secret string
	topics          []string
}

func (s *stub) add(e stubEndpoint) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.added++
	e.id = "ep_" + strconv.Itoa(s.added)
	s.endpoints = append(s.endpoints, e)
	return e.id
}

// remove forgets an endpoint: 204 or whatever gone is, and 404 the next time.
func (s *stub) remove(c call, id string, gone int, body any) {
	s.mu.Lock()
	before := len(s.endpoints)
	s.endpoints = slices.DeleteFunc(s.endpoints, func(e stubEndpoint) bool { return e.id == id })
	found := len(s.endpoints) < before
	s.mu.Unlock()
	switch {
	case !found:
		c.answer(404, map[string]string{"detail": "there is no " + id})
	case body == nil:
		c.w.WriteHeader(gone)
	default:
		c.answer(gone, body)
	}
}

// deliver sends a payload once to each endpoint of the topic.
func (s *stub) deliver(id, topic string, payload []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.states == nil {
		s.states = map[string]map[string]int{}
	}
	s.states[id] = map[string]int{}
	for _, e := range s.endpoints {
		for _, t := range e.topics {
			if t == topic {
				s.wg.Go(func() { s.send(id, e, payload) })
			}
		}
	}
}

func (s *stub) send(id string, e stubEndpoint, payload []byte) {
	ts := strconv.FormatInt(time.Now().Unix(), 10)
	req, err := http.NewRequest(http.MethodPost, e.url, bytes.NewReader(payload))
	if err != nil {
		return
	}
	req.Header.Set("Content-Type", "application/json")
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(e.secret, "whsec_"))
	if err == nil && len(key) > 0 {
		mac := hmac.New(sha256.New, key)
		fmt.Fprintf(mac, "%s.%s.%s", id, ts, payload)
		req.Header.Set("Webhook-Id", id)
		req.Header.Set("Webhook-Timestamp", ts)
		req.Header.Set("Webhook-Signature", "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	}
	// The state is there before the answer can have been seen.
	s.mu.Lock()
	s.states[id][e.id] = 200
	s.mu.Unlock()
	resp, err := http.DefaultClient.Do(req)
	if err == nil {
		resp.Body.Close()
	}
}

func (s *stub) attempts(id string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var ids []string
	for _, e := range s.endpoints {
		if s.states[id][e.id] != 0 {
			ids = append(ids, e.id)
		}
	}
	return ids
}

// call is one request to a stub.
type call struct {
	w http.ResponseWriter
	r *http.Request
}

// body decodes the request strictly, or answers 422.
func (c call) body(v any) bool {
	d := json.NewDecoder(c.r.Body)
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		c.answer(422, map[string]string{"detail": err.Error()})
		return false
	}
	return true
}

func (c call) answer(status int, v any) {
	c.w.Header().Set("Content-Type", "application/json")
	c.w.WriteHeader(status)
	_ = json.NewEncoder(c.w).Encode(v)
}

// told answers as a payload tells it to: {"status": 503}.
func (c call) told(payload json.RawMessage) bool {
	var p struct{ Status int }
	_ = json.Unmarshal(payload, &p)
	if p.Status != 0 {
		c.answer(p.Status, map[string]string{"detail": "as told"})
	}
	return p.Status != 0
}

// need ends the stub where the environment is not as the real one needs it.
func need(name, want string) {
	if got := os.Getenv(name); got != want && !(want == "*" && got != "") {
		fmt.Printf("%s is %q, want %q\n", name, got, want)
		os.Exit(2)
	}
}

func bearer(token string, h func(call)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer "+token {
			call{w, r}.answer(401, map[string]string{"detail": "unauthorized"})
			return
		}
		h(call{w, r})
	}
}

func anyone(h func(call)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) { h(call{w, r}) }
}

// runStub serves until SIGTERM.
func runStub(addr string, s *stub, routes map[string]http.HandlerFunc) int {
	mux := http.NewServeMux()
	for pattern, h := range routes {
		mux.Handle(pattern, h)
	}
	srv := &http.Server{Addr: addr, Handler: mux}
	term := make(chan os.Signal, 1)
	signal.Notify(term, syscall.SIGTERM)
	go func() {
		<-term
		_ = srv.Shutdown(context.Background())
	}()
	fmt.Println("listening on", addr)
	if err := srv.ListenAndServe(); err != http.ErrServerClosed {
		fmt.Println(err)
		return 1
	}
	s.wg.Wait()
	return 0
}
