package chaos

import "time"

// rollout is an update of a service that stands behind a gateway. The model
// is small, and 404, 502 and 503 come out of it by themselves:
//
//   - There are n replicas and n gateways, a pair in each cell. A request
//     comes in at any gateway, and goes on to any replica on the service's list.
//   - A gateway without a route for the service answers 404. With a route, but
//     nobody on the list, it answers 503. If the replica it picks has ended,
//     the connection is refused and it answers 502.
//   - A replica that is being replaced drains (serves on, but is taken off the
//     list) and ends; a new one starts, is ready, and is put on the list. The
//     gateways hear of a replica's drain only after a lag. As long as that is
//     shorter than the drain, a correct update harms nobody.
//   - A cell's gateway takes its new configuration when the cell's new replica
//     is ready.
//
// What an earlier change of the infrastructure left behind breaks this: some
// routes are missing in the new configuration (404), or the service has gone,
// so that nobody puts new replicas on the list, or takes old ones off. Those
// stay until the gateways' own checks find them dead, a lag after they ended
// (502); then the list is empty (503). The update itself goes on, since every
// new replica is well.
//
// A rolling update of 4 with drain 20s, start 40s, lag 10s, two routes missing
// and the service absent, healed after 100 minutes:
//
//	0:00:00  replica 1 drains                             all pass
//	0:00:20  it ends, its entry stays for 10s             1 of 4: 502
//	0:01:00  replica 2 drains; gateway 1 has no route     1 of 4: 404
//	0:02:00  replica 3 drains; nor has gateway 2          2 of 4: 404
//	0:03:20  replica 4 ends, its entry stays for 10s      2 of 4: 404, the rest 502
//	0:03:30  the list is empty                            2 of 4: 404, the rest 503
//	1:40:00  the fix begins at cell 1
//	1:40:40  gateway 1 has its route, replica 1 is ready  1 of 4: 404, two 503
//	1:41:20  gateway 2 as well                            two of 4: 503
//	1:42:40  the last of them                             all pass
//
// Times are relative to the beginning of the window. until is its end: cells
// whose update has not begun by then stay as they are.
type rollout struct {
	n                  int
	drain, start, lag  time.Duration
	atOnce, startFirst bool
	routesMissing      int
	serviceAbsent      bool
}

// outcome is what becomes of a request at the gateways.
type outcome uint8

const (
	passes outcome = iota
	noRoute
	refused
	noReplica
)

func (d rollout) leftover() bool { return d.routesMissing > 0 || d.serviceAbsent }

// tail is how long after the end of the window the last cell is well again.
func (d rollout) tail() time.Duration {
	if d.leftover() {
		return d.drain + d.lag + time.Duration(d.n)*d.start
	}
	return d.drain + d.lag + d.start
}

// begins is when the update of cell i begins.
func (d rollout) begins(i int) time.Duration {
	if d.atOnce {
		return 0
	}
	return time.Duration(i) * (d.drain + d.start)
}

// drains is when the old replica of cell i begins to drain.
func (d rollout) drains(i int) time.Duration {
	if d.startFirst {
		return d.ready(i)
	}
	return d.begins(i)
}

// ends is when the old replica of cell i is no more.
func (d rollout) ends(i int) time.Duration { return d.drains(i) + d.drain }

// ready is when the new replica of cell i can serve.
func (d rollout) ready(i int) time.Duration {
	if d.startFirst {
		return d.begins(i) + d.start
	}
	return d.ends(i) + d.start
}

// dropped is when the gateways take the old replica of cell i off the list.
func (d rollout) dropped(i int) time.Duration {
	if d.serviceAbsent {
		return d.ends(i) + d.lag
	}
	return d.drains(i) + d.lag
}

// replaced reports whether cell i is updated at all.
func (d rollout) replaced(i int, until time.Duration) bool { return d.begins(i) < until }

// fixed is when the fix has reached cell i: one cell after the other, each
// taking a start.
func (d rollout) fixed(i int, until time.Duration) time.Duration {
	return max(d.ready(i), until+time.Duration(i+1)*d.start)
}

// lacksRoute reports whether gateway g has no route at t.
func (d rollout) lacksRoute(g int, t, until time.Duration) bool {
	return g < d.routesMissing && d.replaced(g, until) && d.ready(g) <= t && t < d.fixed(g, until)
}

// entry reports whether gateway g has replica k on its list at t, and whether
// that replica serves. The old replicas are the first n, the new ones the rest.
func (d rollout) entry(g, k int, t, until time.Duration) (listed, serves bool) {
	i := k % d.n
	replaced := d.replaced(i, until)
	switch {
	case k < d.n:
		return !replaced || t < d.dropped(i), !replaced || t < d.ends(i)
	case !replaced:
		return false, false
	case d.serviceAbsent:
		return t >= d.fixed(i, until) && t >= d.fixed(g, until), true
	}
	return t >= d.ready(i), true
}

// answer is what becomes at t of a request that comes in at gateway g. h
// picks the replica.
func (d rollout) answer(g int, h uint64, t, until time.Duration) outcome {
	if d.lacksRoute(g, t, until) {
		return noRoute
	}
	n := 0
	for k := range 2 * d.n {
		if listed, _ := d.entry(g, k, t, until); listed {
			n++
		}
	}
	if n == 0 {
		return noReplica
	}
	at := pick(h, n)
	for k := range 2 * d.n {
		listed, serves := d.entry(g, k, t, until)
		switch {
		case !listed:
		case at > 0:
			at--
		case serves:
			return passes
		default:
			return refused
		}
	}
	return noReplica
}
