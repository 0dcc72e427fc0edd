package refsender

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hookdrill/hookdrill/prober/policy"
	"github.com/hookdrill/hookdrill/prober/strict"
)

// String returns the spec of c, as a line that reproduces a failure names it:
// bugs first, then what differs from Default. Parse makes c of it again, but
// for Speed and Seed, which are no part of a spec.
func (c Config) String() string {
	options := slices.Clone(c.Bugs)
	for _, s := range settings() {
		if v := s.get(c); v != s.get(Default()) {
			options = append(options, s.key+"="+v)
		}
	}
	if len(options) == 0 {
		return name
	}
	return name + ":" + strings.Join(options, ",")
}

func printSchedule(schedule []time.Duration) string {
	switch {
	case len(schedule) == 0:
		return none
	case slices.Equal(schedule, policy.Standard().Schedule):
		return policy.Standard().Name
	}
	parts := make([]string, len(schedule))
	for i, d := range schedule {
		parts[i] = printDuration(d)
	}
	return strings.Join(parts, "+")
}

func printConcurrency(c Config) string {
	if c.Concurrency == 0 {
		return none
	}
	return strconv.Itoa(c.Concurrency)
}

// printDuration is Duration.String without the zeros at its end.
func printDuration(d time.Duration) string {
	if d == 0 {
		return none
	}
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// didYouMean returns a hint at the nearest of the names, if one is near.
func didYouMean(got string, names []string) string {
	near := strict.Nearest(got, names)
	if near == "" {
		return ""
	}
	return fmt.Sprintf(" (did you mean %q?)", near)
}
