package canary

import (
	"time"

	"go.yaml.in/yaml/v4"
)

// window reads a maintenance window: one that comes back each week by its
// times of day, or a single one by its dates.
func (r *reader) window(n *yaml.Node) Window {
	w := Window{Zone: time.UTC}
	var from, until string
	has := r.mapping(n, "maintenance", fields{
		"name":    func(n *yaml.Node) { w.Name = r.text(n, "name") },
		"regions": func(n *yaml.Node) { w.Regions = r.texts(n, "regions") },
		"days": func(n *yaml.Node) {
			r.list(n, "days", func(n *yaml.Node) { w.Days = append(w.Days, r.weekday(n)) })
		},
		"from":  func(n *yaml.Node) { from = r.text(n, "from") },
		"until": func(n *yaml.Node) { until = r.text(n, "until") },
		"zone": func(n *yaml.Node) {
			zone, err := time.LoadLocation(r.text(n, "zone"))
			if err != nil {
				r.errorf(n, "zone", "%q is no time zone such as Europe/Berlin", n.Value)
				return
			}
			w.Zone = zone
		},
		"reason": func(n *yaml.Node) { w.Reason = r.text(n, "reason") },
	})
	for _, key := range []string{"name", "from", "until"} {
		if has[key] == nil {
			r.errorf(n, "maintenance", "missing key %q", key)
			return w
		}
	}
	starts, err1 := time.Parse(time.RFC3339, from)
	ends, err2 := time.Parse(time.RFC3339, until)
	if err1 == nil && err2 == nil {
		w.Once, w.Starts, w.Ends = true, starts, ends
		if !ends.After(starts) {
			r.errorf(has["until"], "until", "%s is not after from", until)
		}
		return w
	}
	w.From, w.Until = r.clock(has["from"]), r.clock(has["until"])
	if w.From == w.Until {
		r.errorf(has["until"], "until", "it is when it begins: the window is empty")
	}
	return w
}

func (r *reader) weekday(n *yaml.Node) time.Weekday {
	words := []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}
	s := r.word(n, "days", words...)
	for i, w := range words {
		if w == s {
			return time.Weekday(i)
		}
	}
	return time.Sunday
}

func (r *reader) clock(n *yaml.Node) time.Duration {
	if n.Value == "24:00" {
		return day
	}
	t, err := time.Parse("15:04", n.Value)
	if err != nil {
		r.errorf(n, "maintenance", "%q is neither a time of day such as \"02:30\" nor a date such as 2026-01-31T02:30:00Z", n.Value)
		return 0
	}
	return time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute
}
