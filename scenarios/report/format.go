package report

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Offset writes scenario time as reports do: +00:31:07.412.
func Offset(d time.Duration) string {
	sign := "+"
	if d < 0 {
		sign, d = "-", -d
	}
	ms := d.Round(time.Millisecond).Milliseconds()
	return fmt.Sprintf("%s%02d:%02d:%02d.%03d", sign, ms/3_600_000, ms/60_000%60, ms/1000%60, ms%1000)
}

// Short writes a duration with the precision that a reader can use: 198ms,
// 12.3s, 1h14m2s.
func Short(d time.Duration) string {
	switch {
	case d < 0:
		return "-" + Short(-d)
	case d < time.Millisecond:
		return d.Round(time.Microsecond).String()
	case d < time.Second:
		return d.Round(time.Millisecond).String()
	case d < time.Minute:
		return d.Round(100 * time.Millisecond).String()
	}
	s := int(d.Round(time.Second).Seconds())
	var b strings.Builder
	if s >= 3600 {
		fmt.Fprintf(&b, "%dh", s/3600)
	}
	if s%3600 >= 60 || s >= 3600 && s%60 > 0 {
		fmt.Fprintf(&b, "%dm", s/60%60)
	}
	if s%60 > 0 {
		fmt.Fprintf(&b, "%ds", s%60)
	}
	return b.String()
}

// count writes a number with a comma between thousands.
func count(n int) string {
	digits := strconv.Itoa(n)
	head := len(digits) % 3
	if n < 0 || len(digits) <= 3 {
		return digits
	}
	var b strings.Builder
	b.WriteString(digits[:head])
	for i := head; i < len(digits); i += 3 {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(digits[i : i+3])
	}
	return b.String()
}

// plural writes a count with its noun: "1 finding", "3 findings".
func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return count(n) + " " + noun + "s"
}

// clean makes a text safe to print on a terminal and within one line. Parts
// of a story come from the sender (a panic's first line, an error): it must
// not be able to move the cursor or forge a verdict.
func clean(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	return strings.Map(func(r rune) rune {
		if r == '\n' || r == '\t' {
			return ' '
		}
		if !unicode.IsPrint(r) {
			return '\uFFFD'
		}
		return r
	}, s)
}

// wrap sets text after lead in lines of at most width columns; further lines
// begin with hang spaces. Runs of spaces within a line stay, since they align
// columns. A word longer than the line stays whole: it may be a path that
// somebody wants to paste.
func wrap(lead, text string, hang, width int) string {
	var b strings.Builder
	b.WriteString(lead)
	column, fresh := utf8.RuneCountInString(lead), true
	for text != "" {
		word := strings.TrimLeft(text, " ")
		gap := len(text) - len(word)
		word, _, _ = strings.Cut(word, " ")
		text = text[gap+len(word):]
		n := utf8.RuneCountInString(word)
		if !fresh && column+gap+n > width {
			b.WriteString("\n" + strings.Repeat(" ", hang))
			column, gap = hang, 0
		}
		b.WriteString(strings.Repeat(" ", gap) + word)
		column, fresh = column+gap+n, false
	}
	return strings.TrimRight(b.String(), " ")
}

// pad fills text with spaces to n columns.
func pad(text string, n int) string {
	return text + strings.Repeat(" ", max(0, n-utf8.RuneCountInString(text)))
}

// padLeft fills text with spaces on its left to n columns.
func padLeft(text string, n int) string {
	return strings.Repeat(" ", max(0, n-utf8.RuneCountInString(text))) + text
}
