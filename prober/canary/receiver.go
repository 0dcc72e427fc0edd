package canary

import (
	"crypto/tls"
	"errors"
	"io"
	stdlog "log"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/mux"
	"github.com/rs/zerolog"

	"github.com/hookdrill/hookdrill/prober/event"
	"github.com/hookdrill/hookdrill/prober/signature"
)

const (
	// checkHeader carries the nonce of a route check, and proofHeader what
	// our endpoint makes of it.
	checkHeader = "Hookdrill-Check"
	proofHeader = "Hookdrill-Proof"
	// maxDelivery bounds what is read of a request, and maxBusy how many are
	// served at a time.
	maxDelivery = 1 << 20
	maxBusy     = 256
)

// receiver is a region's endpoint.
type receiver struct {
	region string
	key    []byte
	run    string
	number uint32
	// received and rejected are told before the request is answered, so that
	// what the sender believes to be delivered is on disk.
	received func(t event.Token, attempt int) error
	rejected func(reason string)
	busy     chan struct{}

	mu sync.Mutex
	// ready says that the sender was subscribed in this life, so that scan and
	// verify are known.
	ready  bool
	scan   tokenScan
	verify signature.Verifier // nil: deliveries are not signed
	// attempt is the header that says which attempt a delivery is; empty: none.
	attempt string
}

// arm tells how deliveries are signed, where tokens are, and which header has
// the number of the attempt.
func (v *receiver) arm(verify signature.Verifier, scan tokenScan, attempt string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.ready, v.verify, v.scan, v.attempt = true, verify, scan, attempt
}

func (v *receiver) arms() (ready bool, verify signature.Verifier, scan tokenScan) {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.ready, v.verify, v.scan
}

// attemptOf returns which attempt a delivery is by its header; 0: that is not
// told.
func (v *receiver) attemptOf(h http.Header) int {
	v.mu.Lock()
	name := v.attempt
	v.mu.Unlock()
	if name == "" {
		return 0
	}
	n, err := strconv.Atoi(h.Get(name))
	if err != nil || n < 1 {
		return 0
	}
	return n
}

// tokenScan finds the tokens of a request.
type tokenScan = func(h http.Header, body []byte, run string, yield func(event.Token) bool)

// scanAll finds tokens anywhere in the body and the headers.
func scanAll(h http.Header, body []byte, run string, yield func(event.Token) bool) {
	more := true
	event.Scan(body, run, func(t event.Token) bool {
		more = yield(t)
		return more
	})
	for _, values := range h {
		for _, v := range values {
			if !more {
				return
			}
			event.Scan([]byte(v), run, func(t event.Token) bool {
				more = yield(t)
				return more
			})
		}
	}
}

// handler serves all paths: what stands before the endpoint may have taken a
// part of the path away.
func (v *receiver) handler() http.Handler {
	r := mux.NewRouter().SkipClean(true).UseEncodedPath()
	r.PathPrefix("/").Methods(http.MethodGet, http.MethodHead).HandlerFunc(v.check)
	r.PathPrefix("/").Methods(http.MethodPost, http.MethodPut, http.MethodPatch).HandlerFunc(v.deliver)
	return r
}

// check answers a route check, and says nothing to anybody else.
func (v *receiver) check(w http.ResponseWriter, r *http.Request) {
	nonce := r.Header.Get(checkHeader)
	if nonce == "" || len(nonce) > 64 {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	w.Header().Set(proofHeader, proof(v.key, v.region, nonce))
	w.WriteHeader(http.StatusOK)
}

func (v *receiver) deliver(w http.ResponseWriter, r *http.Request) {
	v.busy <- struct{}{}
	defer func() { <-v.busy }()
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxDelivery))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		v.refuse(w, Oversize, http.StatusRequestEntityTooLarge)
		return
	case err != nil: // the sender went away; it knows that this did not arrive
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	ready, verify, scan := v.arms()
	if !ready { // what a former life was promised has to wait a little more
		w.Header().Set("Retry-After", "5")
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	if verify != nil {
		// A signature's time is of the sender's clock, which knows no scale.
		switch result, _ := verify.Verify(r.Header, body, time.Now()); result {
		case signature.Good:
		case signature.Stale:
			v.refuse(w, StaleTimestamp, http.StatusUnauthorized)
			return
		default:
			v.refuse(w, BadSignature, http.StatusUnauthorized)
			return
		}
	}
	v.accept(w, r.Header, body, scan)
}

// accept enters the canaries of a request whose signature is good.
func (v *receiver) accept(w http.ResponseWriter, h http.Header, body []byte, scan tokenScan) {
	tokens, foreign := v.tokens(h, body, scan)
	switch {
	case len(tokens) == 0 && foreign:
		v.refuse(w, WrongRegion, http.StatusUnprocessableEntity)
		return
	case len(tokens) == 0:
		v.refuse(w, UnknownEvent, http.StatusUnprocessableEntity)
		return
	case event.CheckBody(body) == event.Damaged:
		v.refuse(w, CorruptPayload, http.StatusUnprocessableEntity)
		return
	}
	attempt := v.attemptOf(h)
	for _, t := range tokens {
		if err := v.received(t, attempt); err != nil {
			// It cannot be kept: the sender has to try again.
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
	}
	w.WriteHeader(http.StatusOK)
}

// tokens returns the canaries of this region in a request, each once: an
// envelope may name an event several times. foreign says that there are some
// of another region.
func (v *receiver) tokens(h http.Header, body []byte, scan tokenScan) (tokens []event.Token, foreign bool) {
	seen := map[event.Token]bool{}
	scan(h, body, v.run, func(t event.Token) bool {
		switch {
		case t.Key/maxKeys != v.number:
			foreign = true
		case !seen[t]:
			seen[t] = true
			tokens = append(tokens, t)
		}
		return len(tokens) < 1000
	})
	return tokens, foreign
}

// refuse answers without a word of what was sent.
func (v *receiver) refuse(w http.ResponseWriter, reason string, status int) {
	v.rejected(reason)
	w.WriteHeader(status)
}

// newHTTPServer bounds what a hostile client can take.
func newHTTPServer(h http.Handler, log zerolog.Logger) *http.Server {
	return &http.Server{
		Handler: h, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 30 * time.Second,
		WriteTimeout: 30 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10,
		ErrorLog: stdlog.New(quietLog{log}, "", 0),
	}
}

// quietLog takes the lines of net/http, which tell of port scanners mostly.
type quietLog struct{ log zerolog.Logger }

func (q quietLog) Write(b []byte) (int, error) {
	q.log.Debug().Msg(strings.TrimSpace(string(b)))
	return len(b), nil
}

// listenTLS wraps a listener for a region that ends TLS itself.
func listenTLS(l net.Listener, cert *tls.Certificate) net.Listener {
	if cert == nil {
		return l
	}
	return tls.NewListener(l, &tls.Config{
		Certificates: []tls.Certificate{*cert}, NextProtos: []string{"http/1.1"}, MinVersion: tls.VersionTLS12,
	})
}
