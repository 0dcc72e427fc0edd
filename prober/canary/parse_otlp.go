package canary

import (
	"fmt"
	"net/url"
	"regexp"
	"time"

	"github.com/hookdrill/hookdrill/prober/strict"
)

// headerName is a token of RFC 9110, without the signs that nobody uses.
var headerName = regexp.MustCompile(`^[A-Za-z0-9-]{1,64}$`)

// hostForm is how URLs begin.
const hostForm = "^[hH][tT][tT][pP][sS]?://[^/?#@]+"

func (r *reader) otlp(o *OTLP) strict.Value {
	return strict.Mapping{Dotted: true, Fields: []strict.Field{
		strict.Need("url", "The collector's URL with its path, such as `https://collector.example.com:4318/v1/metrics`.", collectorURL(&o.URL)),
		strict.Key("interval", "How far apart pushes are.", strict.Within(&o.Interval, 5*time.Second, hour)),
		strict.Key("headers", "Headers that are sent along, each with a secret as its value.", r.headers(o)),
		strict.Key("ca", "Authorities for url, relative to this file; by default the system's.", r.file(&o.CA)),
	}}
}

func collectorURL(dst *string) strict.Value {
	const want = "no URL such as https://collector.example.com:4318/v1/metrics"
	v := strict.Check(strict.Filled(dst), func(*strict.Node) error {
		// Its query would be left out, and a path is not guessed.
		u, err := url.Parse(*dst)
		if err != nil || u.Host == "" || u.Path == "" || u.Scheme != "http" && u.Scheme != "https" || u.User != nil || u.RawQuery != "" {
			return fmt.Errorf("%q is %s", *dst, want)
		}
		return nil
	})
	return strict.Shaped(v, func(s *strict.Schema) { s.Pattern, s.ErrorMessage = hostForm+"/[^?#]*(#.*)?$", "is "+want })
}

// headers reads headers whose values are secrets.
func (r *reader) headers(o *OTLP) strict.Value {
	return strict.Entries{Dotted: true, Key: nameOfHeader, Value: func(key *strict.Node) strict.Value {
		var s Secret
		return strict.Also(r.secret(&s), func(*strict.Node) {
			if o.Headers == nil {
				o.Headers = map[string]Secret{}
			}
			o.Headers[key.Text] = s
		})
	}}
}

func nameOfHeader(key *strict.Node) strict.Value {
	name := ""
	v := strict.Check(strict.Text(&name), func(*strict.Node) error {
		if !headerName.MatchString(key.Text) {
			return fmt.Errorf("%q is no name of a header", key.Text)
		}
		return nil
	})
	return strict.Shaped(v, func(s *strict.Schema) { s.Pattern, s.ErrorMessage = headerName.String(), "is no name of a header" })
}
