package chaos

import (
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

func redirectKind() Kind {
	return build(Kind{
		Name:   "redirect",
		Layer:  LayerResponse,
		Doc:    "sends the sender elsewhere, by default into a trap that counts who follows",
		Expect: "does not follow: the body with its signature was meant for this URL alone; takes it as a failure and tries again here",
		Params: []Param{
			{Name: "code", Type: TypeInt, Default: "307", Doc: "301, 302, 303, 307 or 308; the last two make a client that follows send the body again"},
			{Name: "to", Type: TypeString, Doc: "a path of the endpoint's own host, or a URL on a loopback address or under .test or .invalid; left out: the trap"},
			{Name: "answer", Type: TypeInt, Default: "200", Doc: "what the trap answers, 200 to 599"},
		},
	}, newRedirect)
}

func newRedirect(v *values) (Fault, error) {
	code, to := v.int("code"), v.text("to")
	switch code {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
	default:
		return Fault{}, fmt.Errorf("code %d: want 301, 302, 303, 307 or 308", code)
	}
	trapped := v.int("answer")
	switch {
	case to != "" && !staysHere(to):
		return Fault{}, fmt.Errorf("to %q: want a path, or a URL on a loopback address or under .test or .invalid", to)
	case to != "" && v.has("answer"):
		return Fault{}, errors.New("to and answer: want one of them")
	case trapped < 200 || trapped > 599:
		return Fault{}, fmt.Errorf("answer %d: want 200 to 599", trapped)
	}
	query := ""
	if v.has("answer") {
		query = "?" + TrapAnswer + "=" + strconv.Itoa(trapped)
	}
	return Fault{HTTP: func(r Request, _ http.Handler) http.Handler {
		location := to
		if location == "" {
			location = TrapPrefix + "/" + url.PathEscape(r.Endpoint) + query
		}
		return answer{code: code, headers: http.Header{"Location": {location}}}.handler(r)
	}}, nil
}

// staysHere reports whether following a redirect to there reaches nobody but
// this machine: a sender that follows is a finding, and not a request to some
// third party that has nothing to do with the rehearsal.
func staysHere(to string) bool {
	u, err := url.Parse(to)
	if err != nil || u.Opaque != "" {
		return false
	}
	if u.Scheme == "" && u.Host == "" {
		return strings.HasPrefix(u.Path, "/")
	}
	if u.Scheme != "http" && u.Scheme != "https" {
		return false
	}
	host := u.Hostname()
	if addr, err := netip.ParseAddr(host); err == nil {
		return addr.Unmap().IsLoopback()
	}
	return host == "localhost" || strings.HasSuffix(host, ".test") || strings.HasSuffix(host, ".invalid")
}
