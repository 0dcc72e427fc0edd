package report

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/hookdrill/hookdrill/scenarios/verdict"
)

// Reports writes the outputs of a series of runs: text as soon as a run is
// judged, and what holds all of them (JSON, JUnit, the table at the end of the
// text) when the last is.
type Reports struct {
	sinks []sink
	all   []Input
	// told is how many texts were written.
	told int
}

type sink struct {
	format string
	to     io.Writer
	file   *os.File
	set    Options
}

// Open creates the files of the outputs, before anything is played: a name
// that cannot be written to is not told after an hour, and no report of an
// earlier run is left to be taken for this one's. The options are those of
// standard output.
func Open(stdout io.Writer, outputs []Output, o Options) (*Reports, error) {
	r := &Reports{}
	for _, out := range outputs {
		if out.File == "" {
			r.sinks = append(r.sinks, sink{format: out.Format, to: stdout, set: o})
			continue
		}
		f, err := os.Create(out.File)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("output %s: %w", out.Format, err), r.closeFiles())
		}
		r.sinks = append(r.sinks, sink{format: out.Format, to: f, file: f})
	}
	return r, nil
}

// Add takes one run, judged or not played.
func (r *Reports) Add(in Input) error {
	r.all = append(r.all, in)
	if in.NotPlayed != "" {
		return nil
	}
	r.told++
	for _, s := range r.sinks {
		if s.format != FormatText {
			continue
		}
		if r.told > 1 {
			// What cannot be written to says so of the text, too.
			_, _ = fmt.Fprintln(s.to)
		}
		if err := Text(s.to, in, s.set); err != nil {
			return err
		}
	}
	return nil
}

// Close writes what is still to be written, and closes the files.
func (r *Reports) Close() error {
	var errs []error
	for _, s := range r.sinks {
		if err := s.end(r.all); err != nil {
			errs = append(errs, fmt.Errorf("output %s: %w", s.format, err))
		}
	}
	return errors.Join(append(errs, r.closeFiles())...)
}

func (s sink) end(all []Input) error {
	switch s.format {
	case FormatJSON:
		return JSONSeries(s.to, all)
	case FormatJUnit:
		return JUnit(s.to, all...)
	default:
		return Summary(s.to, all, s.set)
	}
}

func (r *Reports) closeFiles() error {
	var errs []error
	for _, s := range r.sinks {
		if s.file == nil {
			continue
		}
		if err := s.file.Close(); err != nil {
			errs = append(errs, fmt.Errorf("output %s: %w", s.format, err))
		}
	}
	return errors.Join(errs...)
}

// worst is the verdict of a series: one that was not played is unknown, and so
// is a series of nothing.
func worst(all []Input) verdict.Status {
	statuses := make([]verdict.Status, len(all))
	for i, in := range all {
		statuses[i] = in.Judgement.Status
	}
	return verdict.All(statuses...)
}
