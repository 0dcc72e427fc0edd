package prober

import (
	"io"
	"net/http"
	"testing"
)

// handler makes a Wrap that answers by f alone.
func handler(f http.HandlerFunc) func(http.Handler) http.Handler {
	return func(http.Handler) http.Handler { return f }
}

// raw makes a Wrap that takes the connection, writes text and ends it.
func raw(text string, end func(Conn) error) func(http.Handler) http.Handler {
	return handler(func(w http.ResponseWriter, _ *http.Request) {
		c, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			panic(err)
		}
		_, _ = io.WriteString(c, text)
		_ = end(c.(Conn))
	})
}

// flushed makes a Wrap that sends a status in the proper way and ends there.
func flushed(status int, header string, end func(Conn) error) func(http.Handler) http.Handler {
	return handler(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", header)
		w.WriteHeader(status)
		_ = http.NewResponseController(w).Flush()
		c, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			panic(err)
		}
		_ = end(c.(Conn))
	})
}

func exchangeOnce(t *testing.T, r *rig) {
	c := r.dial(0)
	send(t, c, request(1, 1))
	receive(t, c)
	_ = c.Close()
}

func sendOnly(t *testing.T, r *rig) {
	c := r.dial(0)
	send(t, c, request(1, 1))
	_, _ = io.ReadAll(c)
	_ = c.Close()
}

// afterLeaving answers 200 when the client was seen to leave.
func afterLeaving(w http.ResponseWriter, r *http.Request) {
	<-r.Context().Done()
	w.WriteHeader(http.StatusOK)
}
