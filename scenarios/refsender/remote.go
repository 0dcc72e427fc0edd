package refsender

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"

	"github.com/hookdrill/hookdrill/prober"
	"github.com/hookdrill/hookdrill/prober/event"
	"github.com/hookdrill/hookdrill/prober/history"
	"github.com/hookdrill/hookdrill/prober/policy"
)

// Remote is a reference sender in another process, driven over its publish
// API. It reaches loopback only, and its calls end with their contexts.
type Remote struct {
	base   string
	client *http.Client
	policy policy.Policy
}

var (
	_ prober.Sender       = (*Remote)(nil)
	_ prober.Declarer     = (*Remote)(nil)
	_ prober.Pender       = (*Remote)(nil)
	_ prober.Unsubscriber = (*Remote)(nil)
	_ prober.Outcomer     = (*Remote)(nil)
)

// maxReply is how much of the sender's answer is read.
const maxReply = 1 << 20

// Connect returns the sender whose API is at base, such as
// http://127.0.0.1:8400. It asks the sender for its policy.
func Connect(ctx context.Context, base string) (*Remote, error) {
	r := &Remote{base: base, client: &http.Client{
		Transport: &http.Transport{DialContext: prober.Loopback().Dial, MaxIdleConnsPerHost: 16},
		// A redirect of a publish would arrive as a GET.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	if err := r.call(ctx, http.MethodGet, "/v1/policy", nil, http.StatusOK, &r.policy); err != nil {
		r.Close()
		return nil, fmt.Errorf("connect to sender %s: %w", base, err)
	}
	return r, nil
}

// Close gives back the connections. What is being called goes on.
func (r *Remote) Close() { r.client.CloseIdleConnections() }

// Policy implements prober.Declarer.
func (r *Remote) Policy() policy.Policy { return r.policy }

// Subscribe implements prober.Sender.
func (r *Remote) Subscribe(ctx context.Context, s prober.Subscription) error {
	body, err := json.Marshal(wireSubscription{URL: s.URL, Secret: s.Secret, Topics: s.Topics, Labels: s.Labels})
	if err != nil {
		return fmt.Errorf("subscribe %q: %w: %w", s.Endpoint, prober.ErrRefused, err)
	}
	err = r.call(ctx, http.MethodPut, "/v1/endpoints/"+url.PathEscape(s.Endpoint), body, http.StatusNoContent, nil)
	if err != nil {
		return fmt.Errorf("subscribe %q: %w", s.Endpoint, err)
	}
	return nil
}

// Unsubscribe implements prober.Unsubscriber.
func (r *Remote) Unsubscribe(ctx context.Context, endpoint string) error {
	err := r.call(ctx, http.MethodDelete, "/v1/endpoints/"+url.PathEscape(endpoint), nil, http.StatusNoContent, nil)
	if err != nil {
		return fmt.Errorf("unsubscribe %q: %w", endpoint, err)
	}
	return nil
}

// Publish implements prober.Sender.
func (r *Remote) Publish(ctx context.Context, e event.Event) error {
	body, err := publishBody(e)
	if err != nil {
		return fmt.Errorf("publish %s: %w: %w", e.ID(), prober.ErrRefused, err)
	}
	if err := r.call(ctx, http.MethodPost, "/v1/events", body, http.StatusAccepted, nil); err != nil {
		return fmt.Errorf("publish %s: %w", e.ID(), err)
	}
	return nil
}

// publishBody puts the payload in as it is: json.Marshal would take out its
// spaces and escape its angle brackets.
func publishBody(e event.Event) ([]byte, error) {
	if !json.Valid(e.Body) {
		return nil, errors.New("the payload is not JSON")
	}
	head, err := json.Marshal(map[string]string{"id": e.ID(), "key": e.Key(), "topic": e.Topic, "type": e.Type})
	if err != nil {
		return nil, err
	}
	head = append(head[:len(head)-1], `,"payload":`...)
	head = append(head, e.Body...)
	return append(head, '}'), nil
}

// Outcome implements prober.Outcomer.
func (r *Remote) Outcome(ctx context.Context, t event.Token) (history.Outcome, error) {
	var out wireOutcome
	err := r.call(ctx, http.MethodGet, "/v1/events/"+url.PathEscape(t.String()), nil, http.StatusOK, &out)
	o := history.Indeterminate
	if err == nil {
		o, err = outcomeOf(out.Outcome)
	}
	if err != nil {
		return o, fmt.Errorf("outcome of %s: %w", t, err)
	}
	return o, nil
}

// Pending implements prober.Pender.
func (r *Remote) Pending(ctx context.Context) (int, error) {
	var out wirePending
	if err := r.call(ctx, http.MethodGet, "/v1/pending", nil, http.StatusOK, &out); err != nil {
		return 0, fmt.Errorf("pending deliveries: %w", err)
	}
	return out.Pending, nil
}

// call makes one call and reads its answer into out, unless that is nil. Its
// error wraps prober.ErrRefused where it is certain that the sender owes
// nothing of what was asked: it says so, the status does (4xx), or the call
// never left, because nobody answered the dial.
func (r *Remote) call(ctx context.Context, method, path string, body []byte, want int, out any) error {
	req, err := http.NewRequestWithContext(ctx, method, r.base+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := r.client.Do(req)
	if err != nil {
		if op, ok := errors.AsType[*net.OpError](err); ok && op.Op == "dial" {
			return fmt.Errorf("%w: %w", prober.ErrRefused, err)
		}
		return err
	}
	defer func() { _ = resp.Body.Close() }() // it was read as far as it counts
	raw, err := io.ReadAll(io.LimitReader(resp.Body, maxReply))
	if resp.StatusCode != want {
		return told(resp, raw)
	}
	switch {
	case err != nil && out != nil:
		return fmt.Errorf("read the answer: %w", err)
	case out == nil:
		return nil // the status said all
	}
	if err := json.Unmarshal(raw, out); err != nil {
		return fmt.Errorf("answer: %w", err)
	}
	return nil
}

// told makes an error of an answer that is not the one wanted.
func told(resp *http.Response, raw []byte) error {
	var said wireError
	status := &prober.StatusError{Code: resp.StatusCode, Gateway: json.Unmarshal(raw, &said) != nil}
	status.Text = said.Error
	if said.Refused || resp.StatusCode/100 == 4 {
		return fmt.Errorf("%w: %w", prober.ErrRefused, status)
	}
	return status
}
