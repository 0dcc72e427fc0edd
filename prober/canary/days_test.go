package canary

import (
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"

	"github.com/hookdrill/hookdrill/prober"
)

// days is a prober that lives through several days, with a log of its alerts.
type days struct {
	*life
	r     *rig
	began time.Time
	log   lines
	ahead atomic.Int64
}

// until goes on until a time of day, counted from the start.
func (d *days) until(offset time.Duration) { time.Sleep(time.Until(d.began.Add(offset))) }

// alerts returns how often an alert of eu was told: as it began, and as it
// ended; and how often it began muted.
func (d *days) alerts(name string) (began, ended, muted int) {
	for line := range strings.Lines(d.log.String()) {
		switch {
		case !strings.Contains(line, `"alert":"`+name+`","region":"eu"`):
		case strings.Contains(line, `"ended":`):
			ended++
		case !strings.Contains(line, `"muted":""`):
			muted++
		default:
			began++
		}
	}
	return began, ended, muted
}

// published counts the canaries of all regions in a time.
func (d *days) published(from, until time.Duration) (n int) {
	for _, s := range d.r.senders {
		_, times := s.seen()
		for _, at := range times {
			if at := at.Sub(d.began); at >= from && at < until {
				n++
			}
		}
	}
	return n
}

// TestDays lives through four days: a budget that does not last for the first,
// an outage in a maintenance, one that burns the error budget, a reload, and a
// clock that jumps.
func TestDays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &days{r: newRig(t, "eu", "us", "in"), began: time.Now()}
		if h, m, s := d.began.Clock(); h+m+s != 0 {
			t.Fatalf("the bubble begins at %v: days were to begin at midnight", d.began)
		}
		d.r.c.Interval, d.r.c.RouteInterval = 10*time.Minute, 10*time.Minute
		d.r.c.Budget.PerDay = 400 // of 432
		d.r.c.Windows = []Window{{Name: "nightly", Regions: []string{"eu"}, From: 2 * hour, Until: 4 * hour, Zone: time.UTC}}
		d.r.o.Log = zerolog.New(&d.log)
		d.r.o.Clock = func() time.Time { return time.Now().Add(time.Duration(d.ahead.Load())) }
		d.life = d.r.start()
		d.midnight(t)
		d.maintenance(t)
		d.burning(t)
		d.reloaded(t)
		d.jumps(t)
		d.stop(t)
		for _, i := range d.Snapshot().Closed {
			for _, m := range i.Impacts {
				if m.Lost != 0 || m.Region != "eu" {
					t.Errorf("%s: %+v", i.ID, m)
				}
			}
		}
	})
}

// midnight is the first day: the budget is used up in the evening, and there is
// a new one at midnight UTC.
func (d *days) midnight(t *testing.T) {
	t.Helper()
	d.until(day - time.Minute)
	if n := d.published(0, day); n != 400 {
		t.Errorf("%d canaries on a day with a budget of 400", n)
	}
	if n := d.metric(t, "webhook_canary_budget_remaining", "window=day"); n != 0 {
		t.Errorf("%v are left of a budget that is used up", n)
	}
	if n := d.metric(t, "webhook_canary_skipped_total", "region=eu", "reason=budget"); n < 5 {
		t.Errorf("%v canaries were left out for the budget", n)
	}
	d.until(day + 12*time.Minute)
	if n := d.published(day, day+12*time.Minute); n < 2 {
		t.Errorf("%d canaries after midnight", n)
	}
}

// maintenance is the second night: an outage begins in the window, is known and
// muted, and told when the window ends.
func (d *days) maintenance(t *testing.T) {
	t.Helper()
	d.until(day + 3*hour)
	d.r.gates["eu"].set(http.StatusNotFound)
	d.until(day + 4*hour - time.Minute)
	if s := d.Snapshot(); s.Open == nil || s.Open.Phase != Identified {
		t.Errorf("the maintenance hides the incident: %+v", s.Open)
	}
	if began, _, muted := d.alerts(AlertLate); began != 0 || muted != 1 {
		t.Errorf("in the window the alert was told %d times, and %d times muted", began, muted)
	}
	d.until(day + 4*hour + time.Minute)
	if began, _, _ := d.alerts(AlertLate); began != 1 {
		t.Errorf("after the window the alert was told %d times", began)
	}
	d.r.gates["eu"].set(0)
	d.until(day + 5*hour)
	if _, ended, _ := d.alerts(AlertLate); ended != 1 {
		t.Errorf("the end of the alert was told %d times", ended)
	}
}

