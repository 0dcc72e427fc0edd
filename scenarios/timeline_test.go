package scenarios

import (
	"testing"

	"github.com/hookdrill/hookdrill/chaos"
	"github.com/hookdrill/hookdrill/scenarios/plan"
)

func TestProgressNamesAFaultBriefly(t *testing.T) {
	for _, row := range []struct{ reason, summary, want string }{
		{"no parameter", "refuse", "refuse"},
		{"all of it fits", "status (code: 404)", "status (code: 404)"},
		{"the first parameter tells most", "status (code: 503, headers: {X-Cache: MISS, Server: nginx})", "status (code: 503, ...)"},
		{"one long parameter", "sequence (faults: [{kind: status, code: 500}, {kind: hang}])", "kind"},
		{"a first parameter that is long", "redirect (to: https://login.example.test/after/a/long/way, code: 302)", "kind"},
	} {
		f := plan.Fault{Summary: row.summary, Value: chaos.Fault{Kind: "kind"}}
		if got := brief(&f); got != row.want {
			t.Errorf("%s: %q, want %q", row.reason, got, row.want)
		}
	}
}
