package profile

import (
	"github.com/hookdrill/hookdrill/prober/strict"
)

func status(p *Profile) strict.Value {
	return strict.Mapping{Dotted: true, Fields: []strict.Field{
		strict.Key("pending", "How many deliveries it still intends to make.", strict.Maybe(&p.Pending, pendingQuery)),
		strict.Key("event", "What became of one event.", strict.Maybe(&p.Accounts, accounts)),
	}}
}

func pendingQuery(q *Query) strict.Value {
	return strict.Mapping{Dotted: true, Fields: []strict.Field{
		strict.Key("step", "Step that asks.", question(&q.Step)),
		strict.Key("value", "JSON path to numbers of the answer, which are added up.", somePath(&q.Value)),
	}, Rules: []strict.Rule{strict.All("want step and value", "step", "value")}}
}

func accounts(q *AccountQuery) strict.Value {
	return strict.Mapping{Dotted: true, Fields: []strict.Field{
		strict.Key("step", "Step that asks.", question(&q.Step)),
		strict.Key("each", "JSON path to the list of deliveries or attempts, such as `data[*]`.", pathTo(&q.Each)),
		strict.Key("newest-first", "The latest of them comes first; by default the last.", strict.Bool(&q.NewestFirst)),
		strict.Key("endpoint", "JSON path from one of them to what names its endpoint.", somePath(&q.Endpoint)),
		strict.Key("match", "What names an endpoint there, such as `{{.Endpoint.Var.id}}`.", tmpl(&q.Match)),
		strict.Key("state", "JSON path from one of them to its state.", somePath(&q.State)),
		strict.Key("delivered", "States that mean delivered.", strict.List(&q.Delivered, strict.Text).Filled()),
		strict.Key("pending", "States that mean that it goes on.", strict.List(&q.Pending, strict.Text)),
		strict.Key("failed", "States that mean that it has given up.", strict.List(&q.Failed, strict.Text)),
		strict.Key("attempts", "JSON path from one of them to how many attempts there were by then; `each`, where each of them is an attempt.", attempts(q)),
	}, Rules: []strict.Rule{
		strict.All("want step, endpoint, match, state and delivered", "step", "endpoint", "match", "state", "delivered"),
	}}
}

func attempts(q *AccountQuery) strict.Value {
	v := pathTo(&q.Attempts)
	return strict.Custom(v.Schema, func(r *strict.Reader, n *strict.Node, what string) {
		if q.EachAttempt = n.Text == "each"; !q.EachAttempt {
			v.Read(r, n, what)
		}
	})
}