// burning is the second day: publishes fail for three hours. The fast alert
// begins and ends; that of three days goes on.
func (d *days) burning(t *testing.T) {
	t.Helper()
	d.until(day + 12*hour)
	fast, _, _ := d.alerts(AlertBurnFast)
	d.r.senders["eu"].with(func() { d.r.senders["eu"].refuse = &prober.StatusError{Code: 503, Gateway: true} })
	d.until(day + 15*hour)
	if began, _, _ := d.alerts(AlertBurnFast); began <= fast {
		t.Error("the fast alert does not begin")
	}
	d.r.senders["eu"].with(func() { d.r.senders["eu"].refuse = nil })
	d.until(day + 17*hour)
	began, ended, _ := d.alerts(AlertBurnFast)
	if began != ended || began != fast+1 {
		t.Errorf("the fast alert began %d times and ended %d times, and %d times before", began, ended, fast)
	}
	if began, ended, _ := d.alerts(AlertBurnTrend); began != ended+1 {
		t.Errorf("the slow alert began %d times and ended %d times", began, ended)
	}
}

// reloaded is the third day: twice as often, and a lower budget, with all that
// is known kept.
func (d *days) reloaded(t *testing.T) {
	t.Helper()
	d.until(2*day + hour)
	before, told := d.Snapshot(), strings.Count(d.log.String(), `"alert":"burn`)
	c := *d.r.c
	c.Interval, c.Budget.PerDay = 5*time.Minute, 800
	if err := d.Reload(t.Context(), &c); err != nil {
		t.Fatal(err)
	}
	d.until(2*day + 3*hour)
	if n := d.published(2*day+hour, 2*day+3*hour); n < 70 || n > 75 {
		t.Errorf("%d canaries in two hours, want 72", n)
	}
	after := d.Snapshot()
	if len(after.Closed) != len(before.Closed) || len(after.Closed) < 2 {
		t.Errorf("%d incidents before the reload, %d after", len(before.Closed), len(after.Closed))
	}
	if n := strings.Count(d.log.String(), `"alert":"burn`); n != told {
		t.Errorf("the reload told %d burn-rate alerts again", n-told)
	}
}

// jumps is the fourth day: the clock goes on by six hours in a moment, as after
// a suspension, and back by two. Nothing is made up for, late or lost by that.
func (d *days) jumps(t *testing.T) {
	t.Helper()
	d.until(3 * day)
	for _, jump := range []time.Duration{6 * hour, -2 * hour} {
		from := time.Since(d.began)
		d.ahead.Add(int64(jump))
		d.until(from + time.Minute)
		if n := d.published(from, from+time.Minute); n > 3 {
			t.Errorf("%d canaries in the minute after the clock jumped by %v", n, jump)
		}
		d.until(from + 3*hour)
		if n := d.published(from, from+3*hour); n < 95 || n > 111 {
			t.Errorf("%d canaries in three hours after the clock jumped by %v, want 108", n, jump)
		}
		for _, r := range d.Snapshot().Regions {
			if r.Late+r.Lost != 0 || !r.Healthy() {
				t.Errorf("after the clock jumped by %v: %+v", jump, r)
			}
		}
	}
}

// TestClockGoesBack sets the clock back by an hour under a running prober: it
// goes on probing, and nothing is late, lost or in the future by that.
func TestClockGoesBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, "eu")
		var back atomic.Int64
		r.o.Clock = func() time.Time { return time.Now().Add(-time.Duration(back.Load())) }
		l := r.start()
		time.Sleep(5 * time.Minute)
		before := r.senders["eu"].count()
		back.Store(int64(time.Hour))
		time.Sleep(5 * time.Minute)
		if n := r.senders["eu"].count() - before; n < 25 || n > 32 {
			t.Errorf("%d canaries in five minutes after the clock went back", n)
		}
		if s := l.Snapshot().Regions[0]; s.Late+s.Lost != 0 || s.Bad != 0 || !s.Healthy() {
			t.Errorf("%+v", s)
		}
		l.stop(t)
	})
}
