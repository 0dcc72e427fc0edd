package plan

import "slices"

// Broadcast returns the plan as it is for a sender that knows no topics: every
// event is owed to every endpoint. Events, faults and verbs stay as they are.
func (p *Plan) Broadcast() *Plan {
	all := make([]int, len(p.Endpoints))
	names := make([]string, len(p.Topics))
	for i := range all {
		all[i] = i
	}
	q := *p
	q.Topics = slices.Clone(p.Topics)
	for i := range q.Topics {
		q.Topics[i].Endpoints = all
		names[i] = q.Topics[i].Name
	}
	q.Endpoints = slices.Clone(p.Endpoints)
	for i := range q.Endpoints {
		q.Endpoints[i].Topics = names
	}
	return &q
}
