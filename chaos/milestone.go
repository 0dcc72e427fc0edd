package chaos

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
)

// The points of an exchange at which a connection can end.
const (
	atHeaders = "headers" // the headers are there, the body was not looked at
	atBody    = "body"    // some of the body was read
	atRequest = "request" // the request is there as a whole
	atStatus  = "status"  // the status line and the headers are written
)

// promised is the length of the body that an answer has before it is cut off
// behind the headers: an answer without a body would be whole there.
const promised = 2

// milestoneParams are those of faults that end a connection at a point.
func milestoneParams() []Param {
	return []Param{
		{Name: "at", Type: TypeString, Default: atRequest, OneOf: []string{atHeaders, atBody, atRequest, atStatus},
			Doc: "before the body is read, after bytes of it were, when the request is there as a whole, or when the answer's headers are written"},
		{Name: "bytes", Type: TypeSize, Default: "1", Doc: "how much of the body is read, with at: body; a shorter one is read whole"},
		{Name: "code", Type: TypeInt, Default: "200", Doc: "the answer's status, with at: status; after a 2xx nobody knows what the sender saw"},
	}
}

// cut is the end of a connection at a milestone.
type cut struct {
	fault string
	at    string
	bytes int
	code  int
	// end ends the connection. whole says that the request was read whole.
	end func(c Conn, req *http.Request, whole bool)
}

// newCut makes the fault that ends a connection in the way of end.
func newCut(v *values, fault string, end func(Conn, *http.Request, bool)) (Fault, error) {
	c := cut{fault, v.text("at"), v.int("bytes"), v.int("code"), end}
	switch {
	case c.at != atBody && v.has("bytes"):
		return Fault{}, errors.New("bytes: goes only with at: body")
	case c.bytes < 1:
		return Fault{}, fmt.Errorf("bytes %d: want at least 1", c.bytes)
	case c.at != atStatus && v.has("code"):
		return Fault{}, errors.New("code: goes only with at: status")
	case c.code < 200 || c.code > 599 || !bodyAllowed(c.code):
		return Fault{}, fmt.Errorf("code %d: want 200 to 599 and a status whose answer has a body", c.code)
	}
	layer := LayerResponse
	if c.at == atHeaders || c.at == atBody {
		layer = LayerRequest
	}
	return Fault{Layer: layer, HTTP: func(Request, http.Handler) http.Handler { return c }}, nil
}

// ServeHTTP implements http.Handler.
func (c cut) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	switch c.at {
	case atHeaders:
	case atBody:
		_, _ = io.CopyN(io.Discard, req.Body, int64(c.bytes)) // a shorter body is read whole
	default:
		drain(req)
	}
	if c.at == atStatus {
		w.Header().Set("Content-Length", strconv.Itoa(promised))
		w.WriteHeader(c.code)
		flush(w)
	}
	c.end(take(w, c.fault), req, c.at == atRequest || c.at == atStatus)
}

// flush sends what was written. Its error is the connection's own, which
// whoever ends the connection next has no use for.
func flush(w http.ResponseWriter) { _ = http.NewResponseController(w).Flush() }
