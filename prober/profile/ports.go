package profile

import (
	"maps"
	"net"
	"strconv"
)

// finder finds free ports, and holds them until it is closed: the system may
// give one that was let go again.
type finder struct{ held []net.Listener }

func (f *finder) find(ports map[string]string, names []string) error {
	for _, name := range names {
		l, err := net.Listen("tcp4", "127.0.0.1:0")
		if err != nil {
			return err
		}
		f.held = append(f.held, l)
		ports[name] = strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
	}
	return nil
}

func (f *finder) close() {
	for _, l := range f.held {
		_ = l.Close() // nobody has connected
	}
}

// allot finds a free port for each name.
func (r *Rig) allot() error {
	var f finder
	defer f.close()
	if err := f.find(r.base.Port, r.p.Ports); err != nil {
		return err
	}
	for _, c := range r.p.Commands {
		g := &group{c: c}
		for range c.Scale {
			if err := g.allot(&f); err != nil {
				return err
			}
		}
		if len(g.ports) > 0 { // what other sections call by the name
			maps.Copy(r.base.Port, g.ports[0])
		}
		r.groups = append(r.groups, g)
	}
	return nil
}

// allot finds the ports of one more instance.
func (g *group) allot(f *finder) error {
	ports := map[string]string{}
	if err := f.find(ports, g.c.Ports); err != nil {
		return err
	}
	g.ports = append(g.ports, ports)
	return nil
}
