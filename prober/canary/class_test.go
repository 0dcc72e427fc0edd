package canary

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"
	"testing"

	"github.com/hookdrill/hookdrill/prober"
)

func TestClassOf(t *testing.T) {
	wrap := func(err error) error { return fmt.Errorf("publish: %w: %w", prober.ErrRefused, err) }
	for _, row := range []struct {
		reason string
		err    error
		want   Class
	}{
		{"no error", nil, OK},
		{"a route is missing", wrap(&prober.StatusError{Code: 404}), RouteMissing},
		{"a backend is gone", wrap(&prober.StatusError{Code: 503}), Unavailable},
		{"a gateway without an answer", wrap(&prober.StatusError{Code: 502}), BadGateway},
		{"a gateway that waited in vain", wrap(&prober.StatusError{Code: 504}), BadGateway},
		{"another server error", &prober.StatusError{Code: 500}, ServerError},
		{"for good", &prober.StatusError{Code: 410}, Gone},
		{"credentials", &prober.StatusError{Code: 401}, Auth},
		{"throttled", &prober.StatusError{Code: 429}, Throttled},
		{"another client error", &prober.StatusError{Code: 422}, ClientError},
		{"a redirect is no answer we know", &prober.StatusError{Code: 302}, Other},
		{"no such name", wrap(&net.DNSError{Err: "no such host", IsNotFound: true}), NoSuchHost},
		{"a resolver that does not answer", &net.DNSError{Err: "timeout", IsTimeout: true}, DNSFailure},
		{"refused", &net.OpError{Op: "dial", Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}, Refused},
		{"reset", &net.OpError{Op: "read", Err: syscall.ECONNRESET}, Reset},
		{"closed in the middle", io.ErrUnexpectedEOF, Reset},
		{"a dial that hangs", &net.OpError{Op: "dial", Err: os.ErrDeadlineExceeded}, ConnectTimeout},
		{"an answer that does not come", context.DeadlineExceeded, ResponseTimeout},
		{"expired", x509.CertificateInvalidError{Reason: x509.Expired}, CertExpired},
		{"another authority", &tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}}, CertUnknownCA},
		{"another name", x509.HostnameError{Certificate: &x509.Certificate{}}, CertHostname},
		{"no TLS at all", tls.RecordHeaderError{Msg: "first record does not look like a TLS handshake"}, TLSOther},
		{"a certificate out of its use", x509.CertificateInvalidError{Reason: x509.NotAuthorizedToSign}, TLSOther},
		{"our own allow-list", wrap(errBlocked), Blocked},
		{"somebody else answers", errForeignAnswer, BodyInvalid},
		{"anything else", errors.New("odd"), Other},
	} {
		if got := ClassOf(row.err); got != row.want {
			t.Errorf("%s: %v is %q, want %q", row.reason, row.err, got, row.want)
		}
	}
	if n := len(Classes()); n > 21 {
		t.Errorf("%d classes: the set is closed, and a label of metrics", n)
	}
}

func TestStatusIn(t *testing.T) {
	for text, want := range map[string]Class{
		"failed: 404 Not Found": RouteMissing, "HTTP 503": Unavailable, "1404": Other, "4041": Other, "": Other, "ok 200": Other, "x404": Other, "404": RouteMissing,
	} {
		if got := statusIn(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}
