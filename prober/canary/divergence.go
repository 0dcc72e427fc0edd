package canary

import (
	"slices"
	"strings"
	"time"
)

// divergence is how a region differs from the others.
type divergence struct {
	// row counts the looks at the region that showed a difference.
	row   int
	since time.Time
	// in is what the others do not have.
	in Trouble
}

// observe compares r, of which there was a look at this moment, with the
// others. A region diverges when it has a trouble that the reference has not.
// The reference are the regions without trouble; where there is none, those
// that share the most common trouble: when all fail alike, nobody diverges.
func (d *divergence) observe(at time.Time, r *region, all []*region) {
	own := r.raw()
	if own.IsZero() || own == reference(all, r) {
		*d = divergence{}
		return
	}
	if d.row == 0 || d.in != own {
		d.in = own
		if d.row == 0 {
			d.since = at
		}
	}
	d.row++
}

// reference returns the trouble that counts as normal now. A region alone is
// its own reference.
func reference(all []*region, self *region) Trouble {
	counts := map[Trouble]int{}
	others := 0
	for _, r := range all {
		if !r.known() {
			continue
		}
		counts[r.raw()]++
		if r != self {
			others++
		}
	}
	if others == 0 {
		return self.raw()
	}
	if counts[Trouble{}] > 0 {
		return Trouble{}
	}
	best := self.raw()
	for _, r := range all { // in the order of the configuration
		if r.known() && counts[r.raw()] > counts[best] {
			best = r.raw()
		}
	}
	return best
}

// differs reports whether the region has differed for n looks.
func (d *divergence) differs(n int) bool { return d.row >= n && d.row > 0 }

// alike returns the other regions that fail, or failed, at the stage at which
// self does. The class is left out: a gateway that is half gone answers 404
// and 503 in turn.
func alike(all []*region, self *region) (still, ended []*region) {
	for _, r := range all {
		switch {
		case r == self:
		case !r.trouble.IsZero() && r.why().Stage == self.why().Stage:
			still = append(still, r)
		case r.trouble.IsZero() && r.was.Stage == self.why().Stage && !r.ended.IsZero() && !r.ended.Before(self.since):
			ended = append(ended, r)
		}
	}
	return still, ended
}

func namesOf(all []*region) string {
	names := make([]string, len(all))
	for i, r := range all {
		names[i] = r.name
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}

// successDelta is the region's share of good canaries of the last hour less
// the mean of the others; zero where one of them has no data.
func successDelta(r *region, all []*region) float64 {
	own, ok := r.tally.ratio(hour)
	if !ok {
		return 0
	}
	sum, n := 0.0, 0
	for _, o := range all {
		if v, ok := o.tally.ratio(hour); ok && o != r {
			sum, n = sum+v, n+1
		}
	}
	if n == 0 {
		return 0
	}
	return own - sum/float64(n)
}
