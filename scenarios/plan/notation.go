package plan

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

const day = 24 * time.Hour

// maxDuration bounds every duration of a file, so that sums of a few of them
// cannot overflow.
const maxDuration = 3660 * day

// parseDuration reads a duration as scenario files write it: `500ms`, `150m`,
// `1h30m`, `2d`. Zero may stand without a unit. Negative ones are refused.
func parseDuration(s string) (time.Duration, error) {
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
		unit, known := unitOf(rest[:n])
		if !known {
			return 0, fmt.Errorf("%q is not a duration such as 90s, 1h30m or 2d", s)
		}
		if total += value * float64(unit); total > float64(maxDuration) {
			return 0, fmt.Errorf("%q is too long: at most %s", s, formatDuration(maxDuration))
		}
		if rest = rest[n:]; rest == "" {
			return time.Duration(math.Round(total)), nil
		}
	}
}

func unitOf(s string) (time.Duration, bool) {
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
		return day, true
	default:
		return 0, false
	}
}

// formatDuration writes a duration as scenario files do, without the zero
// units of Duration.String, and in whole milliseconds from a second on: the
// nanoseconds of a planned instant are salt and tell a reader nothing.
func formatDuration(d time.Duration) string {
	if d >= time.Second {
		d = d.Round(time.Millisecond)
	}
	days := ""
	if d >= 2*day {
		days = strconv.Itoa(int(d/day)) + "d"
		if d %= day; d == 0 {
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

const maxSize = 64 << 20

// parseSize reads a size in bytes as scenario files write it: `512B`, `4KiB`,
// `1MiB`. At most 64MiB.
func parseSize(s string) (int, error) {
	n := len(s) - len(strings.TrimLeft(s, "0123456789."))
	value, err := strconv.ParseFloat(s[:n], 64)
	if err != nil {
		return 0, fmt.Errorf("%q is not a size such as 512B, 4KiB or 1MiB", s)
	}
	var unit int
	switch s[n:] {
	case "":
		return 0, fmt.Errorf("%q has no unit: write %sB, %sKiB or %sMiB", s, s, s, s)
	case "B":
		unit = 1
	case "KiB":
		unit = 1 << 10
	case "MiB":
		unit = 1 << 20
	default:
		return 0, fmt.Errorf("%q is not a size such as 512B, 4KiB or 1MiB", s)
	}
	if value *= float64(unit); value > maxSize {
		return 0, fmt.Errorf("%q is too much: at most 64MiB", s)
	}
	return int(value), nil
}

// formatSize is the reverse of parseSize.
func formatSize(n int) string {
	switch {
	case n >= 1<<20 && n%(1<<20) == 0:
		return strconv.Itoa(n>>20) + "MiB"
	case n >= 1<<10 && n%(1<<10) == 0:
		return strconv.Itoa(n>>10) + "KiB"
	default:
		return strconv.Itoa(n) + "B"
	}
}

// parseRange reads `a..b`, or `a` for both ends.
func parseRange[T time.Duration | int](s string, parse func(string) (T, error)) (least, most T, err error) {
	a, b, two := strings.Cut(s, "..")
	if least, err = parse(a); err != nil {
		return 0, 0, err
	}
	if !two {
		return least, least, nil
	}
	if most, err = parse(b); err != nil {
		return 0, 0, err
	}
	if most < least {
		return 0, 0, fmt.Errorf("%q runs backwards", s)
	}
	return least, most, nil
}

// rate is a number of events in a time.
type rate struct {
	events float64
	per    time.Duration
}

func parseRate(s string) (rate, error) {
	number, unit, _ := strings.Cut(s, "/")
	per, known := unitOf(unit)
	events, err := strconv.ParseFloat(number, 64)
	if err != nil || !known || per < time.Second || math.IsInf(events, 0) || !(events > 0) {
		return rate{}, fmt.Errorf("%q is not a rate such as 2/s, 30/m or 100/h", s)
	}
	return rate{events, per}, nil
}

// count returns how many events the rate gives in d.
func (r rate) count(d time.Duration) float64 {
	return math.Round(r.events * float64(d) / float64(r.per))
}
