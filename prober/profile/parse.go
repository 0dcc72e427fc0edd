package profile

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"
)

const (
	// defaultReady and defaultGrace bound the start and the end of a process
	// whose profile gives no bound.
	defaultReady = 30 * time.Second
	defaultGrace = 10 * time.Second
	// defaultTimeout bounds one HTTP request of a step.
	defaultTimeout = 10 * time.Second
)

var namePattern = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]*$`)

// Parse reads a profile. file is the name that errors show. The error holds
// everything that is wrong, each with file, line and column. Templates are
// filled in once with made-up values, so that a name that stands in none of
// the sections is found here and not in the middle of a run.
func Parse(file string, text []byte) (*Profile, error) {
	r := &reader{file: file}
	root := r.root(text)
	if root == nil {
		return nil, r.err()
	}
	p := &Profile{File: file, Text: text, Fanout: FanoutTopic}
	version := ""
	var declared *yaml.Node
	r.mapping(root, "the profile", fields{
		"version":     func(n *yaml.Node) { version = r.word(n, "version", "1") },
		"name":        func(n *yaml.Node) { p.Name = r.str(n, "name") },
		"title":       func(n *yaml.Node) { p.Title = r.str(n, "title") },
		"needs":       func(n *yaml.Node) { p.Needs = r.needs(n) },
		"secrets":     func(n *yaml.Node) { p.Secrets = r.secrets(n) },
		"process":     func(n *yaml.Node) { r.process(n, p) },
		"remote":      func(n *yaml.Node) { r.remote(n, p) },
		"allow_hosts": func(n *yaml.Node) { p.AllowHosts = r.strs(n, "allow_hosts") },
		"gateway":     func(n *yaml.Node) { r.mapping(n, "gateway", fields{"to": r.textAt(&p.Gateway, "gateway.to")}) },
		"setup":       func(n *yaml.Node) { p.Setup = r.steps(n, "setup") },
		"subscribe":   func(n *yaml.Node) { p.Subscribe = r.steps(n, "subscribe") },
		"unsubscribe": func(n *yaml.Node) { p.Unsubscribe = r.steps(n, "unsubscribe") },
		"apply":       func(n *yaml.Node) { p.Apply = r.steps(n, "apply") },
		"publish":     func(n *yaml.Node) { p.Publish = r.steps(n, "publish") },
		"stop":        func(n *yaml.Node) { p.Stop = r.steps(n, "stop") },
		"forgets":     func(n *yaml.Node) { p.Forgets = r.boolean(n, "forgets") },
		"fanout":      func(n *yaml.Node) { p.Fanout = r.word(n, "fanout", FanoutTopic, FanoutAll) },
		"status":      func(n *yaml.Node) { r.status(n, p) },
		"identify":    func(n *yaml.Node) { p.Identify = r.identify(n) },
		"attempt":     func(n *yaml.Node) { p.AttemptHeader = r.attempt(n) },
		"signature":   func(n *yaml.Node) { p.Signature = r.signature(n) },
		"declares":    func(n *yaml.Node) { declared = n },
		"speed":       func(n *yaml.Node) { p.Speed = r.speed(n) },
		"expected":    func(n *yaml.Node) { p.Expected = r.expected(n) },
	})
	if declared != nil {
		p.declares = r.declares(declared, p.Name)
	}
	if p.Signature != nil {
		p.declares.policy.Signature = p.Signature.Scheme
	}
	if version == "" && len(r.errs) == 0 {
		r.errorf(root, "version is missing: want version: 1")
	}
	r.whole(root, p)
	if len(r.errs) == 0 {
		r.dryRun(p)
	}
	if err := r.err(); err != nil {
		return nil, err
	}
	return p, nil
}

// whole looks at what one section says about another.
func (r *reader) whole(root *yaml.Node, p *Profile) {
	if len(r.errs) > 0 {
		return
	}
	switch {
	case p.Name == "":
		r.errorf(root, "name is missing")
	case p.Remote == nil && len(p.Commands) == 0:
		r.errorf(root, "there is neither a process to start nor a remote sender")
	case p.Remote != nil && (len(p.Commands) > 0 || len(p.Needs) > 0):
		r.errorf(root, "a remote sender has neither a process nor needs of ours")
	case len(p.Publish) == 0:
		r.errorf(root, "publish is missing: nothing could be handed to the sender")
	case len(p.Subscribe) == 0 && len(p.Apply) == 0:
		r.errorf(root, "subscribe is missing: no endpoint could be made known to the sender")
	case declaresNothing(p):
		r.errorf(root, "declares is missing: without it no guarantee applies to the sender")
	}
	r.delivers(root, p)
	for _, steps := range [][]Step{p.Setup, p.Subscribe, p.Unsubscribe, p.Apply, p.Publish, p.Stop} {
		r.targets(steps, p)
	}
	for _, s := range []span{p.declares.schedule, p.declares.timeout, p.declares.cap} {
		if _, found := p.setting(s.setting); s.setting != "" && !found {
			r.atf(s.line, s.col, "declares: there is no speed setting %q%s", s.setting, didYouMean(s.setting, p.settingNames()))
		}
	}
}

func declaresNothing(p *Profile) bool { return p.declares.policy.Name == "" }

func (p *Profile) settingNames() []string {
	var names []string
	for _, s := range p.Speed {
		names = append(names, s.Name)
	}
	return names
}

// delivers makes the only long-lived command the one that delivers.
func (r *reader) delivers(root *yaml.Node, p *Profile) {
	var live []int
	marked := false
	for i, c := range p.Commands {
		if !c.Once {
			live = append(live, i)
		}
		marked = marked || c.Delivers
	}
	switch {
	case len(p.Commands) == 0 || marked:
	case len(live) == 1:
		p.Commands[live[0]].Delivers = true
	case len(live) == 0:
		r.errorf(root, "process.commands: all of them are once; none would deliver")
	default:
		r.errorf(root, "process.commands: say delivers: true for the one that makes the attempts")
	}
}

// targets looks for the files and commands that steps name.
func (r *reader) targets(steps []Step, p *Profile) {
	var files, commands []string
	for _, f := range p.Files {
		files = append(files, f.Name)
	}
	for _, c := range p.Commands {
		if !c.Once {
			commands = append(commands, c.Name)
		}
	}
	for _, s := range steps {
		if s.File != "" && !slices.Contains(files, s.File) {
			r.atf(s.line, s.col, "file: process.files has no %q%s", s.File, didYouMean(s.File, files))
		}
		if s.Restart != "" && !slices.Contains(commands, s.Restart) {
			r.atf(s.line, s.col, "restart: no command that stays is called %q%s", s.Restart, didYouMean(s.Restart, commands))
		}
	}
}

// name reads a key that templates use after a dot.
func (r *reader) name(key *yaml.Node, what string) string {
	if !namePattern.MatchString(key.Value) {
		r.errorf(key, "%s: %q: want letters, digits and _, a letter first", what, key.Value)
	}
	return key.Value
}

func (r *reader) names(n *yaml.Node, what string) []string {
	var all []string
	r.list(n, what, func(c *yaml.Node) {
		r.str(c, what)
		all = append(all, r.name(c, what))
	})
	return all
}

func (r *reader) pairs(n *yaml.Node, what string) []Pair {
	var all []Pair
	r.entries(n, what, func(key, value *yaml.Node) {
		all = append(all, Pair{key.Value, r.text(value, what+"."+key.Value)})
	})
	return all
}

func (r *reader) path(n *yaml.Node, what string) Path {
	p, err := ParsePath(r.str(n, what))
	if err != nil {
		r.errorf(n, "%s: %w", what, err)
	}
	return p
}

func (r *reader) pattern(n *yaml.Node, what string) *regexp.Regexp {
	re, err := regexp.Compile(r.str(n, what))
	if err != nil {
		r.errorf(n, "%s: %s", what, strings.TrimPrefix(err.Error(), "error parsing regexp: "))
		return nil
	}
	return re
}

func at(n *yaml.Node) place { return place{n.Line, n.Column} }
