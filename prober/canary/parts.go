package canary

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"hash"
	"os"

	"github.com/hookdrill/hookdrill/prober/profile"
)

// parts are what a region's runner takes from files and the environment. They
// are read before anything is opened or stopped: a mistake in one of them is
// ours and no outage of the sender, and must not cost a region that is probed.
type parts struct {
	prof   *profile.Profile // nil: a factory was handed in
	secret string           // that of receive.secret; empty: one of our own signs
	cert   *tls.Certificate // nil: something before the endpoint ends TLS
	roots  *x509.CertPool   // nil: the system's
	// sum changes with what the files and the environment hold: a certificate
	// that was renewed stands under the name of the old one.
	sum [sha256.Size]byte
}

// partsOf reads those of all regions.
func (p *Prober) partsOf(c *Config) (map[string]parts, error) {
	all := map[string]parts{}
	for _, g := range c.Regions {
		one, err := p.parts(c, g)
		if err != nil {
			return nil, fmt.Errorf("region %s: %w", g.Name, err)
		}
		all[g.Name] = one
	}
	return all, nil
}

func (p *Prober) parts(c *Config, g Region) (parts, error) {
	r := partsReader{sum: sha256.New()}
	if p.o.Factories[g.Name] == nil {
		r.profile(c, g)
	}
	r.receive(g.Receive)
	r.sum.Sum(r.out.sum[:0])
	return r.out, r.err
}

// partsReader reads until something is wrong.
type partsReader struct {
	out parts
	sum hash.Hash
	err error
}

func (r *partsReader) file(name string) []byte {
	if r.err != nil {
		return nil
	}
	text, err := os.ReadFile(name)
	r.err = err
	fmt.Fprintf(r.sum, "%s %d\n", name, len(text))
	r.sum.Write(text)
	return text
}

func (r *partsReader) profile(c *Config, g Region) {
	text := r.file(g.Profile)
	if r.err == nil {
		r.out.prof, r.err = c.profile(g.Profile, text)
	}
}

// secret reads one that there may not be.
func (r *partsReader) secret(s Secret, what string) string {
	if s.IsZero() || r.err != nil {
		return ""
	}
	value, err := s.read()
	if err != nil {
		r.err = fmt.Errorf("%s: %w", what, err)
	}
	fmt.Fprintf(r.sum, "%s %d\n%s", what, len(value), value)
	return value
}

// roots reads authorities; nil: the system's.
func (r *partsReader) roots(name string) *x509.CertPool {
	if name == "" {
		return nil
	}
	pool, text := x509.NewCertPool(), r.file(name)
	if r.err == nil && !pool.AppendCertsFromPEM(text) {
		r.err = fmt.Errorf("%s holds no certificates", name)
	}
	return pool
}

func (r *partsReader) receive(v Receive) {
	r.out.secret = r.secret(v.Secret, "receive.secret")
	r.out.roots = r.roots(v.CA)
	if v.Cert == "" {
		return
	}
	cert, key := r.file(v.Cert), r.file(v.Key)
	if r.err != nil {
		return
	}
	pair, err := tls.X509KeyPair(cert, key)
	if err != nil {
		r.err = fmt.Errorf("%s: %w", v.Cert, err)
	}
	r.out.cert = &pair
}

// Check reads the profiles, and reports the first that a prober cannot probe
// by: one with a mistake, or that talks to a host that is not allowed.
func (c *Config) Check() error {
	_, err := c.profiles()
	return err
}

// profiles returns those of the regions, in their order.
func (c *Config) profiles() ([]*profile.Profile, error) {
	all := make([]*profile.Profile, len(c.Regions))
	for i, g := range c.Regions {
		text, err := os.ReadFile(g.Profile)
		if err == nil {
			all[i], err = c.profile(g.Profile, text)
		}
		if err != nil {
			return nil, fmt.Errorf("region %s: %w", g.Name, err)
		}
	}
	return all, nil
}

// profile reads what a profile holds, and wants it to be one that this
// configuration can probe by.
func (c *Config) profile(file string, text []byte) (*profile.Profile, error) {
	p, err := profile.Parse(file, text)
	if err != nil {
		return nil, err
	}
	if len(p.Commands) > 0 {
		return nil, fmt.Errorf("profile %s starts a sender; a prober probes one that lives: it needs a remote", p.Name)
	}
	for _, host := range p.Hosts() {
		if !c.Allow.host(host) {
			return nil, fmt.Errorf("%s: profile %s talks to %s: %w: allow.hosts does not list it", file, p.Name, host, errBlocked)
		}
	}
	return p, c.horizon(p.Policy(1))
}

// files are those whose change is one of the configuration, too.
func (c *Config) files() []string {
	all := []string{c.OTLP.CA}
	for _, s := range c.OTLP.Headers {
		all = append(all, s.File)
	}
	for _, g := range c.Regions {
		all = append(all, g.Profile, g.Receive.Secret.File, g.Receive.Cert, g.Receive.Key, g.Receive.CA)
	}
	return all
}
