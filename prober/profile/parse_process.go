package profile

import (
	"path/filepath"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/hookdrill/hookdrill/prober/dependency"
)

func (r *reader) needs(n *yaml.Node) []Need {
	var kinds []string
	for _, k := range dependency.Kinds() {
		kinds = append(kinds, k.Name)
	}
	var all []Need
	r.entries(n, "needs", func(key, value *yaml.Node) {
		need := Need{Name: r.name(key, "needs"), Kind: key.Value, place: at(key)}
		what := "needs." + key.Value
		kind := key
		r.mapping(value, what, fields{
			"kind": func(n *yaml.Node) { need.Kind, kind = r.str(n, what+".kind"), n },
			"url":  r.textAt(&need.URL, what+".url"),
		})
		if !slices.Contains(kinds, need.Kind) {
			r.errorf(kind, "%s: no dependency of kind %q; there are %s%s", what, need.Kind, strings.Join(kinds, ", "), didYouMean(need.Kind, kinds))
		}
		all = append(all, need)
	})
	return all
}

func (r *reader) secrets(n *yaml.Node) []Secret {
	var all []Secret
	r.entries(n, "secrets", func(key, value *yaml.Node) {
		s := Secret{Name: r.name(key, "secrets"), place: at(key)}
		what := "secrets." + key.Value
		r.mapping(value, what, fields{
			"env":     func(n *yaml.Node) { s.Env = r.str(n, what+".env") },
			"file":    func(n *yaml.Node) { s.File = r.str(n, what+".file") },
			"default": func(n *yaml.Node) { s.Default = r.str(n, what+".default") },
		})
		if s.Env == "" && s.File == "" && s.Default == "" {
			r.errorf(key, "%s: want env, file or default", what)
		}
		all = append(all, s)
	})
	return all
}

func (r *reader) process(n *yaml.Node, p *Profile) {
	r.mapping(n, "process", fields{
		"ports": func(n *yaml.Node) { p.Ports = r.names(n, "process.ports") },
		"files": func(n *yaml.Node) {
			r.entries(n, "process.files", func(key, value *yaml.Node) {
				if !filepath.IsLocal(key.Value) {
					r.errorf(key, "process.files: %q leads out of the sender's directory", key.Value)
				}
				p.Files = append(p.Files, File{at(key), key.Value, r.text(value, "process.files."+key.Value)})
			})
		},
		"commands": func(n *yaml.Node) {
			r.list(n, "process.commands", func(n *yaml.Node) { p.Commands = append(p.Commands, r.command(n, p)) })
		},
	})
}

func (r *reader) command(n *yaml.Node, p *Profile) Command {
	const what = "process.commands"
	c := Command{Grace: defaultGrace, Scale: 1, Ready: Ready{Within: defaultReady}, place: at(n)}
	r.mapping(n, what, fields{
		"name":     func(n *yaml.Node) { c.Name = r.str(n, what+".name") },
		"run":      func(n *yaml.Node) { c.Run = r.texts(n, what+".run") },
		"env":      func(n *yaml.Node) { c.Env = r.pairs(n, what+".env") },
		"once":     func(n *yaml.Node) { c.Once = r.boolean(n, what+".once") },
		"capture":  func(n *yaml.Node) { c.Capture = r.captures(n, what+".capture") },
		"ports":    func(n *yaml.Node) { c.Ports = r.names(n, what+".ports") },
		"ready":    func(n *yaml.Node) { r.ready(n, &c.Ready) },
		"grace":    func(n *yaml.Node) { c.Grace = r.duration(n, what+".grace") },
		"delivers": func(n *yaml.Node) { c.Delivers = r.boolean(n, what+".delivers") },
		"scale":    func(n *yaml.Node) { c.Scale = int(r.number(n, what+".scale", 1, 64)) },
	})
	switch {
	case len(c.Run) == 0:
		r.errorf(n, "%s: run is missing: the command and its arguments", what)
	case c.Name == "":
		c.Name = filepath.Base(c.Run[0].source)
	}
	switch {
	case slices.ContainsFunc(p.Commands, func(o Command) bool { return o.Name == c.Name }):
		r.errorf(n, "%s: two are called %q", what, c.Name)
	case c.Once && (c.Delivers || c.Scale > 1):
		r.errorf(n, "%s: %s runs once: it neither delivers nor has a scale", what, c.Name)
	case !c.Once && len(c.Capture) > 0:
		r.errorf(n, "%s: %s: capture needs once: true", what, c.Name)
	}
	return c
}

func (r *reader) ready(n *yaml.Node, dst *Ready) {
	const what = "process.commands.ready"
	r.mapping(n, what, fields{
		"http":   r.textAt(&dst.HTTP, what+".http"),
		"tcp":    r.textAt(&dst.TCP, what+".tcp"),
		"log":    func(n *yaml.Node) { dst.Log = r.pattern(n, what+".log") },
		"within": func(n *yaml.Node) { dst.Within = r.duration(n, what+".within") },
	})
}

func (r *reader) remote(n *yaml.Node, p *Profile) {
	r.mapping(n, "remote", fields{"url": r.textAt(&p.Remote, "remote.url")})
	if p.Remote == nil {
		r.errorf(n, "remote: url is missing")
	}
}
