package refsender

import (
	"context"
	"errors"
	"io"
	"net/http"
	"time"
)

// maxAnswer is how much of an answer's body is read; nobody needs it, but a
// body that was read whole leaves the connection fit for the next attempt.
const maxAnswer = 64 << 10

// answer is what became of one attempt.
type answer struct {
	status int
	// retryAfter is what a Retry-After header asks for; badRetryAfter says
	// that it could not be read.
	retryAfter    time.Duration
	badRetryAfter bool
	// long says that the body was longer than maxAnswer.
	long bool
	// err is why there is no whole answer.
	err error
}

// fate is what follows from an answer, or what else happens to an endpoint.
type fate uint8

const (
	// delivered: the delivery is settled.
	delivered fate = iota + 1
	// again: it is due once more.
	again
	// gaveUp: it is settled, for there is no attempt left.
	gaveUp
	// disabled: the endpoint answered 410 and is owed nothing any more.
	disabled
	// removed: the endpoint was unsubscribed.
	removed
	// stopped: no attempt is to be begun.
	stopped
)

// send makes one attempt. Its timeout covers all of it, from the dial to the
// end of the answer's body: a body that drips must not hold a slot for ever.
func (s *sender) send(ctx context.Context, r *http.Request) answer {
	if timeout := s.bugs.timeout(s.scaled(s.cfg.Timeout)); timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, timeout)
		defer cancel()
	}
	resp, err := s.exchange(r.WithContext(ctx))
	if err != nil {
		return answer{err: err}
	}
	defer func() { _ = resp.Body.Close() }() // it was read as far as it counts
	a := answer{status: resp.StatusCode}
	if h := resp.Header.Get("Retry-After"); h != "" {
		var ok bool
		a.retryAfter, ok = retryAfter(h, time.Now())
		a.badRetryAfter = !ok
	}
	if resp.Body == http.NoBody {
		return a
	}
	n, err := io.Copy(io.Discard, io.LimitReader(resp.Body, maxAnswer+1))
	a.err, a.long = err, n > maxAnswer
	return a
}

// judge says what follows from the answer to the latest attempt of d, and for
// again, when.
func (s *sender) judge(endpoint string, d *delivery, a answer) (fate, time.Time) {
	if f := s.bugs.judge(d, a); f != 0 {
		return f, time.Time{}
	}
	switch {
	case a.err == nil && a.status >= 200 && a.status <= 299:
		return delivered, time.Time{}
	case a.err == nil && a.status == http.StatusGone:
		return disabled, time.Time{}
	}
	wait, more := s.backoff(endpoint, d, a)
	if !more {
		s.log.Warn().Str("endpoint", endpoint).Str("event", d.msg.ID).Int("attempts", d.attempts).
			Msg("gave up: the schedule is exhausted")
		return gaveUp, time.Time{}
	}
	return again, time.Now().Add(wait)
}

// note makes the record of what followed from an attempt.
func note(endpoint string, d *delivery, f fate, due time.Time) record {
	switch f {
	case again:
		return record{kind: recAttempted, endpoint: endpoint, msg: d.msg, attempts: d.attempts, due: due}
	case disabled:
		return record{kind: recDisabled, endpoint: endpoint}
	default:
		return record{kind: recSettled, endpoint: endpoint, msg: d.msg}
	}
}

// keep writes a step down. A delivery goes on without: if the store is broken,
// the worst that follows is that the next incarnation repeats the step.
func (s *sender) keep(r record) {
	err := s.store.append(r)
	switch {
	case errors.Is(err, errFenced):
	case err != nil:
		s.log.Error().Err(err).Msg("a step was not written down")
	case r.kind == recDisabled:
		s.log.Warn().Str("endpoint", r.endpoint).Msg("the endpoint answered 410 and is disabled")
	}
}
