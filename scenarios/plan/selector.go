package plan

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/hookdrill/hookdrill/chaos"
)

// parseAttempts reads which attempts of an obligation a fault acts on: `1`,
// `1-3`, `every 4th`, `p=0.2`.
func parseAttempts(s string) (chaos.Selector, error) {
	bad := fmt.Errorf("%q does not name attempts: write 1, 1-3, every 4th or p=0.2", s)
	if text, ok := strings.CutPrefix(s, "p="); ok {
		p, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return chaos.Selector{}, bad
		}
		if !(p > 0 && p <= 1) {
			return chaos.Selector{}, fmt.Errorf("%q: a probability is above 0 and at most 1", s)
		}
		return chaos.Selector{P: p}, nil
	}
	if text, ok := strings.CutPrefix(s, "every "); ok {
		digits := strings.TrimRight(text, "stndrh")
		every, err := strconv.Atoi(digits)
		if err != nil || every < 1 || text != digits+ordinal(every) {
			return chaos.Selector{}, bad
		}
		return chaos.Selector{Every: every}, nil
	}
	first, last, two := strings.Cut(s, "-")
	from, err := strconv.Atoi(first)
	if err != nil || from < 1 {
		return chaos.Selector{}, bad
	}
	if !two {
		return chaos.Selector{From: from, To: from}, nil
	}
	to, err := strconv.Atoi(last)
	if err != nil {
		return chaos.Selector{}, bad
	}
	if to < from {
		return chaos.Selector{}, fmt.Errorf("%q runs backwards", s)
	}
	return chaos.Selector{From: from, To: to}, nil
}

// ordinal returns the ending of an ordinal number: 1st, 2nd, 3rd, 11th.
func ordinal(n int) string {
	switch {
	case n%100 >= 11 && n%100 <= 13:
		return "th"
	case n%10 == 1:
		return "st"
	case n%10 == 2:
		return "nd"
	case n%10 == 3:
		return "rd"
	default:
		return "th"
	}
}

// attemptsText is the reverse of parseAttempts; empty: all attempts.
func attemptsText(s chaos.Selector) string {
	switch {
	case s.P > 0:
		return "p=" + strconv.FormatFloat(s.P, 'g', -1, 64)
	case s.Every > 0:
		return fmt.Sprintf("every %d%s", s.Every, ordinal(s.Every))
	case s.From > 0 && s.From == s.To:
		return strconv.Itoa(s.From)
	case s.From > 0:
		return fmt.Sprintf("%d-%d", s.From, s.To)
	default:
		return ""
	}
}
