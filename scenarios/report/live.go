package report

import (
	"fmt"
	"io"
	"time"
)

// Live returns a function that prints one line for each thing that happens in
// a run, as it happens: the scenario's own time of day, the offset, the text.
// It prints the same lines to a terminal and to a file.
func Live(w io.Writer, starts time.Time, o Options) func(at time.Duration, text string) {
	if o.Width == 0 {
		o.Width = 80
	}
	p := paint(o.Color)
	return func(at time.Duration, text string) {
		clock := starts.Add(at).UTC().Format("15:04:05Z")
		lead := clock + "  " + Offset(at)[:9] + "  "
		line := wrap(lead, clean(text), len(lead), o.Width)
		// The reader's terminal being gone is no reason to end the run.
		_, _ = fmt.Fprintln(w, p.in(dim, clock)+line[len(clock):])
	}
}
