package report

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
)

// Output is one report that somebody asked for: a format, and the file it
// goes to, or standard output where File is empty.
type Output struct{ Format, File string }

// The formats of an Output.
const (
	FormatText  = "text"
	FormatJSON  = "json"
	FormatJUnit = "junit"
)

// ParseOutputs reads texts of the form FORMAT[=FILE]. Unless another format
// goes to standard output, text does.
func ParseOutputs(texts []string) ([]Output, error) {
	var all []Output
	onStdout := ""
	for _, text := range texts {
		format, file, named := strings.Cut(text, "=")
		if !slices.Contains([]string{FormatText, FormatJSON, FormatJUnit}, format) {
			return nil, fmt.Errorf("output %q: want text, json or junit, or one of them with =FILE", text)
		}
		if named && file == "" {
			return nil, fmt.Errorf("output %q: the name of the file is missing", text)
		}
		if file == "" && onStdout != "" {
			return nil, fmt.Errorf("output %q: %s goes to standard output already; write %s=FILE", text, onStdout, format)
		}
		if file == "" {
			onStdout = format
		}
		all = append(all, Output{Format: format, File: file})
	}
	if onStdout == "" {
		all = append([]Output{{Format: FormatText}}, all...)
	}
	return all, nil
}

// TextOnStdout reports whether a reader watches standard output. Where a
// machine does, progress must go elsewhere.
func TextOnStdout(outputs []Output) bool {
	return slices.Contains(outputs, Output{Format: FormatText})
}

// WriteOutputs writes the reports that were asked for.
func WriteOutputs(stdout io.Writer, in Input, outputs []Output, o Options) error {
	for _, out := range outputs {
		if out.File == "" {
			if err := write(stdout, out.Format, in, o); err != nil {
				return err
			}
			continue
		}
		f, err := os.Create(out.File)
		if err != nil {
			return fmt.Errorf("output %s: %w", out.Format, err)
		}
		if err := errors.Join(write(f, out.Format, in, Options{}), f.Close()); err != nil {
			return fmt.Errorf("output %s: %w", out.Format, err)
		}
	}
	return nil
}

func write(w io.Writer, format string, in Input, o Options) error {
	switch format {
	case FormatJSON:
		return JSON(w, in)
	case FormatJUnit:
		return JUnit(w, in)
	default:
		return Text(w, in, o)
	}
}

// Color decides whether to colour what goes to w: `always`, `never`, or
// `auto`, which colours a terminal that is not dumb unless NO_COLOR is set.
func Color(when string, w io.Writer, env func(string) string) (bool, error) {
	switch when {
	case "always":
		return true, nil
	case "never":
		return false, nil
	case "auto":
		f, isFile := w.(*os.File)
		if !isFile || env("NO_COLOR") != "" || env("TERM") == "dumb" {
			return false, nil
		}
		info, err := f.Stat()
		return err == nil && info.Mode()&os.ModeCharDevice != 0, nil
	}
	return false, fmt.Errorf("color %q: want auto, always or never", when)
}
