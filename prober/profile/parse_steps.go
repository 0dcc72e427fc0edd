package profile

import (
	"go.yaml.in/yaml/v4"

	"github.com/hookdrill/hookdrill/prober/policy"
)

func (r *reader) steps(n *yaml.Node, what string) []Step {
	var all []Step
	r.list(n, what, func(n *yaml.Node) { all = append(all, r.step(n, what)) })
	return all
}

func (r *reader) step(n *yaml.Node, what string) Step {
	s := Step{Timeout: defaultTimeout, Accept: []policy.StatusRange{{From: 200, To: 299}},
		Refuse: []policy.StatusRange{{From: 400, To: 499}}, place: at(n)}
	kinds := 0
	r.mapping(n, what, fields{
		"name":    func(n *yaml.Node) { s.Name = r.str(n, what+".name") },
		"method":  func(n *yaml.Node) { s.Method = r.word(n, what+".method", "GET", "POST", "PUT", "PATCH", "DELETE") },
		"url":     func(n *yaml.Node) { kinds++; r.textAt(&s.URL, what+".url")(n) },
		"file":    func(n *yaml.Node) { kinds++; s.File = r.str(n, what+".file") },
		"restart": func(n *yaml.Node) { kinds++; s.Restart = r.str(n, what+".restart") },
		"headers": func(n *yaml.Node) { s.Headers = r.pairs(n, what+".headers") },
		"body":    r.textAt(&s.Body, what+".body"),
		"accept":  func(n *yaml.Node) { s.Accept = r.statuses(n, what+".accept") },
		"refuse":  func(n *yaml.Node) { s.Refuse = r.statuses(n, what+".refuse") },
		"capture": func(n *yaml.Node) { s.Capture = r.captures(n, what+".capture") },
		"each":    func(n *yaml.Node) { s.EachTopic = r.word(n, what+".each", "topic") == "topic" },
		"timeout": func(n *yaml.Node) { s.Timeout = r.duration(n, what+".timeout") },
	})
	switch {
	case kinds != 1:
		r.errorf(n, "%s: a step has one of url, file and restart", what)
	case s.URL != nil && s.Method == "":
		s.Method = "POST"
		if s.Body == nil {
			s.Method = "GET"
		}
	case s.URL == nil && (s.Body != nil || s.Headers != nil || s.Capture != nil || s.Method != ""):
		r.errorf(n, "%s: method, headers, body and capture belong to a step with a url", what)
	}
	if s.EachTopic && what != "subscribe" && what != "unsubscribe" {
		r.errorf(n, "%s: each is for steps of subscribe and unsubscribe", what)
	}
	if s.Name == "" {
		s.Name = what
	}
	return s
}

// captures reads names with what they are taken from: a JSON path, or a
// mapping that says more.
func (r *reader) captures(n *yaml.Node, what string) []Capture {
	var all []Capture
	r.entries(n, what, func(key, value *yaml.Node) {
		c := Capture{Name: r.name(key, what), place: at(key)}
		what, before := what+"."+key.Value, len(r.errs)
		if value.Kind == yaml.ScalarNode {
			c.JSON = r.path(value, what)
		} else {
			r.mapping(value, what, fields{
				"json":     func(n *yaml.Node) { c.JSON = r.path(n, what+".json") },
				"header":   func(n *yaml.Node) { c.Header = r.str(n, what+".header") },
				"pattern":  func(n *yaml.Node) { c.Pattern = r.pattern(n, what+".pattern") },
				"secret":   func(n *yaml.Node) { c.Secret = r.boolean(n, what+".secret") },
				"optional": func(n *yaml.Node) { c.Optional = r.boolean(n, what+".optional") },
			})
		}
		if len(r.errs) == before && c.JSON.IsZero() && c.Header == "" && c.Pattern == nil {
			r.errorf(value, "%s: want a JSON path, or one of json, header and pattern", what)
		}
		if c.Pattern != nil && c.Pattern.NumSubexp() != 1 {
			r.errorf(value, "%s: the pattern needs one group, which is what is captured", what)
		}
		all = append(all, c)
	})
	return all
}

func (r *reader) status(n *yaml.Node, p *Profile) {
	r.mapping(n, "status", fields{
		"pending": func(n *yaml.Node) {
			const what = "status.pending"
			p.Pending = &Query{}
			before := len(r.errs)
			r.mapping(n, what, fields{
				"step":  func(n *yaml.Node) { p.Pending.Step = r.question(n, what+".step") },
				"value": func(n *yaml.Node) { p.Pending.Value = r.path(n, what+".value") },
			})
			if len(r.errs) == before && (p.Pending.Step.URL == nil || p.Pending.Value.IsZero()) {
				r.errorf(n, "%s: want step and value", what)
			}
		},
		"event": func(n *yaml.Node) { p.Accounts = r.accounts(n) },
	})
}

