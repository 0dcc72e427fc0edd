package canary

import (
	"slices"
	"time"
)

// Deploy is a change of the sender that somebody marked.
type Deploy struct {
	ID string `json:"id"`
	// Region is where; empty: everywhere.
	Region  string    `json:"region,omitempty"`
	Started time.Time `json:"started"`
	// Ended is zero while it goes on.
	Ended time.Time `json:"ended,omitzero"`
}

// maxDeploys is how many marks are remembered.
const maxDeploys = 1000

func (d Deploy) where() string {
	if d.Region == "" {
		return "all regions"
	}
	return d.Region
}

// deploys is the book of marks, oldest first.
type deploys struct {
	all []*Deploy
	// dirty are marks that the state on disk does not know, and dropped those
	// that it is to forget.
	dirty, dropped []Deploy
}

func (b *deploys) sort() {
	slices.SortStableFunc(b.all, func(x, y *Deploy) int { return x.Started.Compare(y.Started) })
}

// mark enters the start or the end of a deploy. An end without a start is
// one that nobody marked: the change was made by then.
func (b *deploys) mark(id, region string, end bool, at time.Time) *Deploy {
	d := b.exact(id, region)
	switch {
	case d == nil:
		d = &Deploy{ID: id, Region: region, Started: at}
		b.all = append(b.all, d)
		b.trim()
	case !end: // a pipeline that is run again
		d.Started, d.Ended = at, time.Time{}
	}
	if end {
		d.Ended = at
	}
	b.dirty = append(b.dirty, *d)
	return d
}

// trim forgets the oldest marks beyond the most that are remembered.
func (b *deploys) trim() {
	n := len(b.all) - maxDeploys
	if n <= 0 {
		return
	}
	for _, d := range b.all[:n] {
		b.dropped = append(b.dropped, *d)
	}
	b.all = slices.Delete(b.all, 0, n)
}

func (b *deploys) exact(id, region string) *Deploy {
	for _, v := range slices.Backward(b.all) {
		if d := v; d.ID == id && d.Region == region {
			return d
		}
	}
	return nil
}

// find returns the mark that counts for a region: its own before that for all
// regions.
func (b *deploys) find(id, region string) *Deploy {
	if d := b.exact(id, region); d != nil {
		return d
	}
	return b.exact(id, "")
}
