package canary

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
)

// DemoResult is what came of a demo.
type DemoResult struct {
	// Incidents are what the prober made of it, the oldest first.
	Incidents []*Incident
	// Truths are what really was, by the gateways and the senders.
	Truths []Truth
	// Gates are the answers that steps asked for, and Last the one at the end.
	Gates map[string]GateAnswer
	Last  GateAnswer
	// Outage is what was to be seen in the middle of it, with the last step that
	// asked, and End what at the end.
	Outage, End Seen
}

// GateAnswer is what the gate of all regions answered: its HTTP status, and
// its text, of which the first line is the verdict.
type GateAnswer struct {
	Status int
	Text   string
}

// Verdict returns the verdict in a word.
func (a GateAnswer) Verdict() string {
	first, _, _ := strings.Cut(a.Text, "\n")
	return first
}

// Seen is what a prober shows at one time: its status page and its metrics.
type Seen struct{ Page, Metrics string }

// kept keeps what a handler writes.
type kept struct {
	strings.Builder
	header http.Header
	status int
}

// Header implements http.ResponseWriter.
func (k *kept) Header() http.Header {
	if k.header == nil {
		k.header = http.Header{}
	}
	return k.header
}

// WriteHeader implements http.ResponseWriter.
func (k *kept) WriteHeader(status int) { k.status = status }

// Write prints a demo's outcome: what the prober made of the incident, beside
// what really was.
func (r DemoResult) Write(w io.Writer) error {
	for _, i := range r.Incidents {
		if err := i.WriteMarkdown(w); err != nil {
			return err
		}
	}
	fmt.Fprint(w, "\n## What really was, by the gateways\n\n")
	for _, t := range r.Truths {
		fmt.Fprintln(w, Wrap("- "+t.String(), 2))
	}
	names := make([]string, 0, len(r.Gates))
	for name := range r.Gates {
		names = append(names, name)
	}
	slices.Sort(names)
	fmt.Fprint(w, "\n## The gate\n\n")
	for _, name := range names {
		fmt.Fprintf(w, "- %s: %d %s\n", name, r.Gates[name].Status, r.Gates[name].Verdict())
	}
	_, err := fmt.Fprintf(w, "- at the end: %d %s\n", r.Last.Status, r.Last.Verdict())
	return err
}
