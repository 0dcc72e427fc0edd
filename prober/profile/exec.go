package profile

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/hookdrill/hookdrill/prober"
	"github.com/hookdrill/hookdrill/prober/policy"
)

// maxAnswer bounds what is read of an answer.
const maxAnswer = 1 << 20

// Exchange is one step as it went, without secrets.
type Exchange struct {
	// Step is its name.
	Step string
	// Method, URL, Header and Body are what was sent; a step without a
	// request has none of them.
	Method, URL string
	Header      http.Header
	Body        string
	// Status and Answer are what came back; Status 0: nothing did.
	Status int
	Answer string
	// Captured are the values taken from the answer.
	Captured map[string]string
	// Err is what is wrong with it.
	Err error
	// Took is how long it took.
	Took time.Duration
}

// refused is an error after which the sender owes nothing for certain. It is
// prober.ErrRefused, without saying "publish" of every step.
type refused struct{ error }

// Is says that it is a refusal.
func (e refused) Is(target error) bool { return target == prober.ErrRefused }

// Unwrap returns what went wrong.
func (e refused) Unwrap() error { return e.error }

// do runs one step with a request and returns what it captured and the
// answer's body. The error wraps prober.ErrRefused where the answer means
// that, and where no request left this machine.
func (r *Rig) do(ctx context.Context, s Step, d data) (map[string]string, []byte, error) {
	x := Exchange{Step: s.Name, Method: s.Method}
	began := time.Now()
	body, vars, err := r.exchange(ctx, s, d, &x)
	if err != nil {
		err = fmt.Errorf("%s: %w", s.Name, r.hide.err(err))
	}
	for _, c := range s.Capture {
		if c.Secret {
			r.hide.add(vars[c.Name])
		}
	}
	x.Took, x.Captured, x.Err = time.Since(began), vars, err
	r.tell(x)
	return vars, body, err
}

func (r *Rig) exchange(ctx context.Context, s Step, d data, x *Exchange) ([]byte, map[string]string, error) {
	ctx, cancel := context.WithTimeout(ctx, s.Timeout)
	defer cancel()
	req, err := request(ctx, s, d, x)
	if err != nil {
		return nil, nil, refused{err}
	}
	if r.o.UserAgent != "" && req.Header.Get("User-Agent") == "" {
		req.Header.Set("User-Agent", r.o.UserAgent)
	}
	resp, err := r.client.Do(req)
	if err != nil {
		var op *net.OpError
		if errors.As(err, &op) && op.Op == "dial" {
			err = refused{err}
		}
		return nil, nil, err
	}
	defer func() { _ = resp.Body.Close() }() // it was read
	x.Status = resp.StatusCode
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	x.Answer = string(body)
	switch {
	case inRanges(s.Refuse, resp.StatusCode) && !inRanges(s.Accept, resp.StatusCode):
		return body, nil, refused{answerError(resp, body)}
	case !inRanges(s.Accept, resp.StatusCode):
		return body, nil, answerError(resp, body)
	case err != nil:
		return body, nil, fmt.Errorf("read the answer: %w", err)
	}
	vars, err := take(s.Capture, resp.Header.Get, body)
	if err != nil {
		return body, vars, fmt.Errorf("%w; %s", err, answered(resp.StatusCode, body))
	}
	return body, vars, nil
}

func request(ctx context.Context, s Step, d data, x *Exchange) (*http.Request, error) {
	url, err := s.URL.render(d)
	if err != nil {
		return nil, err
	}
	if s.Body != nil {
		if x.Body, err = s.Body.render(d); err != nil {
			return nil, err
		}
	}
	req, err := http.NewRequestWithContext(ctx, s.Method, url, strings.NewReader(x.Body))
	if err != nil {
		return nil, err
	}
	if s.Body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	for _, h := range s.Headers {
		value, err := h.Value.render(d)
		if err != nil {
			return nil, err
		}
		req.Header.Set(h.Name, value)
	}
	x.URL, x.Header = url, req.Header
	return req, nil
}

// unwanted is an answer as an error. It reads as answered says it.
type unwanted struct {
	status *prober.StatusError
	text   string
}

func (u unwanted) Error() string { return u.text }
func (u unwanted) Unwrap() error { return u.status }

// answerError makes an error of an answer that is not the one wanted, by which
// a prober tells a missing route from a missing backend.
func answerError(resp *http.Response, body []byte) error {
	return unwanted{
		&prober.StatusError{Code: resp.StatusCode, Gateway: !json.Valid(body)},
		answered(resp.StatusCode, body),
	}
}

// answered says in short what an answer was.
func answered(status int, body []byte) string {
	text := strings.Join(strings.Fields(string(body)), " ")
	const most = 300
	if len(text) > most {
		text = text[:most] + "..."
	}
	return strings.TrimSpace(fmt.Sprintf("it answered %d %s", status, text))
}

func inRanges(ranges []policy.StatusRange, status int) bool {
	for _, r := range ranges {
		if r.From <= status && status <= r.To {
			return true
		}
	}
	return false
}

// tell hands an exchange to the trace without secrets.
func (r *Rig) tell(x Exchange) {
	if r.o.Trace == nil {
		return
	}
	x.URL, x.Body, x.Answer = r.hide.text(x.URL), r.hide.text(x.Body), r.hide.text(x.Answer)
	header := http.Header{}
	for name, values := range x.Header {
		for _, v := range values {
			header.Add(name, r.hide.text(v))
		}
	}
	x.Header = header
	captured := map[string]string{}
	for name, v := range x.Captured {
		captured[name] = r.hide.text(v)
	}
	x.Captured, x.Err = captured, r.hide.err(x.Err)
	r.trace.Lock()
	defer r.trace.Unlock()
	r.o.Trace(x)
}
