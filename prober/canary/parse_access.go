package canary

import (
	"fmt"
	"net"
	"net/netip"

	"github.com/hookdrill/hookdrill/prober/strict"
)

func allow(a *Allow) strict.Value {
	const nobody = "hosts: there are none, and a prober talks to nobody who is not listed"
	return strict.Mapping{Dotted: true, Fields: []strict.Field{
		strict.Need("hosts", "Names, exact, or suffixes that begin with a dot: the sender's API and the own public URLs.",
			hosts(&a.Hosts)).Else(nobody),
		strict.Key("networks", "Networks such as `10.0.0.0/8` to which these names may lead, beyond public addresses.",
			strict.List(&a.Networks, network)),
	}, Then: func(r *strict.Reader, n *strict.Node, has strict.Given) {
		if has.Has("hosts") && len(a.Hosts) == 0 {
			r.Add(n.Pos, "allow", nobody)
		}
		for _, h := range a.Hosts {
			if h == "*" || h == "." {
				r.Add(n.Pos, "allow", "hosts: %q would allow everybody", h)
			}
		}
	}}
}

// hosts are looked at as a whole: none of them must allow everybody.
func hosts(all *[]string) strict.Value {
	return strict.Shaped(strict.List(all, strict.Filled), func(s *strict.Schema) {
		s.MinItems, s.Items.Not = 1, &strict.Schema{Enum: strict.Words("*", ".")}
	})
}

func network(p *netip.Prefix) strict.Value {
	text := ""
	return strict.Check(strict.Filled(&text), func(*strict.Node) error {
		prefix, err := netip.ParsePrefix(text)
		if err != nil {
			return fmt.Errorf("%q is no network such as 10.0.0.0/8", text)
		}
		*p = prefix.Masked()
		return nil
	})
}

func (r *reader) admin(a *Admin) strict.Value {
	return strict.Mapping{Dotted: true, Fields: []strict.Field{
		strict.Key("listen", "Address such as `127.0.0.1:8089`. Off loopback a token is needed.", address(&a.Listen)),
		strict.Key("token", "What callers have to show.", r.secret(&a.Token)),
	}, Then: func(r *strict.Reader, n *strict.Node, _ strict.Given) {
		if a.Listen != "" && !isLoopback(a.Listen) && a.Token.IsZero() {
			r.Add(n.Pos, "admin", "listen: %s is not on loopback; a token is needed", a.Listen)
		}
	}}
}

func (r *reader) secret(s *Secret) strict.Value {
	return strict.Mapping{Want: "a mapping with env or file", Dotted: true, Fields: []strict.Field{
		strict.Key("env", "Name of a variable of the environment that holds it.", strict.Filled(&s.Env)),
		strict.Key("file", "File that holds it, relative to this one.", r.file(&s.File)),
	}, Rules: []strict.Rule{strict.One("want one of env and file", "env", "file")}}
}

// file reads a path that is relative to the configuration.
func (r *reader) file(dst *string) strict.Value {
	return strict.Also(strict.Filled(dst), func(*strict.Node) { *dst = beside(r.File, *dst) })
}

func address(dst *string) strict.Value {
	const want = "no address such as 127.0.0.1:8089"
	v := strict.Check(strict.Filled(dst), func(*strict.Node) error {
		if _, port, err := net.SplitHostPort(*dst); err != nil || port == "" {
			return fmt.Errorf("%q is %s", *dst, want)
		}
		return nil
	})
	return strict.Shaped(v, func(s *strict.Schema) { s.Pattern, s.ErrorMessage = ":[^:]+$", "is "+want })
}

func isLoopback(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return false
	}
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}
