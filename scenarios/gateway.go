package scenarios

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"sync/atomic"

	"github.com/hookdrill/hookdrill/chaos"
	"github.com/hookdrill/hookdrill/prober"
	"github.com/hookdrill/hookdrill/prober/event"
)

// Gateway is the place before a sender's publish API at which a plan's faults
// act. Whoever stands up an HTTP proxy there wraps its handler; a run without
// such a proxy has its publish calls pass through one in memory.
type Gateway struct {
	// faults is nil while no run uses the gateway.
	faults atomic.Pointer[publishFaults]
}

// Wrap returns the handler that answers publishers: that of an open fault, or
// next.
func (g *Gateway) Wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f := g.faults.Load()
		if f == nil {
			next.ServeHTTP(w, r)
			return
		}
		t, err := f.token(r)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		if h := f.handler(t, r.Method+" "+r.URL.Path, next); h != nil {
			h.ServeHTTP(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// publishFaults are the faults of one run that act at its publish API.
type publishFaults struct {
	*faults
	clock *clock

	mu sync.Mutex
	// calls counts what was asked for each event: its attempts.
	calls map[publishCall]int
}

type publishCall struct {
	key, number uint32
	what        string
}

func newPublishFaults(f *faults, c *clock) *publishFaults {
	return &publishFaults{faults: f, clock: c, calls: make(map[publishCall]int)}
}

// maxPublish bounds a publish request that is searched for its event.
const maxPublish = 16 << 20

// token finds the event in a request, whose body it puts back.
func (f *publishFaults) token(r *http.Request) (t event.Token, err error) {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxPublish))
	if err != nil {
		return t, fmt.Errorf("publish request: %w", err)
	}
	r.Body = io.NopCloser(io.MultiReader(bytes.NewReader(body), r.Body))
	for _, text := range [][]byte{[]byte(r.URL.Path), body} {
		event.Scan(text, f.plan.Run, func(found event.Token) bool {
			t = found
			return false
		})
		if !t.IsZero() {
			return t, nil
		}
	}
	return t, nil
}

// handler returns what answers in place of next, or nil.
func (f *publishFaults) handler(t event.Token, what string, next http.Handler) http.Handler {
	if len(f.publish) == 0 {
		return nil
	}
	f.mu.Lock()
	call := publishCall{t.Key, t.Seq, what}
	f.calls[call]++
	r := chaos.Request{Seed: f.plan.Seed, Endpoint: "publish", Key: t.Key, Number: t.Seq, Attempt: f.calls[call],
		Offset: f.clock.now(), Scale: f.scale}
	f.mu.Unlock()
	if t.IsZero() {
		r.Attempt = 0
	}
	for _, w := range f.publish {
		if h := f.act(w, r, next); h != nil {
			f.hit(w.fault, 1)
			return h
		}
	}
	return nil
}

// through passes a publish call of a sender in this process through the
// gateway's faults. An answer that no sender gave means what it would mean to
// a careful producer: 4xx that the event was refused, 2xx that it was
// accepted, anything else nothing.
func (f *publishFaults) through(ctx context.Context, e event.Event,
	publish func(context.Context, event.Event) (uint16, error)) (incarnation uint16, err error) {
	passed, asking := false, false
	h := f.handler(e.Token, "publish", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		passed, asking = true, true
		incarnation, err = publish(r.Context(), e)
		asking = false
		w.WriteHeader(http.StatusAccepted)
	}))
	if h == nil {
		return publish(ctx, e)
	}
	r, failed := http.NewRequestWithContext(ctx, http.MethodPost, "http://publish.test/events", bytes.NewReader(e.Body))
	if failed != nil {
		return 0, failed
	}
	status := answerOf(h, r, &asking)
	switch {
	case passed:
		return incarnation, err
	case status >= 200 && status <= 299:
		return 0, nil
	case status >= 400 && status <= 499:
		return 0, fmt.Errorf("the publish gateway answered %d: %w", status, prober.ErrRefused)
	case status == 0:
		return 0, errors.New("the publish gateway broke the connection")
	default:
		return 0, fmt.Errorf("the publish gateway answered %d", status)
	}
}

// answerOf returns the status that h answers with; 0: none. A panic of the
// sender, while it is being asked, is the sender's crash and stays one.
func answerOf(h http.Handler, r *http.Request, asking *bool) (status int) {
	w := &statusWriter{header: http.Header{}}
	defer func() {
		// A fault that wants the connection finds none here, and one that
		// aborts says so by a panic: both broke the connection.
		switch p := recover(); {
		case p != nil && *asking:
			panic(p)
		case p != nil:
			status = 0
		}
	}()
	h.ServeHTTP(w, r)
	switch {
	case w.status > 0:
		return w.status
	case r.Context().Err() != nil:
		return 0
	default:
		return http.StatusOK // net/http says it for a handler that says nothing
	}
}

// statusWriter keeps the status of an answer and forgets the rest.
type statusWriter struct {
	header http.Header
	status int
}

// Header implements http.ResponseWriter.
func (w *statusWriter) Header() http.Header { return w.header }

// Write implements http.ResponseWriter.
func (w *statusWriter) Write(p []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	return len(p), nil
}

// WriteHeader implements http.ResponseWriter.
func (w *statusWriter) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
}

// Flush implements http.Flusher.
func (w *statusWriter) Flush() {}
