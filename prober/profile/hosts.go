package profile

import (
	"regexp"
	"slices"
	"strings"
)

// written is a host that stands in a URL as it is, and no template makes.
var written = regexp.MustCompile(`^https?://(?:[^/?#@{}]*@)?(\[[0-9A-Fa-f:.]+\]|[^/?#:@{}]+)`)

// Hosts returns the hosts that driving the sender talks to, as far as the text
// of the profile says it without being filled in; sorted, each once. Whoever
// has an allow-list can tell before the first request.
func (p *Profile) Hosts() []string {
	var all []string
	add := func(t *Text) {
		if t == nil {
			return
		}
		if m := written.FindStringSubmatch(t.source); m != nil {
			all = append(all, strings.Trim(m[1], "[]"))
		}
	}
	add(p.Remote)
	for _, steps := range [][]Step{p.Setup, p.Subscribe, p.Unsubscribe, p.Apply, p.Publish, p.Stop} {
		for _, s := range steps {
			add(s.URL)
		}
	}
	if p.Pending != nil {
		add(p.Pending.Step.URL)
	}
	if p.Accounts != nil {
		add(p.Accounts.Step.URL)
	}
	slices.Sort(all)
	return slices.Compact(all)
}
