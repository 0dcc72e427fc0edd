package canary

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/hookdrill/hookdrill/scenarios/verdict"
)

// GateQuery is what a caller wants of the gate of a prober elsewhere.
type GateQuery struct {
	// URL is the prober's admin listener, Token what it wants to be shown.
	URL, Token string
	Question
	// Timeout is how long to wait for a verdict; 0: one answer.
	Timeout time.Duration
	// Progress hears of each answer without a verdict; nil: nobody does.
	Progress func(Reply)
}

// gatePoll is how far apart a gate is asked while it has no verdict.
const gatePoll = 5 * time.Second

// AskGate asks a gate until it has a verdict or the time is over, and returns
// its last answer. An error means that no answer could be had: nothing is
// known then, and the exit code is 4.
func AskGate(ctx context.Context, q GateQuery) (Reply, error) {
	address, err := q.address()
	if err != nil {
		return Reply{}, err
	}
	client := &http.Client{Timeout: 30 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	defer client.CloseIdleConnections()
	until := time.Now().Add(q.Timeout)
	for {
		r, err := askOnce(ctx, client, address, q.Token)
		left := time.Until(until)
		// A prober that is being restarted is worth waiting for.
		if err == nil && r.Result() != verdict.Unknown || left <= 0 {
			return r, err
		}
		if err == nil && q.Progress != nil {
			q.Progress(r)
		}
		select {
		case <-time.After(min(gatePoll, left)):
		case <-ctx.Done():
			return r, ctx.Err()
		}
	}
}

func (q GateQuery) address() (string, error) {
	u, err := url.Parse(q.URL)
	if err != nil || u.Host == "" {
		return "", fmt.Errorf("gate: %q is no URL such as http://127.0.0.1:8089", q.URL)
	}
	u = u.JoinPath("v1", "verdict", q.Name)
	v := url.Values{}
	if q.Deploy != "" {
		v.Set("deploy", q.Deploy)
	}
	if !q.Since.IsZero() {
		v.Set("since", q.Since.UTC().Format(time.RFC3339))
	}
	if len(q.Regions) > 0 {
		v.Set("regions", strings.Join(q.Regions, ","))
	}
	if q.MinSamples > 0 {
		v.Set("min_samples", strconv.Itoa(q.MinSamples))
	}
	u.RawQuery = v.Encode()
	return u.String(), nil
}

func askOnce(ctx context.Context, client *http.Client, address, token string) (Reply, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return Reply{}, err
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := client.Do(req)
	if err != nil {
		return Reply{}, fmt.Errorf("gate: %w", err)
	}
	defer func() { _ = resp.Body.Close() }() // it was read as far as it counts
	body, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	switch {
	case err != nil:
		return Reply{}, fmt.Errorf("gate: %w", err)
	case resp.StatusCode != http.StatusOK:
		return Reply{}, fmt.Errorf("gate: it answered %s: %s", resp.Status, strings.TrimSpace(string(body[:min(len(body), 200)])))
	}
	return decodeReply(body)
}
