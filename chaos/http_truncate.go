package chaos

import (
	"fmt"
	"net/http"
	"strconv"
)

func truncateKind() Kind {
	return build(Kind{
		Name:   "truncate",
		Layer:  LayerResponse,
		Doc:    "announces a body of some length, sends less of it, and ends the connection in good order",
		Expect: "takes it for a failure and tries again, or for a delivery if only the status counts, as declared; never waits for the rest",
		Params: []Param{
			{Name: "code", Type: TypeInt, Default: "200", Doc: "the answer's status, 200 to 599"},
			{Name: "size", Type: TypeSize, Default: "1KiB", Doc: "the length that is announced, at most 64 MiB"},
			{Name: "at", Type: TypeSize, Default: "100", Doc: "how much of it is sent, less than size"},
		},
	}, newTruncate)
}

func newTruncate(v *values) (Fault, error) {
	code, size, at := v.int("code"), v.int("size"), v.int("at")
	switch {
	case code < 200 || code > 599 || !bodyAllowed(code):
		return Fault{}, fmt.Errorf("code %d: want 200 to 599 and a status whose answer has a body", code)
	case size < 1 || size > largestBody:
		return Fault{}, fmt.Errorf("size %d: want 1 to %d", size, largestBody)
	case at < 0 || at >= size:
		return Fault{}, fmt.Errorf("at %d: want 0 to less than size %d", at, size)
	}
	return Fault{HTTP: func(Request, http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
			drain(req)
			w.Header().Set("Content-Length", strconv.Itoa(size))
			w.WriteHeader(code)
			_ = fill(w, at) // a client that is gone has its truncated answer
			flush(w)
			hangUp(take(w, "truncate"), req, true)
		})
	}}, nil
}
