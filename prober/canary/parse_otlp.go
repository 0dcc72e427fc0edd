package canary

import (
	"net/url"
	"regexp"
	"time"

	"go.yaml.in/yaml/v4"
)

// headerName is a token of RFC 9110, without the signs that nobody uses.
var headerName = regexp.MustCompile(`^[A-Za-z0-9-]{1,64}$`)

func (r *reader) otlp(n *yaml.Node, o *OTLP) {
	has := r.mapping(n, "otlp", fields{
		"url":      func(n *yaml.Node) { o.URL = r.text(n, "otlp.url") },
		"interval": func(n *yaml.Node) { o.Interval = r.duration(n, "otlp.interval", 5*time.Second, hour) },
		"headers":  func(n *yaml.Node) { o.Headers = r.headers(n) },
		"ca":       func(n *yaml.Node) { o.CA = beside(r.file, r.text(n, "otlp.ca")) },
	})
	if has["url"] == nil {
		r.errorf(n, "otlp", "missing key %q", "url")
		return
	}
	// Its query would be left out, and a path is not guessed.
	u, err := url.Parse(o.URL)
	if o.URL != "" && (err != nil || u.Host == "" || u.Path == "" || u.Scheme != "http" && u.Scheme != "https" || u.User != nil || u.RawQuery != "") {
		r.errorf(has["url"], "otlp.url", "%q is no URL such as https://collector.example.com:4318/v1/metrics", o.URL)
	}
}

// headers reads headers whose values are secrets.
func (r *reader) headers(n *yaml.Node) map[string]Secret {
	all := map[string]Secret{}
	f := fields{}
	for i := 0; n.Kind == yaml.MappingNode && i+1 < len(n.Content); i += 2 {
		name := n.Content[i]
		f[name.Value] = func(value *yaml.Node) {
			if !headerName.MatchString(name.Value) {
				r.errorf(name, "otlp.headers", "%q is no name of a header", name.Value)
			}
			all[name.Value] = r.secret(value, "otlp.headers."+name.Value)
		}
	}
	r.mapping(n, "otlp.headers", f)
	return all
}
