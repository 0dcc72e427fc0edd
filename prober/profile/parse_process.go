package profile

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hookdrill/hookdrill/prober/dependency"
	"github.com/hookdrill/hookdrill/prober/strict"
)

// who are the fields that say what the sender is and how it is started.
func (r *reader) who(p *Profile) []strict.Field {
	return []strict.Field{
		strict.Need("version", "Version of this format.", strict.Version(new(int), version)).Else("version is missing: want version: 1"),
		strict.Need("name", "What reports call the sender.", strict.Filled(&p.Name)).Else("name is missing"),
		strict.Key("title", "What the sender is, in a few words.", strict.Text(&p.Title)),
		strict.Key("needs", "Databases and brokers that it leans on. Each is started for it, behind a proxy that a scenario can refuse, stall, slow, cut and reset.",
			needs(&p.Needs)),
		strict.Key("secrets", "Values that no log, transcript or report shows; templates name them `{{.Secret.NAME}}`.", secrets(&p.Secrets)),
		strict.Key("process", "Processes of a sender that is started here.", process(p)),
		strict.Key("remote", "A sender that runs elsewhere.", strict.Mapping{Dotted: true, Fields: []strict.Field{
			strict.Need("url", "Base URL of its API.", strict.Maybe(&p.Remote, tmpl)).Else("url is missing"),
		}}),
		strict.Key("allow_hosts", "Hosts beyond loopback that may be talked to.", strict.List(&p.AllowHosts, strict.Text)),
		strict.Key("gateway", "Proxy before its publish API, which templates name `{{.Gateway}}`: scenarios answer there in place of the sender.",
			strict.Mapping{Dotted: true, Fields: []strict.Field{
				strict.Key("to", "URL that it leads to.", strict.Maybe(&p.Gateway, tmpl)),
			}}),
		strict.Key("forgets", "A restart makes it forget what setup made, and its subscriptions.", strict.Bool(&p.Forgets)),
		strict.Key("fanout", "Who hears of an event: the endpoints that subscribed to its topic, or all, of a sender that knows no topics.",
			strict.Word(&p.Fanout, FanoutTopic, FanoutAll)),
	}
}

func needs(all *[]Need) strict.Value {
	var kinds []string
	for _, k := range dependency.Kinds() {
		kinds = append(kinds, k.Name)
	}
	entries := strict.Entries{Dotted: true, Key: identifier, Value: func(key *strict.Node) strict.Value {
		need := Need{Name: key.Text, Kind: key.Text, Pos: key.Pos}
		at := key.Pos
		return strict.Mapping{Dotted: true, Fields: []strict.Field{
			strict.Key("kind", "What it is; by default its name says so.", strict.Shaped(strict.At(&at, strict.Text(&need.Kind)), func(s *strict.Schema) {
				*s = strict.Schema{Enum: strict.Words(kinds...)}
			})),
			strict.Key("url", "URL of one that runs already.", strict.Maybe(&need.URL, tmpl)),
		}, Then: func(r *strict.Reader, _ *strict.Node, _ strict.Given) {
			if !slices.Contains(kinds, need.Kind) {
				r.Add(at, "needs."+key.Text, "no dependency of kind %q; there are %s%s",
					need.Kind, strings.Join(kinds, ", "), strict.DidYouMean(need.Kind, kinds))
			}
			*all = append(*all, need)
		}}
	}}
	return strict.Shaped(entries, func(s *strict.Schema) {
		for _, k := range dependency.Kinds() {
			one := *s.AdditionalProperties
			one.Description = k.Doc
			s.Properties = append(s.Properties, strict.Property{Name: k.Name, Schema: &one})
		}
		s.AdditionalProperties.Required = []string{"kind"} // its name says nothing
	})
}

func secrets(all *[]Secret) strict.Value {
	return strict.Entries{Dotted: true, Key: identifier, Value: func(key *strict.Node) strict.Value {
		s := Secret{Name: key.Text, Pos: key.Pos}
		return strict.Mapping{Dotted: true, Fields: []strict.Field{
			strict.Key("env", "Name of a variable of the environment that holds it.", strict.Filled(&s.Env)),
			strict.Key("file", "File that holds it, relative to this one.", strict.Filled(&s.File)),
			strict.Key("default", "For senders that are started here and thrown away.", strict.Filled(&s.Default)),
		}, Shape: func() []*strict.Schema {
			return []*strict.Schema{strict.Any("want env, file or default", "env", "file", "default")}
		}, Then: func(r *strict.Reader, _ *strict.Node, has strict.Given) {
			if len(has) == 0 {
				r.Add(key.Pos, "secrets."+key.Text, "want env, file or default")
			}
			*all = append(*all, s)
		}}
	}}
}

