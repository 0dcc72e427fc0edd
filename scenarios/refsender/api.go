package refsender

import (
	"encoding/json"
	"errors"
	"net/http"

	"github.com/rs/zerolog"

	"github.com/hookdrill/hookdrill/prober"
	"github.com/hookdrill/hookdrill/prober/history"
)

// api is the sender over HTTP. A publish is answered 202 when the event is
// durable; 4xx and 503 mean that nothing is owed of what was asked; 500 leaves
// it open.
type api struct {
	s   *sender
	log zerolog.Logger
}

func newAPI(s *sender, log zerolog.Logger) http.Handler {
	a := api{s, log}
	m := http.NewServeMux()
	for pattern, h := range map[string]func(http.ResponseWriter, *http.Request) (int, any, error){
		"PUT /v1/endpoints/{name}":    a.subscribe,
		"DELETE /v1/endpoints/{name}": a.unsubscribe,
		"POST /v1/events":             a.publish,
		"GET /v1/events/{id}":         a.outcome,
		"GET /v1/pending":             a.pending,
		"GET /v1/policy":              a.policy,
		"GET /v1/ready":               a.ready,
		"/":                           a.unknown,
	} {
		m.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			status, body, err := h(w, r)
			if err != nil {
				status = statusOf(err)
				body = wireError{Error: err.Error(), Refused: status != http.StatusInternalServerError}
			}
			a.answer(w, r, status, body)
		})
	}
	return m
}

// statusOf is the status by which an error is told.
func statusOf(err error) int {
	if bad, ok := errors.AsType[badRequest](err); ok {
		return bad.status
	}
	switch {
	case errors.Is(err, errStopping):
		return http.StatusServiceUnavailable
	case errors.Is(err, errNoEndpoint):
		return http.StatusNotFound
	case errors.Is(err, prober.ErrRefused):
		return http.StatusUnprocessableEntity
	default:
		return http.StatusInternalServerError
	}
}

func (a api) answer(w http.ResponseWriter, r *http.Request, status int, body any) {
	if status >= http.StatusInternalServerError {
		a.log.Warn().Str("method", r.Method).Str("path", r.URL.Path).Int("status", status).Interface("answer", body).
			Msg("a request could not be served")
	}
	if body == nil {
		w.WriteHeader(status)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the client has gone; it will ask again
}

func (a api) subscribe(w http.ResponseWriter, r *http.Request) (int, any, error) {
	name := r.PathValue("name")
	if err := checkName("endpoint", name); err != nil {
		return 0, nil, err
	}
	var in wireSubscription
	if err := decode(w, r, &in); err != nil {
		return 0, nil, err
	}
	sub := prober.Subscription{Endpoint: name, URL: in.URL, Secret: in.Secret, Topics: in.Topics, Labels: in.Labels}
	return http.StatusNoContent, nil, a.s.Subscribe(r.Context(), sub)
}

func (a api) unsubscribe(_ http.ResponseWriter, r *http.Request) (int, any, error) {
	return http.StatusNoContent, nil, a.s.Unsubscribe(r.Context(), r.PathValue("name"))
}

func (a api) publish(w http.ResponseWriter, r *http.Request) (int, any, error) {
	var in wireEvent
	if err := decode(w, r, &in); err != nil {
		return 0, nil, err
	}
	m, err := in.message()
	if err != nil {
		return 0, nil, err
	}
	if err := a.s.publish(r.Context(), m); err != nil {
		return 0, nil, err
	}
	return http.StatusAccepted, wireOutcome{ID: in.ID, Outcome: history.Accepted.String()}, nil
}

// outcome answers 200 for events it does not know, too: a 404 would also come
// from a gateway that does not know the sender.
func (a api) outcome(_ http.ResponseWriter, r *http.Request) (int, any, error) {
	id := r.PathValue("id")
	o, err := a.s.outcome(r.Context(), id)
	if err != nil {
		return 0, nil, err
	}
	return http.StatusOK, wireOutcome{ID: id, Outcome: o.String()}, nil
}

func (a api) pending(_ http.ResponseWriter, r *http.Request) (int, any, error) {
	n, err := a.s.Pending(r.Context())
	return http.StatusOK, wirePending{n}, err
}

func (a api) policy(http.ResponseWriter, *http.Request) (int, any, error) {
	return http.StatusOK, a.s.Policy(), nil
}

func (a api) ready(http.ResponseWriter, *http.Request) (int, any, error) {
	a.s.mu.Lock()
	defer a.s.mu.Unlock()
	if a.s.stopping {
		return 0, nil, errStopping
	}
	return http.StatusOK, wireReady{true}, nil
}

func (a api) unknown(_ http.ResponseWriter, r *http.Request) (int, any, error) {
	return 0, nil, badRequest{http.StatusNotFound, errors.New(r.Method + " " + r.URL.Path + ": no such operation")}
}
