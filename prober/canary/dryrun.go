package canary

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/hookdrill/hookdrill/prober/profile"
)

// Describe prints what a prober with this configuration would do, by the
// minute and by the day, for each region. It reads the profiles and sends
// nothing. The error says that a profile is not fit to probe by.
func (c *Config) Describe(w io.Writer) error {
	profiles, err := c.profiles()
	if err != nil {
		return err
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	c.describeSelf(t)
	fmt.Fprint(t, "\nREGION\tPROFILE\tRECEIVES AT\n")
	for _, g := range c.Regions {
		fmt.Fprintf(t, "%s\t%s\t%s\n", g.Name, g.Profile, g.Receive.URL)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	t = tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprint(t, "\n\tCANARIES\t\tCALLS OF ITS API\t\tROUTE CHECKS\nREGION\tA MINUTE\tA DAY\tA MINUTE\tA DAY\tA MINUTE\tA DAY\n")
	var sum rates
	for i, g := range c.Regions {
		one := c.loadOf(profiles[i])
		sum = rates{sum.canaries + one.canaries, sum.calls + one.calls, sum.checks + one.checks}
		one.write(t, g.Name)
	}
	sum.write(t, "all")
	fmt.Fprintf(t, "budget\t%d\t%d\nhard cap\t%d\t%d\n\n", c.Budget.PerMinute, c.Budget.PerDay, CapPerMinute, CapPerDay)
	if err := t.Flush(); err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "With %d canaries of a region on their way, or after %d failed publishes in a row,\n"+
		"it gets one a minute until that changes. Calls are at most so many; to subscribe\n"+
		"and to unsubscribe come on top, once a life. Nothing was sent.\n", c.Budget.InFlight, c.CircuitFailures)
	return err
}

func (c *Config) describeSelf(t io.Writer) {
	fmt.Fprintf(t, "configuration\t%s\n", c.File)
	fmt.Fprintf(t, "state\t%s (its lock is the lease: of several probers one publishes)\n", c.State)
	fmt.Fprintf(t, "canaries\ttopic %s, type %s, %d bytes, %d ordering keys a region\n", c.Topic, c.Type, c.Size, c.Keys)
	fmt.Fprintf(t, "late, lost\tafter %v, after %v\n", c.LateAfter, c.LostAfter)
	fmt.Fprintf(t, "allowed\t%s\n", strings.Join(c.Allow.Hosts, ", "))
	nets := []string{"public addresses"}
	for _, n := range c.Allow.Networks {
		nets = append(nets, n.String())
	}
	fmt.Fprintf(t, "\t%s\n", strings.Join(nets, ", "))
	if c.OTLP.URL != "" {
		fmt.Fprintf(t, "pushed to\t%s, metrics every %v\n", c.OTLP.URL, c.OTLP.Interval)
	}
	if c.KillFile != "" {
		fmt.Fprintf(t, "stopped by\t%s, while it exists\n", c.KillFile)
	}
}

// rates is what a region is sent in a minute.
type rates struct{ canaries, calls, checks float64 }

// loadOf counts the requests of a region: a publish may take several, and the
// sender's own log is asked with each check of the route, where it can be.
func (c *Config) loadOf(p *profile.Profile) rates {
	l := rates{canaries: each(c.Interval), checks: each(c.RouteInterval)}
	l.calls = l.canaries * float64(len(p.Publish))
	if p.Accounts != nil {
		l.calls += l.checks
	}
	if asksAttempts(p) {
		l.calls += l.checks * asksPerLook
	}
	return l
}

func (l rates) write(w io.Writer, name string) {
	fmt.Fprint(w, name)
	for _, perMinute := range []float64{l.canaries, l.calls, l.checks} {
		fmt.Fprintf(w, "\t%.4g\t%.0f", perMinute, perMinute*24*60)
	}
	fmt.Fprintln(w)
}

// each is how often an interval fits into a minute.
func each(interval time.Duration) float64 { return float64(time.Minute) / float64(interval) }