func process(p *Profile) strict.Value {
	return strict.Mapping{Dotted: true, Fields: []strict.Field{
		strict.Key("ports", "Names of free ports of this machine, the same in every life of the sender; templates name them `{{.Port.NAME}}`.",
			strict.List(&p.Ports, portName)),
		strict.Key("files", "Files that are written below `{{.Dir}}` before each start, by their paths.", strict.Entries{Dotted: true,
			Key: localPath, Value: func(key *strict.Node) strict.Value {
				f := File{Pos: key.Pos, Name: key.Text}
				return strict.Also(tmpl(&f.Body), func(*strict.Node) { p.Files = append(p.Files, f) })
			}}),
		strict.Need("commands", "Its processes, in the order in which they start.",
			strict.List(&p.Commands, func(c *Command) strict.Value { return command(c, p) }).Filled()).Else("commands are missing: there is nothing to start"),
	}}
}

func localPath(key *strict.Node) strict.Value {
	v := strict.Check(strict.Text(new(string)), func(*strict.Node) error {
		if !filepath.IsLocal(key.Text) {
			return fmt.Errorf("%q leads out of the sender's directory", key.Text)
		}
		return nil
	})
	return strict.Shaped(v, func(s *strict.Schema) { s.Not = &strict.Schema{Pattern: `^(\.\.(/|$)|/|$)`} })
}

func command(c *Command, p *Profile) strict.Value {
	*c = Command{Grace: defaultGrace, Scale: 1, Ready: Ready{Within: defaultReady}}
	v := strict.Mapping{Dotted: true, Fields: []strict.Field{
		strict.Key("name", "What it is called; by default as its program.", strict.Text(&c.Name)),
		strict.Need("run", "The program and its arguments.", strict.List(&c.Run, tmpl).Filled()).Else("run is missing: the command and its arguments"),
		strict.Key("env", "Its environment, beside that of hookdrill.", pairs(&c.Env)),
		strict.Key("once", "It runs to its end before what follows, in the sender's first life only: a migration.", strict.Bool(&c.Once)),
		strict.Key("capture", "Values taken out of what a command prints that runs once.", captures(&c.Capture)),
		strict.Key("ports", "Names of free ports that each instance has for itself.", strict.List(&c.Ports, portName)),
		strict.Key("ready", "When it is ready; by default as soon as it runs.", ready(&c.Ready)),
		strict.Key("grace", "How long it may take to end on SIGTERM.", strict.Duration(&c.Grace)),
		strict.Key("delivers", "It makes the attempts: it is the one to be killed and paused.", strict.Bool(&c.Delivers)),
		strict.Key("scale", "Number of instances.", strict.Int(&c.Scale, 1, 64)),
	}, Shape: func() []*strict.Schema {
		once, only := strict.With("once"), 1.0
		once.Properties = strict.Properties{{Name: "once", Schema: &strict.Schema{Const: true, ErrorMessage: "capture needs once: true"}}}
		once.ErrorMessage = "capture needs once: true"
		return []*strict.Schema{
			{If: strict.With("capture"), Then: once},
			{If: once, Then: &strict.Schema{Properties: strict.Properties{
				{Name: "delivers", Schema: &strict.Schema{Const: false, ErrorMessage: "what runs once does not deliver"}},
				{Name: "scale", Schema: &strict.Schema{Maximum: &only, ErrorMessage: "what runs once has no scale"}},
			}}},
		}
	}, Then: func(r *strict.Reader, n *strict.Node, _ strict.Given) {
		if c.Name == "" && len(c.Run) > 0 {
			c.Name = filepath.Base(c.Run[0].source)
		}
		switch {
		case slices.ContainsFunc(p.Commands, func(o Command) bool { return o.Name == c.Name }):
			r.Add(n.Pos, "process.commands", "two are called %q", c.Name)
		case c.Once && (c.Delivers || c.Scale > 1):
			r.Add(n.Pos, "process.commands", "%s runs once: it neither delivers nor has a scale", c.Name)
		case !c.Once && len(c.Capture) > 0:
			r.Add(n.Pos, "process.commands", "%s: capture needs once: true", c.Name)
		}
	}}
	return strict.At(&c.Pos, v)
}

func ready(dst *Ready) strict.Value {
	return strict.Mapping{Dotted: true, Fields: []strict.Field{
		strict.Key("http", "URL that answers below 400.", strict.Maybe(&dst.HTTP, tmpl)),
		strict.Key("tcp", "host:port that takes connections.", strict.Maybe(&dst.TCP, tmpl)),
		strict.Key("log", "Regular expression that matches a line of its output.", pattern(&dst.Log)),
		strict.Key("within", "How long that may take.", strict.Duration(&dst.Within)),
	}}
}
