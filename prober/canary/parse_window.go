package canary

import (
	"fmt"
	"slices"
	"time"

	"github.com/hookdrill/hookdrill/prober/strict"
)

// weekdays are the words for days, by time.Weekday.
func weekdays() []string { return []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"} }

// window reads a maintenance window: one that comes back each week by its
// times of day, or a single one by its dates.
func window(w *Window) strict.Value {
	w.Zone = time.UTC
	var from, until string
	return strict.Mapping{What: "maintenance", Fields: []strict.Field{
		strict.Need("name", "What the window is called.", strict.Filled(&w.Name)),
		strict.Key("regions", "Regions that it is for; by default all.", strict.List(&w.Regions, strict.Filled)),
		strict.Key("days", "Days of the week on which it begins; by default each.", strict.List(&w.Days, weekday)),
		strict.Need("from", "When it begins: a time of day such as `22:00`, or the date of a single window such as `2026-01-31T02:30:00Z`.", instant(&from)),
		strict.Need("until", "When it ends, likewise. A window may pass midnight.", instant(&until)),
		strict.Key("zone", "Time zone of the times of day, such as `Europe/Berlin`; by default UTC.", zone(&w.Zone)),
		strict.Key("reason", "Why.", strict.Filled(&w.Reason)),
	}, Then: func(r *strict.Reader, _ *strict.Node, has strict.Given) {
		if !has.Has("from") || !has.Has("until") {
			return
		}
		starts, err1 := time.Parse(time.RFC3339, from)
		ends, err2 := time.Parse(time.RFC3339, until)
		switch {
		case err1 == nil && err2 == nil && !ends.After(starts):
			r.Add(has["until"].Pos, "until", "%s is not after from", until)
		case err1 == nil && err2 == nil:
			w.Once, w.Starts, w.Ends = true, starts, ends
		default:
			before := r.Len()
			w.From, w.Until = timeOfDay(r, has["from"]), timeOfDay(r, has["until"])
			if r.Len() == before && w.From == w.Until {
				r.Add(has["until"].Pos, "until", "it is when it begins: the window is empty")
			}
		}
	}}
}

// instant reads what Then takes apart: a time of day or a date.
func instant(dst *string) strict.Value {
	return strict.Shaped(strict.Filled(dst), func(s *strict.Schema) {
		s.Pattern = `^([0-9]{1,2}:[0-9]{2}|[0-9]{4}-[0-9]{2}-[0-9]{2}T.+)$`
		s.ErrorMessage = "is neither a time of day such as 02:30 nor a date such as 2026-01-31T02:30:00Z"
	})
}

func weekday(d *time.Weekday) strict.Value {
	word := ""
	return strict.Also(strict.Word(&word, weekdays()...), func(*strict.Node) {
		*d = time.Weekday(slices.Index(weekdays(), word))
	})
}

func zone(dst **time.Location) strict.Value {
	name := ""
	return strict.Check(strict.Filled(&name), func(*strict.Node) error {
		z, err := time.LoadLocation(name)
		if err != nil {
			return fmt.Errorf("%q is no time zone such as Europe/Berlin", name)
		}
		*dst = z
		return nil
	})
}

// timeOfDay reads a time of day.
func timeOfDay(r *strict.Reader, n *strict.Node) time.Duration {
	if n.Text == "24:00" {
		return day
	}
	t, err := time.Parse("15:04", n.Text)
	if err != nil {
		r.Add(n.Pos, "maintenance", "%q is neither a time of day such as \"02:30\" nor a date such as 2026-01-31T02:30:00Z", n.Text)
		return 0
	}
	return time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute
}
