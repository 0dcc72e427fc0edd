package profile

import (
	"maps"
	"reflect"
	"regexp"

	"github.com/hookdrill/hookdrill/prober"
	"github.com/hookdrill/hookdrill/prober/event"
	"github.com/hookdrill/hookdrill/prober/strict"
)

// dryRun fills every template in with made-up values, in the order of a run,
// so that each sees just what will have been captured by then.
func (r *reader) dryRun(p *Profile) {
	d := sample(p)
	if p.Remote != nil {
		r.try(p.Remote, d)
		d.Remote = "http://127.0.0.1:1"
	}
	for _, n := range p.Needs {
		r.try(n.URL, d)
	}
	if p.Gateway != nil {
		r.try(p.Gateway, d)
		d.Gateway = "http://127.0.0.1:1"
	}
	for _, f := range p.Files {
		r.try(&f.Body, d)
	}
	for _, c := range p.Commands {
		own := d
		own.Instance = 1
		for i := range c.Run {
			r.try(&c.Run[i], own)
		}
		for i := range c.Env {
			r.try(&c.Env[i].Value, own)
		}
		r.try(c.Ready.HTTP, own)
		r.try(c.Ready.TCP, own)
		d = d.with(made(c.Capture))
	}
	d = r.trySteps(p.Setup, d)
	r.tryUse(p, d)
}

// tryUse is dryRun for what follows the setup.
func (r *reader) tryUse(p *Profile, d data) {
	sub := d
	sub.Endpoint, sub.Topic = d.Subscriptions[0], d.Subscriptions[0].Topics[0]
	subscribed := r.trySteps(p.Subscribe, sub)
	r.trySteps(p.Unsubscribe, subscribed)
	if p.Signature != nil {
		r.try(p.Signature.Value, subscribed)
	}
	r.trySteps(p.Apply, d)
	pub := d
	pub.Event = newEvent(event.Event{Token: event.Token{Run: "sample", Seq: 1}, Topic: "topic", Type: "sample", Body: []byte("{}")})
	published := r.trySteps(p.Publish, pub)
	if p.Pending != nil {
		r.trySteps([]Step{p.Pending.Step}, d)
	}
	if p.Accounts != nil {
		r.trySteps([]Step{p.Accounts.Step}, published)
		r.try(&p.Accounts.Match, subscribed)
	}
	r.trySteps(p.Stop, d)
}

func (r *reader) trySteps(steps []Step, d data) data {
	for _, s := range steps {
		r.try(s.URL, d)
		r.try(s.Body, d)
		for i := range s.Headers {
			r.try(&s.Headers[i].Value, d)
		}
		d = d.with(made(s.Capture))
		d.Endpoint.Var = d.Var
	}
	return d
}

var missing = regexp.MustCompile(`<(?:\$?\.(\w+))?.*>: there is no (\w+)$`)

// try renders one template and notes what it lacks.
func (r *reader) try(t *Text, d data) {
	if t == nil || t.tmpl == nil {
		return
	}
	_, err := t.render(d)
	if err == nil {
		return
	}
	hint := ""
	if m := missing.FindStringSubmatch(err.Error()); m != nil {
		hint = strict.DidYouMean(m[2], known(d, m[1]))
	}
	r.Add(t.Pos, "", "%w%s", err, hint)
}

// known returns the names that may stand behind .NAME in a template, or
// behind the first dot where that is no name.
func known(d data, name string) []string {
	v := reflect.ValueOf(d)
	if f := v.FieldByName(name); f.IsValid() {
		v = f
	}
	var names []string
	switch v.Kind() {
	case reflect.Map:
		for _, key := range v.MapKeys() {
			names = append(names, key.String())
		}
	case reflect.Struct:
		for i := range v.NumField() {
			names = append(names, v.Type().Field(i).Name)
		}
	}
	return names
}

func made(captures []Capture) map[string]string {
	vars := map[string]string{}
	for _, c := range captures {
		vars[c.Name] = "1"
	}
	return vars
}

func sample(p *Profile) data {
	d := data{
		Dir: "/tmp", Here: "/tmp", Scale: 1, Port: withPorts(nil, p.Ports, "1"), Need: map[string]needData{},
		Secret: map[string]string{}, Speed: p.settings(1), Var: map[string]string{},
	}
	for _, c := range p.Commands {
		d.Port = withPorts(d.Port, c.Ports, "1")
	}
	for _, n := range p.Needs {
		d.Need[n.Name] = newNeed("127.0.0.1:1", "tcp://127.0.0.1:1")
	}
	for _, s := range p.Secrets {
		d.Secret[s.Name] = "1"
	}
	s := prober.Subscription{Endpoint: "sample", URL: "http://127.0.0.1:1", Secret: "whsec_MQ==", Topics: []string{"topic"}}
	d.Subscriptions = []endpointData{newEndpoint(s, made(allCaptures(p.Subscribe)))}
	return d
}

func allCaptures(steps []Step) []Capture {
	var all []Capture
	for _, s := range steps {
		all = append(all, s.Capture...)
	}
	return all
}

func withPorts(ports map[string]string, names []string, port string) map[string]string {
	all := map[string]string{}
	maps.Copy(all, ports)
	for _, name := range names {
		all[name] = port
	}
	return all
}

// settings renders the speed section for a scale.
func (p *Profile) settings(scale float64) map[string]string {
	all := map[string]string{}
	for _, s := range p.Speed {
		all[s.Name] = s.render(scale)
	}
	return all
}
