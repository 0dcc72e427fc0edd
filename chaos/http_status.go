package chaos

import (
	"fmt"
	"io"
	"maps"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// largestBody bounds what an endpoint can be told to answer with: enough to
// find a sender that reads without a bound, not enough to hurt the machine.
const largestBody = 64 << 20

func statusKind() Kind {
	return build(Kind{
		Name:  "status",
		Layer: LayerResponse,
		Doc:   "answers with a status, headers and a body of one's choice",
		Expect: "2xx: the event is delivered, whatever the body says; 3xx, 4xx and 5xx: retried on the declared schedule, or given up at once " +
			"where the policy says so; 410: stops, if the policy says so; an unknown code counts as its class does",
		Params: []Param{
			{Name: "code", Type: TypeInt, Default: "503", Doc: "the status, 100 to 599; after a 1xx nothing follows and the connection ends"},
			{Name: "headers", Type: TypeHeaders, Doc: "headers of the answer; a Retry-After in seconds is scenario time"},
			{Name: "body", Type: TypeString, Doc: "the answer's body"},
			{Name: "body-size", Type: TypeSize, Doc: "the size of a made-up body, at most 64 MiB, in place of body"},
		},
	}, newStatus)
}

func newStatus(v *values) (Fault, error) {
	a := answer{code: v.int("code"), body: v.text("body"), size: v.int("body-size")}
	switch {
	case a.code < 100 || a.code > 599:
		return Fault{}, fmt.Errorf("code %d: want 100 to 599", a.code)
	case v.has("body") && v.has("body-size"):
		return Fault{}, fmt.Errorf("body and body-size: want one of them")
	case a.size < 0 || a.size > largestBody:
		return Fault{}, fmt.Errorf("body-size %d: want 0 to %d", a.size, largestBody)
	case !bodyAllowed(a.code) && (a.body != "" || a.size > 0):
		return Fault{}, fmt.Errorf("code %d: an answer of that status has no body", a.code)
	}
	var err error
	if a.headers, err = headers(v.headers("headers")); err != nil {
		return Fault{}, fmt.Errorf("headers: %w", err)
	}
	seconds, err := strconv.ParseUint(a.headers.Get("Retry-After"), 10, 31)
	if err == nil {
		a.retryAfter = time.Duration(seconds) * time.Second
	}
	return Fault{RetryAfter: a.retryAfter, HTTP: func(r Request, _ http.Handler) http.Handler {
		return a.handler(r)
	}}, nil
}

// answer is an answer with nothing wrong on the wire.
type answer struct {
	code    int
	headers http.Header
	body    string
	// size, if not 0, is that of a body of filler.
	size int
	// retryAfter is the Retry-After header's time, if it is in seconds.
	retryAfter time.Duration
}

func (a answer) handler(r Request) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		drain(req)
		h := w.Header()
		maps.Copy(h, a.headers)
		if a.retryAfter > 0 {
			h.Set("Retry-After", inSeconds(a.retryAfter, r))
		}
		if a.code < 200 {
			// net/http sends 200 behind a 1xx when the handler returns.
			w.WriteHeader(a.code)
			_ = take(w, "status").Close() // a client that is gone has nothing to learn
			return
		}
		length := a.size + len(a.body)
		if bodyAllowed(a.code) {
			h.Set("Content-Length", strconv.Itoa(length))
			if h.Get("Content-Type") == "" {
				h.Set("Content-Type", "text/plain; charset=utf-8")
			}
		}
		w.WriteHeader(a.code)
		// What cannot be written has no reader; the server sees that itself.
		_, _ = io.WriteString(w, a.body)
		_ = fill(w, a.size)
	})
}

const filler = "hookdrill made this answer long\n"

// fill writes n bytes of filler.
func fill(w io.Writer, n int) error {
	if n == 0 {
		return nil // most answers are short: no line is made for them
	}
	line := strings.Repeat(filler, min(512, n/len(filler)+1))
	for n > 0 {
		m, err := io.WriteString(w, line[:min(n, len(line))])
		if err != nil {
			return err
		}
		n -= m
	}
	return nil
}

func bodyAllowed(code int) bool {
	return code >= 200 && code != http.StatusNoContent && code != http.StatusNotModified
}

// inSeconds writes a time in the way of Retry-After, in seconds of the
// sender's clock, rounded up: asking for less would be a lie about d.
func inSeconds(d time.Duration, r Request) string {
	return strconv.FormatInt(int64((scaled(d, r)+time.Second-1)/time.Second), 10)
}

// headers checks and canonicalises headers of an answer.
func headers(given map[string]string) (http.Header, error) {
	h := make(http.Header, len(given))
	for name, value := range given {
		switch {
		case !isToken(name):
			return nil, fmt.Errorf("%q is no name of a header", name)
		case strings.ContainsAny(value, "\r\n\x00"):
			return nil, fmt.Errorf("%s: a value has no line breaks and no zero bytes", name)
		}
		switch name = http.CanonicalHeaderKey(name); name {
		case "Content-Length", "Transfer-Encoding", "Connection":
			return nil, fmt.Errorf("%s: is the connection's own; see the faults truncate, fin and reset", name)
		}
		h.Set(name, value)
	}
	return h, nil
}

// isToken reports whether s is a token of RFC 9110, section 5.6.2.
func isToken(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(c rune) bool {
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
		return !letter && (c < '0' || c > '9') && !strings.ContainsRune("!#$%&'*+-.^_`|~", c)
	})
}
