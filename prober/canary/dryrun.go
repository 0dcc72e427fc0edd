package canary

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"
)

// Describe prints what a prober with this configuration would do, by the
// minute and by the day, for each region. It sends nothing.
func (c *Config) Describe(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(t, "configuration\t%s\n", c.File)
	fmt.Fprintf(t, "state\t%s (its lock is the lease: of several probers one publishes)\n", c.State)
	fmt.Fprintf(t, "canaries\ttopic %s, type %s, %d bytes, %d ordering keys a region\n", c.Topic, c.Type, c.Size, c.Keys)
	fmt.Fprintf(t, "late, lost\tafter %v, after %v\n", c.LateAfter, c.LostAfter)
	fmt.Fprintf(t, "allowed\t%s\n", strings.Join(c.Allow.Hosts, ", "))
	nets := make([]string, len(c.Allow.Networks))
	for i, n := range c.Allow.Networks {
		nets[i] = n.String()
	}
	fmt.Fprintf(t, "\tpublic addresses%s\n", strings.Join(append([]string{""}, nets...), ", "))
	if c.OTLP.URL != "" {
		fmt.Fprintf(t, "pushed to\t%s, metrics every %v\n", c.OTLP.URL, c.OTLP.Interval)
	}
	if c.KillFile != "" {
		fmt.Fprintf(t, "stopped by\t%s, while it exists\n", c.KillFile)
	}
	fmt.Fprintln(t)
	if err := t.Flush(); err != nil {
		return err
	}
	fmt.Fprintln(t, "REGION\tPROFILE\tRECEIVES AT\tPUBLISHES A MINUTE\tA DAY\tROUTE CHECKS A MINUTE\tA DAY")
	publishes, checks := each(c.Interval), each(c.RouteInterval)
	for _, g := range c.Regions {
		fmt.Fprintf(t, "%s\t%s\t%s\t%.4g\t%.0f\t%.4g\t%.0f\n", g.Name, g.Profile, g.Receive.URL,
			publishes, publishes*24*60, checks, checks*24*60)
	}
	n := float64(len(c.Regions))
	fmt.Fprintf(t, "all\t\t\t%.4g\t%.0f\t%.4g\t%.0f\n", n*publishes, n*publishes*24*60, n*checks, n*checks*24*60)
	fmt.Fprintf(t, "budget\t\t\t%d\t%d\t\t\n", c.Budget.PerMinute, c.Budget.PerDay)
	fmt.Fprintf(t, "hard cap\t\t\t%d\t%d\t\t\n", CapPerMinute, CapPerDay)
	fmt.Fprintln(t)
	if err := t.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(w, "With %d canaries of a region on their way, or after %d failed publishes in a row,\nit gets one a minute until that changes. Nothing was sent.\n",
		c.Budget.InFlight, c.CircuitFailures)
	return err
}

// each is how often an interval fits into a minute.
func each(interval time.Duration) float64 { return float64(time.Minute) / float64(interval) }
