package plan

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/hookdrill/hookdrill/prober/strict"
)

const maxSize = 64 << 20

// sizePattern matches the sizes that parseSize reads, but for those that are
// too much.
const sizePattern = `([0-9]+(\.[0-9]*)?|\.[0-9]+)(B|KiB|MiB)`

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
	per, known := strict.UnitOf(unit)
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
