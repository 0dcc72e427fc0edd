package refsender

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hookdrill/hookdrill/prober/policy"
)

// name is what a spec of this sender begins with.
const name = "reference"

// Parse reads a sender spec: `reference[:OPTION[,OPTION]...]`. An OPTION is a
// bug's name, `order=none|key|endpoint`, or `schedule=5s+5m`, or
// `schedule=standard-webhooks`.
func Parse(spec string) (Config, error) {
	c := Default()
	head, options, more := strings.Cut(spec, ":")
	if head != name {
		return Config{}, fmt.Errorf("sender %q: want %s[:OPTION,...]", spec, name)
	}
	if !more {
		return c, nil
	}
	for option := range strings.SplitSeq(options, ",") {
		if err := c.apply(option); err != nil {
			return Config{}, fmt.Errorf("sender %q: %w", spec, err)
		}
	}
	return c, nil
}

func (c *Config) apply(option string) error {
	key, value, assigned := strings.Cut(option, "=")
	switch {
	case option == "":
		return errors.New("an option is empty")
	case !assigned:
		return c.switchOn(option)
	case key == "order":
		o := policy.Order(value)
		if !slices.Contains([]policy.Order{policy.OrderNone, policy.OrderKey, policy.OrderEndpoint}, o) {
			return fmt.Errorf("order %q: want none, key or endpoint", value)
		}
		c.Order = o
		return nil
	case key == "schedule":
		s, err := parseSchedule(value)
		if err != nil {
			return fmt.Errorf("schedule %q: %w", value, err)
		}
		c.Schedule = s
		return nil
	default:
		return fmt.Errorf("unknown option %q%s; options are a bug's name, order=, schedule=",
			key, didYouMean(key, []string{"order", "schedule"}))
	}
}

func (c *Config) switchOn(bug string) error {
	if _, known := bugByName(bug); !known {
		return unknownBug(bug)
	}
	if slices.Contains(c.Bugs, bug) {
		return fmt.Errorf("bug %q is named twice", bug)
	}
	c.Bugs = append(c.Bugs, bug)
	return nil
}

func unknownBug(bug string) error {
	names := bugNames()
	return fmt.Errorf("unknown bug %q%s; known bugs: %s", bug, didYouMean(bug, names), strings.Join(names, ", "))
}

func parseSchedule(s string) ([]time.Duration, error) {
	if s == policy.Standard().Name {
		return policy.Standard().Schedule, nil
	}
	var delays []time.Duration
	for part := range strings.SplitSeq(s, "+") {
		d, err := time.ParseDuration(part)
		if err != nil {
			return nil, fmt.Errorf("delay %q: want durations with + between them, such as 5s+5m", part)
		}
		if d <= 0 {
			return nil, fmt.Errorf("delay %q: must be more than nothing", part)
		}
		delays = append(delays, d)
	}
	return delays, nil
}

// didYouMean returns a hint at the nearest of the names, if one is near.
func didYouMean(got string, names []string) string {
	best, at := "", 4
	for _, n := range names {
		if d := distance(got, n); d < at {
			best, at = n, d
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf(" (did you mean %q?)", best)
}

// distance is the number of single-byte edits between a and b.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost = 1 + min(diagonal, row[j], row[j+1])
			}
			diagonal, row[j+1] = row[j+1], cost
		}
	}
	return row[len(b)]
}
