// Package signature verifies the signatures by which senders let their
// customers know them. A file holds one scheme.
package signature

import (
	"net/http"
	"slices"
	"time"
)

// Result says what came of verifying one request.
type Result uint8

// The results. The zero value says that nobody looked.
const (
	None Result = iota
	// Good: the signature fits the request and its time.
	Good
	// Bad: there is a signature, and it does not fit.
	Bad
	// Missing: a header that the scheme needs is not there.
	Missing
	// Stale: the signature fits, but its timestamp is further from now than
	// the scheme tolerates, so that a customer would refuse the request.
	Stale
)

// String returns the result in one word.
func (r Result) String() string {
	switch r {
	case Good:
		return "good"
	case Bad:
		return "bad"
	case Missing:
		return "missing"
	case Stale:
		return "stale"
	default:
		return "none"
	}
}

// Scheme is one way to sign requests.
type Scheme interface {
	// Name is the scheme's name in policies and profiles.
	Name() string
	// Verifier makes the verifier for one secret, in the form in which a
	// customer is given it. The error never holds the secret.
	Verifier(secret string) (Verifier, error)
}

// Verifier verifies the requests that are signed with one secret.
type Verifier interface {
	// Verify looks at one request as it was received at now. It returns the
	// sender's id for the message as well, whatever the result; empty: the
	// request has none. It is safe for concurrent use and keeps nothing.
	Verify(h http.Header, body []byte, now time.Time) (Result, string)
}

// schemes is the table of all schemes, in the order of their names.
func schemes() []Scheme {
	return []Scheme{
		convoyAdvanced(),
		convoySimple(),
		github(),
		outpost(),
		standard{name: "standard-webhooks", prefix: "Webhook-"},
		stripe(),
		svix(),
		webhookx(),
	}
}

// ByName returns the scheme of that name.
func ByName(name string) (Scheme, bool) {
	all := schemes()
	i := slices.IndexFunc(all, func(s Scheme) bool { return s.Name() == name })
	if i < 0 {
		return nil, false
	}
	return all[i], true
}

// Names returns the names of all schemes, sorted.
func Names() []string {
	var names []string
	for _, s := range schemes() {
		names = append(names, s.Name())
	}
	return names
}
