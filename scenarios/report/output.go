package report

import (
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
