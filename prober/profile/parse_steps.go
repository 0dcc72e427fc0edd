package profile

import (
	"errors"

	"github.com/hookdrill/hookdrill/prober/policy"
	"github.com/hookdrill/hookdrill/prober/strict"
)

// calls are the fields that say how the sender is talked to.
func (r *reader) calls(p *Profile) []strict.Field {
	return []strict.Field{
		strict.Key("setup", "What to do once, when the sender is first ready.", strict.List(&p.Setup, step)),
		strict.Key("subscribe", "What to do for each endpoint: templates name `{{.Endpoint.URL}}`, `.Name`, `.Secret` and `.Topics`.",
			strict.List(&p.Subscribe, topicStep).Filled()),
		strict.Key("unsubscribe", "What to do for an endpoint that is to hear no more; what subscribe captured is in `{{.Endpoint.Var.NAME}}`.",
			strict.List(&p.Unsubscribe, topicStep)),
		strict.Key("apply", "What to do once between the last subscribe and the next publish: for senders whose endpoints stand in a file, which finds them in `{{.Subscriptions}}`.",
			strict.List(&p.Apply, step).Filled()),
		strict.Need("publish", "What to do for each event: templates name `{{.Event.ID}}`, `.Key`, `.Topic`, `.Type` and `.Body`.",
			strict.List(&p.Publish, step).Filled()).Else("publish is missing: nothing could be handed to the sender"),
		strict.Key("stop", "What to do before the processes are asked to end.", strict.List(&p.Stop, step)),
		strict.Key("status", "How the sender is asked what it makes of its deliveries; what it claims is held against what arrived.", status(p)),
		strict.Key("identify", "Where the token of an event is, if not anywhere in a request.", strict.Maybe(&p.Identify, identify)),
		strict.Key("attempt", "Where a request says which attempt it is.", strict.Mapping{Dotted: true, Fields: []strict.Field{
			strict.Need("header", "Header that has the number of the attempt, counted from one.", strict.Filled(&p.AttemptHeader)).Else("want header"),
		}}),
		strict.Key("signature", "How attempts are signed; by default not at all.", strict.Maybe(&p.Signature, r.signature)),
	}
}

// step reads a step that has no topics of its own.
func step(s *Step) strict.Value {
	const each = "each is for steps of subscribe and unsubscribe"
	return strict.Ref("step", anyStep(s, []*strict.Schema{strict.Without(each, "each")}, func(r *strict.Reader, n *strict.Node, what string) {
		if s.EachTopic {
			r.Add(n.Pos, what, each)
		}
	}))
}

// topicStep reads a step for an endpoint.
func topicStep(s *Step) strict.Value {
	return strict.Ref("endpoint-step", anyStep(s, nil, func(*strict.Reader, *strict.Node, string) {}))
}

func anyStep(s *Step, shape []*strict.Schema, look func(r *strict.Reader, n *strict.Node, what string)) strict.Value {
	*s = Step{Timeout: defaultTimeout, Accept: []policy.StatusRange{{From: 200, To: 299}}, Refuse: []policy.StatusRange{{From: 400, To: 499}}}
	const request = "method, headers, body and capture belong to a step with a url"
	each := ""
	v := strict.Mapping{Dotted: true, Fields: []strict.Field{
		strict.Key("name", "What transcripts call the step.", strict.Text(&s.Name)),
		strict.Key("method", "Method of the request; by default POST with a body, and GET without one.",
			strict.Word(&s.Method, "GET", "POST", "PUT", "PATCH", "DELETE")),
		strict.Key("url", "The step is a request to this URL.", strict.Maybe(&s.URL, tmpl)),
		strict.Key("file", "The step writes this one of process.files again.", strict.Text(&s.File)),
		strict.Key("restart", "The step restarts the command of this name.", strict.Text(&s.Restart)),
		strict.Key("headers", "Headers of the request.", pairs(&s.Headers)),
		strict.Key("body", "Body of the request.", strict.Maybe(&s.Body, tmpl)),
		strict.Key("accept", "Statuses that mean accepted; by default 200-299.", statuses(&s.Accept)),
		strict.Key("refuse", "Statuses that mean refused; by default 400-499. All others leave it open.", statuses(&s.Refuse)),
		strict.Key("capture", "Values taken out of the answer, which later templates name `{{.Var.NAME}}`.", captures(&s.Capture)),
		strict.Key("each", "Repeats the step for each of the endpoint's topics, in `{{.Topic}}`.", strict.Word(&each, "topic")),
		strict.Key("timeout", "Bounds the request.", strict.Duration(&s.Timeout)),
	}, Rules: []strict.Rule{
		strict.One("a step has one of url, file and restart", "url", "file", "restart"),
	}, Shape: func() []*strict.Schema {
		return append(shape, &strict.Schema{If: strict.Any("", "method", "headers", "body", "capture"), Then: strict.Any(request, "url")})
	}}
	return strict.At(&s.Pos, strict.Custom(v.Schema, func(r *strict.Reader, n *strict.Node, what string) {
		v.Read(r, n, what)
		s.EachTopic = each != ""
		switch {
		case s.URL != nil && s.Method == "":
			s.Method = "POST"
			if s.Body == nil {
				s.Method = "GET"
			}
		case s.URL == nil && (s.Body != nil || s.Headers != nil || s.Capture != nil || s.Method != ""):
			r.Add(n.Pos, what, request)
		}
		if s.Name == "" {
			s.Name = what
		}
		look(r, n, what)
	}))
}

