package profile

import (
	"slices"
	"time"

	"github.com/hookdrill/hookdrill/prober/strict"
)

const (
	// version is the version of the file format that this package reads.
	version = 1
	// defaultReady and defaultGrace bound the start and the end of a process
	// whose profile gives no bound.
	defaultReady = 30 * time.Second
	defaultGrace = 10 * time.Second
	// defaultTimeout bounds one HTTP request of a step.
	defaultTimeout = 10 * time.Second
)

// reader reads one profile. Decoding into structs would lose the places of
// what is wrong in meaning.
type reader struct {
	*strict.Reader

	// names are those that the schema lists; a profile is read without them.
	names Names
}

func newReader(file string, names Names) *reader {
	f := strict.Format{Name: "a profile", Root: "the profile", Aliases: true, Wants: true}
	return &reader{strict.NewReader(file, f), names}
}

// Parse reads a profile. file is the name that errors show. The error holds
// everything that is wrong, each with file, line and column. Templates are
// filled in once with made-up values, so that a name that stands in none of
// the sections is found here and not in the middle of a run.
func Parse(file string, text []byte) (*Profile, error) {
	r := newReader(file, Names{})
	p := &Profile{File: file, Text: text, Fanout: FanoutTopic}
	r.Read(text, r.profile(p))
	if err := r.Err(); err != nil {
		return nil, err
	}
	return p, nil
}

// Schema returns the JSON Schema of profiles. id is its address.
func Schema(id string, names Names) *strict.Schema {
	return strict.Document(id, "hookdrill profile", newReader("", names).profile(&Profile{Fanout: FanoutTopic}))
}

func (r *reader) profile(p *Profile) strict.Value {
	return strict.Mapping{
		Fields: slices.Concat(r.who(p), r.calls(p), r.promises(p)),
		Rules: []strict.Rule{
			strict.Some("there is neither a process to start nor a remote sender", "process", "remote"),
			strict.Alone("a remote sender has neither a process nor needs of ours", "remote", "process", "needs"),
			strict.Some("subscribe is missing: no endpoint could be made known to the sender", "subscribe", "apply"),
		},
		Then: func(_ *strict.Reader, root *strict.Node, _ strict.Given) {
			p.declares.policy.Name = p.Name
			if p.Signature != nil {
				p.declares.policy.Signature = p.Signature.Scheme
			}
			if r.Len() == 0 {
				r.whole(root, p)
			}
			if r.Len() == 0 {
				r.dryRun(p)
			}
		},
	}
}

// whole looks at what one section says about another.
func (r *reader) whole(root *strict.Node, p *Profile) {
	r.delivers(root, p)
	for _, steps := range [][]Step{p.Setup, p.Subscribe, p.Unsubscribe, p.Apply, p.Publish, p.Stop} {
		r.targets(steps, p)
	}
	for _, s := range []span{p.declares.schedule, p.declares.timeout, p.declares.cap, p.declares.disables} {
		if _, found := p.setting(s.setting); s.setting != "" && !found {
			r.Add(s.Pos, "declares", "there is no speed setting %q%s", s.setting, strict.DidYouMean(s.setting, p.settingNames()))
		}
	}
}

func (p *Profile) settingNames() []string {
	var names []string
	for _, s := range p.Speed {
		names = append(names, s.Name)
	}
	return names
}

// delivers makes the only long-lived command the one that delivers.
func (r *reader) delivers(root *strict.Node, p *Profile) {
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
		r.Add(root.Pos, "", "process.commands: all of them are once; none would deliver")
	default:
		r.Add(root.Pos, "", "process.commands: say delivers: true for the one that makes the attempts")
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
			r.Add(s.Pos, "", "file: process.files has no %q%s", s.File, strict.DidYouMean(s.File, files))
		}
		if s.Restart != "" && !slices.Contains(commands, s.Restart) {
			r.Add(s.Pos, "", "restart: no command that stays is called %q%s", s.Restart, strict.DidYouMean(s.Restart, commands))
		}
	}
}
