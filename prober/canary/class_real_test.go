package canary

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"
)

// issuer signs certificates.
type issuer struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newIssuer(t *testing.T) issuer {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, NotBefore: time.Now().Add(-time.Hour),
		NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return issuer{cert, key}
}

// sign makes a certificate for 127.0.0.1 that a row changes.
func (a issuer) sign(t *testing.T, change func(*x509.Certificate)) tls.Certificate {
	t.Helper()
	template := &x509.Certificate{SerialNumber: big.NewInt(2), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}
	change(template)
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, &a.key.PublicKey, a.key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: a.key}
}

// TestRealTLS checks the way to real servers whose certificates are wrong, each
// in its own way, and to one that speaks no TLS.
func TestRealTLS(t *testing.T) {
	a, other := newIssuer(t), newIssuer(t)
	plain := httptest.NewServer(http.NotFoundHandler())
	defer plain.Close()
	for _, row := range []struct {
		reason string
		by     issuer
		change func(*x509.Certificate)
		want   Class
	}{
		{"all is well with it", a, func(*x509.Certificate) {}, RouteMissing}, // the server's own answer
		{"expired", a, func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Minute) }, CertExpired},
		{"another authority", other, func(*x509.Certificate) {}, CertUnknownCA},
		{"another name", a, func(c *x509.Certificate) { c.IPAddresses, c.DNSNames = nil, []string{"elsewhere.example.com"} }, CertHostname},
		{"not for servers", a, func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth} }, TLSOther},
	} {
		server := httptest.NewUnstartedServer(http.NotFoundHandler())
		server.Config.ErrorLog = newHTTPServer(nil, zerolog.Nop()).ErrorLog // it would tell of each client that went away
		server.TLS = &tls.Config{Certificates: []tls.Certificate{row.by.sign(t, row.change)}}
		server.StartTLS()
		if got := wayTo(t, server.URL, a); got != row.want {
			t.Errorf("%s: %q, want %q", row.reason, got, row.want)
		}
		server.Close()
	}
	if got := wayTo(t, strings.Replace(plain.URL, "http:", "https:", 1), a); got != TLSOther {
		t.Errorf("no TLS at all: %q", got)
	}
}

// TestRealNames looks up a name that there cannot be, and dials in no time.
func TestRealNames(t *testing.T) {
	resolver := &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		return nil, &net.OpError{Op: "dial", Err: context.DeadlineExceeded}
	}}
	if _, err := resolver.LookupHost(t.Context(), "canary.example.com"); ClassOf(err) != DNSFailure {
		t.Errorf("a resolver that cannot be reached: %q of %v", ClassOf(err), err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Nanosecond)
	defer cancel()
	if _, err := (&net.Dialer{}).DialContext(ctx, "tcp", "127.0.0.1:1"); ClassOf(err) != ConnectTimeout {
		t.Errorf("a dial that takes too long: %q of %v", ClassOf(err), err)
	}
}

// wayTo checks a URL with one issuer known.
func wayTo(t *testing.T, url string, a issuer) Class {
	t.Helper()
	roots := x509.NewCertPool()
	roots.AddCert(a.cert)
	c := newRouteCheck(Region{Name: "eu", Receive: Receive{URL: url}}, nil, roots, strings.TrimPrefix(url, "https://"),
		(&anywhere{}).dial, (&anywhere{}).dial, 5*time.Second)
	defer c.closeIdle()
	class, _, _ := c.look(t.Context(), "n")
	return class
}