// question is a step that asks something.
func question(s *Step) strict.Value {
	v := strict.Check(step(s), func(*strict.Node) error {
		if s.URL == nil {
			return errors.New("want a step with a url")
		}
		return nil
	})
	return strict.Shaped(v, func(s *strict.Schema) { s.Required = []string{"url"} })
}

// captures reads names with what they are taken from: a JSON path, or a
// mapping that says more.
func captures(all *[]Capture) strict.Value {
	return strict.Entries{Dotted: true, Key: identifier, Value: func(key *strict.Node) strict.Value {
		c := Capture{Name: key.Text, Pos: key.Pos}
		more := strict.Mapping{Dotted: true, Fields: []strict.Field{
			strict.Key("json", "JSON path to the value, such as `data[0].id`.", somePath(&c.JSON)),
			strict.Key("header", "Header that has the value.", strict.Filled(&c.Header)),
			strict.Key("pattern", "Regular expression whose one group is the value.", pattern(&c.Pattern)),
			strict.Key("secret", "Keeps the value out of logs and transcripts.", strict.Bool(&c.Secret)),
			strict.Key("optional", "An answer without it is good too: the value is empty.", strict.Bool(&c.Optional)),
		}, Rules: []strict.Rule{
			strict.Some("want a JSON path, or one of json, header and pattern", "json", "header", "pattern"),
		}}
		return strict.Check(strict.Ref("capture", strict.Either(somePath(&c.JSON), more)), func(*strict.Node) error {
			if c.Pattern != nil && c.Pattern.NumSubexp() != 1 {
				return errors.New("the pattern needs one group, which is what is captured")
			}
			*all = append(*all, c)
			return nil
		})
	}}
}

func identify(id *Identify) strict.Value {
	return strict.Mapping{Dotted: true, Fields: []strict.Field{
		strict.Key("header", "The only header to look into.", strict.Filled(&id.Header)),
		strict.Key("entries", "JSON path to the entries of a batch, such as `events[*]`.", pathTo(&id.Entries)),
		strict.Key("where", "Which entries count: JSON paths with the values that they lead to.", strict.Entries{Dotted: true,
			Key: func(*strict.Node) strict.Value { return pathTo(new(Path)) }, Value: func(key *strict.Node) strict.Value {
				var m Match
				return strict.Check(strict.OneOrList(&m.Values, strict.Text), func(*strict.Node) (err error) {
					m.Path, err = ParsePath(key.Text)
					id.Where = append(id.Where, m)
					return err
				})
			}}),
		strict.Key("json", "JSON path to the token, from an entry or from the body.", somePath(&id.JSON)),
	}, Rules: []strict.Rule{strict.Some("want header, json or where", "header", "json", "where")}}
}

func (r *reader) signature(s *Signature) strict.Value {
	return strict.Mapping{Dotted: true, Fields: []strict.Field{
		strict.Need("scheme", "Scheme of the signature.", strict.At(&s.Pos, named(&s.Scheme, r.names.Schemes))).Else("scheme is missing"),
		strict.Key("secret", "Secret of an endpoint, once it was subscribed; by default the one that was given at subscribe.", strict.Maybe(&s.Value, tmpl)),
	}}
}

// named reads a name that is looked up later, in rooms that know the names.
func named(dst *string, names []string) strict.Value {
	v := strict.Filled(dst)
	if len(names) == 0 {
		return v
	}
	return strict.Shaped(v, func(s *strict.Schema) { *s = strict.Schema{Enum: strict.Words(names...)} })
}
