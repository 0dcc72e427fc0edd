package canary

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"syscall"

	"github.com/hookdrill/hookdrill/prober"
)

// Class says how a probe failed, in a closed set of words that metrics,
// timelines and OpenTelemetry's error.type share. OK is the zero value.
type Class string

// The classes of failures. 404 stands apart from 503: the one is a route that
// an incomplete change of the infrastructure left out, the other a backend
// that is gone.
const (
	OK              Class = ""
	RouteMissing    Class = "http_404_route_missing"
	Gone            Class = "http_410_gone"
	Auth            Class = "http_401_403_auth"
	Throttled       Class = "http_429_throttled"
	ClientError     Class = "http_4xx_other"
	Unavailable     Class = "http_503_unavailable"
	BadGateway      Class = "http_502_504_gateway"
	ServerError     Class = "http_5xx_other"
	NoSuchHost      Class = "dns_nxdomain"
	DNSFailure      Class = "dns_failure"
	Refused         Class = "connect_refused"
	ConnectTimeout  Class = "connect_timeout"
	Reset           Class = "connect_reset"
	CertExpired     Class = "tls_expired"
	CertUnknownCA   Class = "tls_unknown_ca"
	CertHostname    Class = "tls_hostname"
	TLSOther        Class = "tls_other"
	ResponseTimeout Class = "response_timeout"
	BodyInvalid     Class = "body_invalid"
	Blocked         Class = "blocked_by_policy"
	Other           Class = "_OTHER"
)

// Classes returns all classes of failures.
func Classes() []Class {
	return []Class{
		RouteMissing, Gone, Auth, Throttled, ClientError, Unavailable, BadGateway, ServerError,
		NoSuchHost, DNSFailure, Refused, ConnectTimeout, Reset,
		CertExpired, CertUnknownCA, CertHostname, TLSOther, ResponseTimeout, BodyInvalid, Blocked, Other,
	}
}

// errBlocked says that our own policy kept a request from being made.
var errBlocked = errors.New("blocked by policy")

// errForeignAnswer says that somebody else answered for our endpoint.
var errForeignAnswer = errors.New("the answer is not our endpoint's")

// ClassOfStatus returns the class of an HTTP answer that is not a success.
func ClassOfStatus(code int) Class {
	switch {
	case code == 404:
		return RouteMissing
	case code == 410:
		return Gone
	case code == 401 || code == 403:
		return Auth
	case code == 429:
		return Throttled
	case code/100 == 4:
		return ClientError
	case code == 503:
		return Unavailable
	case code == 502 || code == 504:
		return BadGateway
	case code/100 == 5:
		return ServerError
	default:
		return Other
	}
}

// ClassOf returns the class of an error of a request; OK for nil.
func ClassOf(err error) Class {
	var status *prober.StatusError
	switch {
	case err == nil:
		return OK
	case errors.Is(err, errBlocked):
		return Blocked
	case errors.Is(err, errForeignAnswer):
		return BodyInvalid
	case errors.As(err, &status):
		return ClassOfStatus(status.Code)
	}
	for _, of := range []func(error) Class{classOfDNS, classOfTLS, classOfConnection, classOfTimeout} {
		if c := of(err); c != OK {
			return c
		}
	}
	return Other
}

func classOfDNS(err error) Class {
	var dns *net.DNSError
	switch {
	case !errors.As(err, &dns):
		return OK
	case dns.IsNotFound:
		return NoSuchHost
	default:
		return DNSFailure
	}
}

func classOfTLS(err error) Class {
	var (
		invalid  x509.CertificateInvalidError
		unknown  x509.UnknownAuthorityError
		hostname x509.HostnameError
		record   tls.RecordHeaderError
		alert    tls.AlertError
		verify   *tls.CertificateVerificationError
	)
	switch {
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return CertExpired
	case errors.As(err, &unknown):
		return CertUnknownCA
	case errors.As(err, &hostname):
		return CertHostname
	case errors.As(err, &invalid), errors.As(err, &record), errors.As(err, &alert), errors.As(err, &verify),
		errors.Is(err, http.ErrSchemeMismatch): // net/http's word for a record header that is HTTP
		return TLSOther
	default:
		return OK
	}
}

func classOfConnection(err error) Class {
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return Refused
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE),
		errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return Reset
	default:
		return OK
	}
}

// classOfTimeout tells a dial that hung from an answer that did not come. A
// caller's deadline hides which it was, so probes bound their dials tighter
// than the whole request.
func classOfTimeout(err error) Class {
	var op *net.OpError
	var timeout net.Error
	isTimeout := errors.Is(err, context.DeadlineExceeded) || errors.Is(err, os.ErrDeadlineExceeded) ||
		errors.As(err, &timeout) && timeout.Timeout()
	switch {
	case !isTimeout && !errors.Is(err, syscall.ETIMEDOUT):
		return OK
	case errors.As(err, &op) && op.Op == "dial":
		return ConnectTimeout
	default:
		return ResponseTimeout
	}
}

// answered reports whether somebody answered, with an HTTP status.
func (c Class) answered() bool { return strings.HasPrefix(string(c), "http_") }

// short is how sentences name a class: by its status where there is one.
func (c Class) short() string {
	switch c {
	case OK:
		return "ok"
	case RouteMissing:
		return "404"
	case Unavailable:
		return "503"
	case Gone:
		return "410"
	case Auth:
		return "401 or 403"
	case Throttled:
		return "429"
	case BadGateway:
		return "502 or 504"
	case Other:
		return "failed"
	default:
		return string(c)
	}
}

// statusIn returns the class of the first HTTP error status that stands alone
// in a text, for senders that only tell their attempts in words.
func statusIn(text string) Class {
	for i := 0; i+3 <= len(text); i++ {
		if i > 0 && isWord(text[i-1]) || i+3 < len(text) && isWord(text[i+3]) {
			continue
		}
		if code, err := strconv.Atoi(text[i : i+3]); err == nil && code >= 400 && code <= 599 {
			return ClassOfStatus(code)
		}
	}
	return Other
}

func isWord(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

// Stage is the place at which a canary was seen to fail.
type Stage string

// The stages, in the order in which a canary passes them.
const (
	StagePublish Stage = "publish"
	StageAttempt Stage = "sender_attempt"
	StageRoute   Stage = "route_check"
	StageReceive Stage = "receive"
)

// Stages returns all stages.
func Stages() []Stage { return []Stage{StagePublish, StageAttempt, StageRoute, StageReceive} }
