package report

import (
	"strings"

	"github.com/hookdrill/hookdrill/scenarios/verdict"
)

// paint puts terminal colours around text, or leaves it alone.
type paint bool

const (
	red    = "\x1b[1;31m"
	green  = "\x1b[32m"
	yellow = "\x1b[1;33m"
	bold   = "\x1b[1m"
	dim    = "\x1b[2m"
	reset  = "\x1b[0m"
)

func (p paint) in(color, text string) string {
	if !p {
		return text
	}
	return color + text + reset
}

// status colours text as a status.
func (p paint) status(s verdict.Status, text string) string {
	switch s {
	case verdict.Fail:
		return p.in(red, text)
	case verdict.Pass:
		return p.in(green, text)
	case verdict.NotApplicable:
		return p.in(dim, text)
	default:
		return p.in(yellow, text)
	}
}

// word is a status as a text report shows it. What needs a reader stands in
// capitals, so that it is seen without colour too.
func word(s verdict.Status) string {
	if s == verdict.Fail || s == verdict.Unknown {
		return strings.ToUpper(s.String())
	}
	return s.String()
}
