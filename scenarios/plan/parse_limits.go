package plan

import (
	"math"
	"strconv"

	"github.com/hookdrill/hookdrill/chaos"
	"github.com/hookdrill/hookdrill/prober/strict"
)

// limits are the fields that limit a line to some endpoints or attempts.
func limits(line *timelineLine) []strict.Field {
	place := placeEndpoint
	attempts := func() *strict.Schema {
		least := 1.0
		return &strict.Schema{
			Type: strict.Types{"string", "integer"}, Minimum: &least, ErrorMessage: "must be attempts such as 1, 1-3, every 4th or p=0.2",
			Pattern: `^(\+?[0-9]+(-\+?[0-9]+)?|every \+?[0-9]+(st|nd|rd|th)|p=.+)$`,
		}
	}
	return []strict.Field{
		strict.Key("where", "Labels of the endpoints that it is about; by default all.", where(&line.where)),
		strict.Key("attempts", "Attempts of an event at an endpoint that a fault acts on: `1`, `1-3`, `every 4th`, `p=0.2`; by default all.",
			strict.Parsed(&line.attempts, "attempts such as 1, 1-3, every 4th or p=0.2", attempts, parseAttempts)),
		strict.Key("keys", "Ordering keys whose events a fault acts on, counted from 0; by default all.",
			strict.At(&line.keysAt, strict.List(&line.attempts.Keys, key).Filled())),
		strict.Key("limit", "How many attempts of an event at an endpoint a fault acts on at most.", strict.Int(&line.attempts.Limit, 1, math.MaxInt32)),
		strict.Key("place", "Where a fault acts: before the customers' endpoints, or before the sender's publish API.",
			strict.Also(strict.OneOf(&place, "place", placeEndpoint, placePublish), func(*strict.Node) { line.publish = place == placePublish })),
	}
}

func key(dst *uint32) strict.Value {
	schema := func() *strict.Schema {
		least := 0.0
		return &strict.Schema{Type: strict.Types{"integer"}, Minimum: &least}
	}
	return strict.Custom(schema, func(r *strict.Reader, n *strict.Node, what string) {
		if n.Tag != strict.TagInt {
			r.Wrong(n, what, "a whole number")
			return
		}
		i, err := strconv.ParseUint(n.Text, 10, 32)
		if err != nil {
			r.Wrong(n, what, "a whole number from 0 on")
			return
		}
		*dst = uint32(i)
	})
}

// The places where a fault may act.
const (
	placeEndpoint = "endpoint"
	placePublish  = "publish"
)

// selectable reports limits that mean nothing where a fault acts. Before there
// is a request, nothing is known that it could be limited by. Faults on a
// request's headers may be limited: senders that show the token in the URL or
// in a header are served, and at the others the fault hits nothing, which the
// verdict tells.
func (r *reader) selectable(has strict.Given, line *timelineLine) {
	fault := line.fault
	if line.publish && fault.Layer != chaos.LayerResponse {
		r.Add(has["place"].Pos, "place", "%s cannot act at the publish API: only faults of the answer can", fault.Kind)
	}
	if line.publish && has.Has("where") {
		r.Add(has["where"].Pos, "where", "means nothing at the publish API: it is one place")
	}
	if fault.Layer != chaos.LayerConnect {
		return
	}
	for _, key := range []string{"attempts", "keys", "limit"} {
		if has.Has(key) {
			r.Add(has[key].Pos, key, "%s acts before there is a request: it cannot be limited to some", fault.Kind)
		}
	}
}
