// Package notifier is a small webhook sender, such as many services have.
package notifier

import (
	"bytes"
	"context"
	"net/http"
	"time"
)

// Delays are those before the second attempt and so on; the last one repeats.
var Delays = []time.Duration{time.Second, 10 * time.Second, time.Minute}

// Timeout bounds one attempt.
const Timeout = 10 * time.Second

// Notifier sends events to URLs until they arrive.
type Notifier struct{ client *http.Client }

// New returns a notifier that sends through a transport.
func New(t http.RoundTripper) *Notifier {
	return &Notifier{client: &http.Client{Transport: t, Timeout: Timeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// Notify sends one event in the background.
func (n *Notifier) Notify(ctx context.Context, url string, body []byte) {
	go func() {
		for attempt := 0; ; attempt++ {
			status := n.post(ctx, url, body)
			if status >= 200 && status < 500 { // BUG: a 404 is not the end, as a deploy shows
				return
			}
			select {
			case <-time.After(Delays[min(attempt, len(Delays)-1)]):
			case <-ctx.Done():
				return
			}
		}
	}()
}

// post makes one attempt; 0 is an attempt without an answer.
func (n *Notifier) post(ctx context.Context, url string, body []byte) int {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return 0
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := n.client.Do(req)
	if err != nil {
		return 0
	}
	_ = res.Body.Close()
	return res.StatusCode
}
