package canary

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/hookdrill/hookdrill/prober"
	"github.com/hookdrill/hookdrill/prober/event"
	"github.com/hookdrill/hookdrill/prober/policy"
)

// Truth is what really happened in a region of a demo: what its gateway
// answered, and when each canary was accepted and acknowledged. It owes
// nothing to what the prober thinks.
type Truth struct {
	Region string
	// Answers counts the gateway's answers that were no success, by status.
	Answers map[int]int
	// FirstBad and LastBad are the first and the last of them, and Mended the
	// first success after them. Between Down and Up, the longest such time, there
	// was no success: before and after it a rolling update lets some through.
	FirstBad, LastBad, Mended, Down, Up time.Time
	// Published, Acked, Delayed and Lost count canaries; Longest is the
	// longest time from acceptance to acknowledgement.
	Published, Acked, Delayed, Lost int
	Longest                         time.Duration
}

// String says it in a line.
func (t Truth) String() string {
	if len(t.Answers) == 0 {
		return fmt.Sprintf("%s: nothing failed; %d canaries accepted, %d delivered", t.Region, t.Published, t.Acked)
	}
	return fmt.Sprintf("%s: %d answers 404 and %d answers 503 from %s to %s; %d canaries accepted, %d delivered, %d of them late, the longest by %s; %d lost",
		t.Region, t.Answers[404], t.Answers[503], clock(t.FirstBad), clock(t.LastBad), t.Published, t.Acked, t.Delayed, span(t.Longest), t.Lost)
}

// truth collects it.
type truth struct {
	now func() time.Time

	mu       sync.Mutex
	t        Truth
	row      time.Time // since when there has been no success; zero: there is
	accepted map[event.Token]time.Time
	acked    map[event.Token]time.Time
}

func newTruth(region string, now func() time.Time) *truth {
	return &truth{now: now, t: Truth{Region: region, Answers: map[int]int{}},
		accepted: map[event.Token]time.Time{}, acked: map[event.Token]time.Time{}}
}

// watch wraps a factory, so that publishes are seen.
func (t *truth) watch(f prober.Factory) prober.Factory {
	return func(ctx context.Context, w prober.World) (prober.Sender, error) {
		s, err := f(ctx, w)
		if err != nil {
			return nil, err
		}
		return watched{s, t}, nil
	}
}

// watched is a sender whose publishes are seen. Of the optional interfaces it
// has those that declare it, that tell of its attempts, and that end it in
// order.
type watched struct {
	prober.Sender
	t *truth
}

func (w watched) Publish(ctx context.Context, e event.Event) error {
	err := w.Sender.Publish(ctx, e)
	if err == nil {
		w.t.mu.Lock()
		w.t.accepted[e.Token] = w.t.now()
		w.t.mu.Unlock()
	}
	return err
}

func (w watched) Policy() policy.Policy {
	if d, ok := w.Sender.(prober.Declarer); ok {
		return d.Policy()
	}
	return policy.Policy{}
}

func (w watched) Stop(ctx context.Context) error {
	if s, ok := w.Sender.(prober.Stopper); ok {
		return s.Stop(ctx)
	}
	return nil
}

func (w watched) Accounts(ctx context.Context, t event.Token) ([]prober.Account, error) {
	if a, ok := w.Sender.(prober.Accountant); ok {
		return a.Accounts(ctx, t)
	}
	return nil, errors.ErrUnsupported
}

func (w watched) Unsubscribe(ctx context.Context, endpoint string) error {
	if u, ok := w.Sender.(prober.Unsubscriber); ok {
		return u.Unsubscribe(ctx, endpoint)
	}
	return nil
}

// look wraps a gateway, so that its answers are seen.
func (t *truth) look(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(io.LimitReader(r.Body, maxDelivery))
		if err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		s := &statusWriter{ResponseWriter: w, status: http.StatusOK}
		next.ServeHTTP(s, r)
		t.answered(s.status, body)
	})
}

func (t *truth) answered(status int, body []byte) {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.now()
	if status >= 400 {
		t.t.Answers[status]++
		if t.t.FirstBad.IsZero() {
			t.t.FirstBad = now
		}
		if t.row.IsZero() {
			t.row = now
		}
		t.t.LastBad, t.t.Mended = now, time.Time{}
		return
	}
	if !t.row.IsZero() && now.Sub(t.row) > t.t.Up.Sub(t.t.Down) {
		t.t.Down, t.t.Up = t.row, now
	}
	t.row = time.Time{}
	if t.t.Mended.IsZero() && !t.t.LastBad.IsZero() {
		t.t.Mended = now
	}
	event.Scan(body, "", func(k event.Token) bool {
		if t.acked[k].IsZero() {
			t.acked[k] = now
		}
		return true
	})
}

func (t *truth) sum(lateAfter time.Duration) Truth {
	t.mu.Lock()
	defer t.mu.Unlock()
	out := t.t
	out.Published, out.Acked = len(t.accepted), len(t.acked)
	for k, at := range t.accepted {
		acked := t.acked[k]
		if acked.IsZero() {
			// What was published a moment ago is on its way.
			if t.now().Sub(at) > lateAfter {
				out.Lost++
			}
			continue
		}
		if d := acked.Sub(at); d > lateAfter {
			out.Delayed++
			out.Longest = max(out.Longest, d)
		}
	}
	return out
}

// statusWriter remembers the status of an answer.
type statusWriter struct {
	http.ResponseWriter
	status int
}

// WriteHeader implements http.ResponseWriter.
func (w *statusWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

// Unwrap lets faults hijack the connection.
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// newProxy passes on to one endpoint.
func newProxy(to string, dial dialFunc) (http.Handler, error) {
	target, err := url.Parse(to)
	if err != nil {
		return nil, err
	}
	return &httputil.ReverseProxy{
		Rewrite:   func(r *httputil.ProxyRequest) { r.SetURL(target) },
		Transport: &http.Transport{DialContext: dial, DisableKeepAlives: true},
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) {
			w.WriteHeader(http.StatusBadGateway)
		},
	}, nil
}

func authority(u string) string {
	host := strings.TrimPrefix(u, "http://")
	if !strings.Contains(host, ":") {
		return host + ":80"
	}
	return host
}
