package check

import (
	"time"

	"github.com/hookdrill/hookdrill/prober/history"
)

// statsEyes measure what a reader wants to know whatever the verdict.
func statsEyes(l *ledger, s *Stats) eyes {
	var n tally
	s.Attempts = len(l.h.Attempts) - countTraps(l)
	for e := range l.state {
		if l.state[e] != 0 {
			s.Events++
		}
	}
	s.Accepted, _, s.PublishLate = l.driving()
	groups := newGroups(l)
	return eyes{
		owed: func(o *owed) {
			n.add(o.fate)
			all, justified := l.duplicates(o)
			s.Duplicates += all
			s.Justified += justified
			groups.owed(o)
			if o.fate != acked {
				return
			}
			if d := o.heard - o.accepted; d > s.Longest || s.LongestSubject == "" {
				s.Longest, s.LongestSubject = d, l.subject(o.key, o.seq, o.endpoint)
			}
		},
		report: func() Report {
			s.Obligations, s.Acked, s.Lost, s.Undelivered, s.GivenUp = n.owed, n.acked, n.lost, n.undelivered, n.givenUp
			s.Groups = groups.list()
			return Report{}
		},
	}
}

func countTraps(l *ledger) int {
	n := 0
	for _, row := range l.strays {
		if l.h.Attempts[row].Trap {
			n++
		}
	}
	return n
}

// groups are the endpoints by their label `region`.
type groups struct {
	l    *ledger
	of   []int
	all  []Group
	last []time.Duration
	// open says that something which was pending at the last fault was never acked.
	open []bool
}

// regionLabel is the label by which endpoints are shown together.
const regionLabel = "region"

func newGroups(l *ledger) *groups {
	g := &groups{l: l, of: make([]int, len(l.plan.Endpoints))}
	byName := make(map[string]int)
	labelled := false
	for _, e := range l.plan.Endpoints {
		labelled = labelled || e.Labels[regionLabel] != ""
	}
	for i, e := range l.plan.Endpoints {
		name := "all"
		if labelled {
			name = e.Labels[regionLabel]
			if name == "" {
				name = "no region"
			}
		}
		at, known := byName[name]
		if !known {
			at = len(g.all)
			byName[name] = at
			g.all = append(g.all, Group{Name: name, Statuses: make(map[int]int)})
		}
		g.of[i] = at
		g.all[at].Endpoints++
	}
	g.open = make([]bool, len(g.all))
	g.answers()
	g.doors()
	g.last = make([]time.Duration, len(g.all))
	for i := range g.all {
		g.last[i] = g.all[i].LastFault
	}
	return g
}

// answers counts what each group answered, and when a fault acted there.
func (g *groups) answers() {
	statuses := make([][1000]int, len(g.all))
	for i := range g.l.h.Attempts {
		a := &g.l.h.Attempts[i]
		if a.Trap || int(a.Endpoint) >= len(g.of) {
			continue
		}
		at := g.of[a.Endpoint]
		g.all[at].Attempts++
		statuses[at][min(int(a.Status), 999)]++
		if a.Fault > 0 {
			g.trouble(at, began(a), began(a))
		}
	}
	for at := range statuses {
		for status, n := range statuses[at] {
			if n > 0 {
				g.all[at].Statuses[status] = n
			}
		}
	}
}

// doors notes the faults whose hits no endpoint sees, by their windows.
func (g *groups) doors() {
	for _, e := range g.l.h.Faults {
		if e.What != history.FaultHits || e.Hits == 0 && !e.Inferred || int(e.Fault) >= len(g.l.plan.Faults) {
			continue
		}
		f := &g.l.plan.Faults[e.Fault]
		if f.Value.Door == nil {
			continue
		}
		for _, endpoint := range f.Endpoints {
			for _, w := range g.l.time.at[endpoint] {
				if w.fault == int(e.Fault) {
					g.trouble(g.of[endpoint], w.from, min(w.until, g.l.end))
				}
			}
		}
	}
}

func (g *groups) trouble(at int, from, until time.Duration) {
	group := &g.all[at]
	if !group.Troubled || from < group.FirstFault {
		group.FirstFault = from
	}
	group.Troubled = true
	group.LastFault = max(group.LastFault, until)
}

func (g *groups) owed(o *owed) {
	at := g.of[o.endpoint]
	group := &g.all[at]
	if o.fate == acked {
		group.Longest = max(group.Longest, o.heard-o.accepted)
	}
	if !group.Troubled || !o.owes || o.accepted > g.last[at] {
		return
	}
	switch {
	case o.fate == lost || o.fate == undelivered:
		g.open[at] = true
	case o.fate == acked && o.heard > g.last[at]:
		group.Recovered = max(group.Recovered, o.heard)
	}
}

// list returns the groups. One in which nothing was pending when the last
// fault had acted was whole again at once.
func (g *groups) list() []Group {
	for at := range g.all {
		group := &g.all[at]
		switch {
		case g.open[at]:
			group.Recovered = 0
		case group.Troubled && group.Recovered == 0:
			group.Recovered = group.LastFault
		}
	}
	return g.all
}
