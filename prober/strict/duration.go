package strict

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Day is a day of 24 hours.
const Day = 24 * time.Hour

// maxDuration bounds every duration of a file, so that sums of a few of them
// cannot overflow.
const maxDuration = 3660 * Day

// ParseDuration reads a duration as the files write it: `500ms`, `150m`,
// `1h30m`, `2d`. Zero may stand without a unit. Negative ones are refused.
func ParseDuration(s string) (time.Duration, error) {
	if s == "0" {
		return 0, nil
	}
	if s != "" && strings.Trim(s, "0123456789.") == "" {
		return 0, fmt.Errorf("%q has no unit: write %ss, %sm, %sh or %sd", s, s, s, s, s)
	}
	var total float64
	for rest := s; ; {
		n := len(rest) - len(strings.TrimLeft(rest, "0123456789."))
		value, err := strconv.ParseFloat(rest[:n], 64)
		if err != nil {
			return 0, fmt.Errorf("%q is not a duration such as 90s, 1h30m or 2d", s)
		}
		rest = rest[n:]
		n = len(rest) - len(strings.TrimLeft(rest, "abcdefghijklmnopqrstuvwxyzµ"))
		unit, known := UnitOf(rest[:n])
		if !known {
			return 0, fmt.Errorf("%q is not a duration such as 90s, 1h30m or 2d", s)
		}
		if total += value * float64(unit); total > float64(maxDuration) {
			return 0, fmt.Errorf("%q is too long: at most %s", s, FormatDuration(maxDuration))
		}
		if rest = rest[n:]; rest == "" {
			return time.Duration(math.Round(total)), nil
		}
	}
}

// UnitOf returns the duration that a unit stands for, from ns to d.
func UnitOf(s string) (time.Duration, bool) {
	switch s {
	case "ns":
		return time.Nanosecond, true
	case "us", "µs":
		return time.Microsecond, true
	case "ms":
		return time.Millisecond, true
	case "s":
		return time.Second, true
	case "m":
		return time.Minute, true
	case "h":
		return time.Hour, true
	case "d":
		return Day, true
	default:
		return 0, false
	}
}

// FormatDuration writes a duration as the files do, without the zero units of
// Duration.String, and in whole milliseconds from a second on: the
// nanoseconds of a planned instant are salt and tell a reader nothing.
func FormatDuration(d time.Duration) string {
	if d >= time.Second {
		d = d.Round(time.Millisecond)
	}
	days := ""
	if d >= 2*Day {
		days = strconv.Itoa(int(d/Day)) + "d"
		if d %= Day; d == 0 {
			return days
		}
	}
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return days + s
}

// DurationPattern matches the durations that ParseDuration reads, but for
// those that are too long. What else may stand around it is the caller's.
const DurationPattern = `(([0-9]+(\.[0-9]*)?|\.[0-9]+)(ns|us|µs|ms|s|m|h|d))+`

// Duration returns a duration.
func Duration(dst *time.Duration) Value {
	return Parsed(dst, "a duration such as 90s", func() *Schema { return durationSchema(*dst) }, ParseDuration)
}

func durationSchema(or time.Duration) *Schema {
	s := &Schema{Ref: defs + "duration", def: func() *Schema {
		const wanted = "must be a duration such as 90s, 1h30m or 2d"
		zero := &Schema{Const: 0, ErrorMessage: wanted} // the only one without a unit
		return &Schema{
			Title: "a duration", Type: Types{"string", "integer"}, Pattern: "^(0|" + DurationPattern + ")$", ErrorMessage: wanted,
			If: &Schema{Type: Types{"integer"}}, Then: zero,
		}
	}}
	if or != 0 {
		s.Default = FormatDuration(or)
	}
	return s
}

// Least returns a duration that is not shorter than that.
func Least(dst *time.Duration, least time.Duration) Value {
	v := Check(Duration(dst), func(*Node) error {
		if *dst < least {
			return fmt.Errorf("%s is too short: at least %s", FormatDuration(*dst), FormatDuration(least))
		}
		return nil
	})
	return Shaped(v, func(s *Schema) { s.Description = fmt.Sprintf("At least %s.", FormatDuration(least)) })
}

// Within returns a duration within bounds, both of them included.
func Within(dst *time.Duration, least, most time.Duration) Value {
	schema := func() *Schema {
		s := durationSchema(*dst)
		s.Description = fmt.Sprintf("From %s to %s.", FormatDuration(least), FormatDuration(most))
		return s
	}
	return Custom(schema, func(r *Reader, n *Node, what string) {
		want := fmt.Sprintf("a duration from %v to %v", least, most)
		text, ok := scalar(r, n, what, want, TagText, TagInt, TagFloat)
		if !ok {
			return
		}
		d, err := ParseDuration(text)
		if err != nil || d < least || d > most {
			r.Wrong(n, what, want)
			return
		}
		*dst = d
	})
}
