package profile

import (
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"
)

// columns is how wide a transcript is, and mostText how much of a body it
// shows: what matters of it is told in words.
const (
	columns  = 80
	mostText = 400
)

func (c *check) say(text string) { _, _ = fmt.Fprintln(c.o.Out, strings.TrimRight(text, " ")) }

func (c *check) sayf(format string, args ...any) { c.say(fmt.Sprintf(format, args...)) }

func (c *check) headf(format string, args ...any) {
	c.step++
	c.sayf("\n%d. %s", c.step, fmt.Sprintf(format, args...))
}

// body shows a body, or the beginning of it.
func (c *check) body(text string) {
	for _, line := range fold(clip(text, mostText), columns-5) {
		c.sayf("     %s", line)
	}
}

// tell writes one exchange.
func (c *check) tell(x Exchange) {
	if x.Method == "" {
		c.sayf("   %s", x.Step)
		return
	}
	c.sayf("   > %s: %s %s", x.Step, x.Method, clip(x.URL, mostText))
	if x.Body != "" {
		c.body(x.Body)
	}
	if x.Status != 0 {
		c.answer(x)
	}
	for _, name := range sortedKeys(x.Captured) {
		c.sayf("     %s = %s", name, clip(x.Captured[name], columns))
	}
	if x.Err != nil {
		c.sayf("   ! %v", x.Err)
	}
}

// answer writes what came back: on one line where that has the room.
func (c *check) answer(x Exchange) {
	line := fmt.Sprintf("   < %d %s", x.Status, clip(x.Answer, mostText))
	if utf8.RuneCountInString(line) <= columns {
		c.sayf("%s", line)
		return
	}
	c.sayf("   < %d", x.Status)
	c.body(x.Answer)
}

// opaque are words that nobody reads: padding, tokens, states.
var opaque = regexp.MustCompile(`[A-Za-z0-9_=+/%-]{61,}`)

// clip makes a text one line of at most so many runes.
func clip(s string, most int) string {
	s = strings.Join(strings.Fields(s), " ")
	s = opaque.ReplaceAllStringFunc(s, func(word string) string { return word[:24] + "..." })
	if runes := []rune(s); len(runes) > most {
		return string(runes[:most]) + "..."
	}
	return s
}

// fold breaks a line into lines: at a space or behind a comma, where there is
// one not too far back.
func fold(s string, width int) []string {
	var lines []string
	runes := []rune(s)
	for len(runes) > width {
		at := width
		for i := width; i > width/2; i-- {
			if runes[i] == ' ' || runes[i-1] == ',' {
				at = i
				break
			}
		}
		lines = append(lines, string(runes[:at]))
		runes = []rune(strings.TrimLeft(string(runes[at:]), " "))
	}
	return append(lines, string(runes))
}