// question is a step that asks something.
func (r *reader) question(n *yaml.Node, what string) Step {
	s := r.step(n, what)
	if s.URL == nil && len(r.errs) == 0 {
		r.errorf(n, "%s: want a step with a url", what)
	}
	return s
}

func (r *reader) accounts(n *yaml.Node) *AccountQuery {
	const what = "status.event"
	q := &AccountQuery{}
	match := false
	r.mapping(n, what, fields{
		"step":      func(n *yaml.Node) { q.Step = r.question(n, what+".step") },
		"each":      func(n *yaml.Node) { q.Each = r.path(n, what+".each") },
		"endpoint":  func(n *yaml.Node) { q.Endpoint = r.path(n, what+".endpoint") },
		"match":     func(n *yaml.Node) { match = true; q.Match = r.text(n, what+".match") },
		"state":     func(n *yaml.Node) { q.State = r.path(n, what+".state") },
		"delivered": func(n *yaml.Node) { q.Delivered = r.strs(n, what+".delivered") },
		"pending":   func(n *yaml.Node) { q.Pending = r.strs(n, what+".pending") },
		"failed":    func(n *yaml.Node) { q.Failed = r.strs(n, what+".failed") },
		"attempts": func(n *yaml.Node) {
			if q.EachAttempt = r.str(n, what+".attempts") == "each"; !q.EachAttempt {
				q.Attempts = r.path(n, what+".attempts")
			}
		},
		"newest-first": func(n *yaml.Node) { q.NewestFirst = r.boolean(n, what+".newest-first") },
	})
	if q.Step.URL == nil || q.Endpoint.IsZero() || q.State.IsZero() || !match || len(q.Delivered) == 0 {
		r.errorf(n, "%s: want step, endpoint, match, state and delivered", what)
	}
	return q
}

func (r *reader) identify(n *yaml.Node) *Identify {
	id := &Identify{}
	r.mapping(n, "identify", fields{
		"header":  func(n *yaml.Node) { id.Header = r.str(n, "identify.header") },
		"entries": func(n *yaml.Node) { id.Entries = r.path(n, "identify.entries") },
		"json":    func(n *yaml.Node) { id.JSON = r.path(n, "identify.json") },
		"where": func(n *yaml.Node) {
			r.entries(n, "identify.where", func(key, value *yaml.Node) {
				m := Match{Path: r.path(key, "identify.where")}
				if value.Kind == yaml.ScalarNode {
					m.Values = []string{r.str(value, "identify.where")}
				} else {
					m.Values = r.strs(value, "identify.where")
				}
				id.Where = append(id.Where, m)
			})
		},
	})
	if id.Header == "" && id.JSON.IsZero() && len(id.Where) == 0 {
		r.errorf(n, "identify: want header, json or where")
	}
	return id
}

func (r *reader) attempt(n *yaml.Node) (header string) {
	r.mapping(n, "attempt", fields{"header": func(n *yaml.Node) { header = r.str(n, "attempt.header") }})
	if header == "" {
		r.errorf(n, "attempt: want header")
	}
	return header
}

func (r *reader) signature(n *yaml.Node) *Signature {
	s := &Signature{place: at(n)}
	r.mapping(n, "signature", fields{
		"scheme": func(n *yaml.Node) { s.Scheme, s.place = r.str(n, "signature.scheme"), at(n) },
		"secret": r.textAt(&s.Value, "signature.secret"),
	})
	if s.Scheme == "" {
		r.errorf(n, "signature: scheme is missing")
	}
	return s
}

func (r *reader) expected(n *yaml.Node) []Deviation {
	var all []Deviation
	r.list(n, "expected", func(n *yaml.Node) {
		d := Deviation{place: at(n)}
		r.mapping(n, "expected", fields{
			"guarantee": func(n *yaml.Node) { d.Guarantee = r.str(n, "expected.guarantee") },
			"scenario":  func(n *yaml.Node) { d.Scenario = r.str(n, "expected.scenario") },
			"reason":    func(n *yaml.Node) { d.Reason = r.str(n, "expected.reason") },
		})
		if d.Guarantee == "" || d.Scenario == "" || d.Reason == "" {
			r.errorf(n, "expected: want guarantee, scenario and reason")
		}
		all = append(all, d)
	})
	return all
}
