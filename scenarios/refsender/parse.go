package refsender

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hookdrill/hookdrill/prober/policy"
)

// name is what a spec of this sender begins with.
const name = "reference"

// none is the value of a setting that is off: no order, no second attempt, no
// limit.
const none = "none"

// Parse reads a sender spec: `reference[:OPTION[,OPTION]...]`. An OPTION is a
// bug's name (see Bugs), or one of
//
//	order=none|key|endpoint
//	schedule=5s+30s+5m, schedule=standard-webhooks, or schedule=none
//	jitter=0.2
//	timeout=15s, or timeout=none
//	retry-after-cap=1h, or retry-after-cap=none
//	concurrency=8, or concurrency=none
//
// What is not named is as Default says.
func Parse(spec string) (Config, error) {
	c := Default()
	head, options, more := strings.Cut(spec, ":")
	if head != name {
		return Config{}, fmt.Errorf("sender %q: want %s[:OPTION,...]", spec, name)
	}
	if !more {
		return c, nil
	}
	given := make(map[string]bool)
	for option := range strings.SplitSeq(options, ",") {
		key, value, assigned := strings.Cut(option, "=")
		if given[key] {
			return Config{}, fmt.Errorf("sender %q: %s is named twice", spec, key)
		}
		given[key] = true
		if err := c.apply(key, value, assigned); err != nil {
			return Config{}, fmt.Errorf("sender %q: %w", spec, err)
		}
	}
	return c, nil
}

func (c *Config) apply(key, value string, assigned bool) error {
	if key == "" {
		return errors.New("an option is empty")
	}
	if !assigned {
		if _, known := bugByName(key); !known {
			return unknownBug(key)
		}
		c.Bugs = append(c.Bugs, key)
		return nil
	}
	var known []string
	for _, s := range settings() {
		if s.key == key {
			if err := s.set(c, value); err != nil {
				return fmt.Errorf("%s %q: %w", key, value, err)
			}
			return nil
		}
		known = append(known, s.key)
	}
	return fmt.Errorf("unknown option %q%s; options are a bug's name, %s=",
		key, didYouMean(key, known), strings.Join(known, "=, "))
}

func unknownBug(bug string) error {
	names := bugNames()
	return fmt.Errorf("unknown bug %q%s; known bugs: %s", bug, didYouMean(bug, names), strings.Join(names, ", "))
}

// setting is an option of the form key=value.
type setting struct {
	key string
	// get returns the value that set would take for it.
	get func(c Config) string
	set func(c *Config, value string) error
}

func settings() []setting {
	return []setting{
		{"order", func(c Config) string { return cmp.Or(string(c.Order), none) }, setOrder},
		{"schedule", func(c Config) string { return printSchedule(c.Schedule) }, setSchedule},
		{"jitter", func(c Config) string { return strconv.FormatFloat(c.Jitter, 'g', -1, 64) }, setJitter},
		{"timeout", func(c Config) string { return printDuration(c.Timeout) },
			func(c *Config, v string) error { return setDuration(&c.Timeout, v) }},
		{"retry-after-cap", func(c Config) string { return printDuration(c.RetryAfterCap) },
			func(c *Config, v string) error { return setDuration(&c.RetryAfterCap, v) }},
		{"concurrency", printConcurrency, setConcurrency},
	}
}

func setOrder(c *Config, value string) error {
	o := policy.Order(value)
	if !slices.Contains([]policy.Order{policy.OrderNone, policy.OrderKey, policy.OrderEndpoint}, o) {
		return errors.New("want none, key or endpoint")
	}
	c.Order = o
	return nil
}

func setJitter(c *Config, value string) error {
	share, err := strconv.ParseFloat(value, 64)
	if err != nil || !(share >= 0 && share < 1) {
		return errors.New("want a share of a delay, from 0 to below 1")
	}
	c.Jitter = share
	return nil
}

func setConcurrency(c *Config, value string) error {
	if value == none {
		c.Concurrency = 0
		return nil
	}
	n, err := strconv.Atoi(value)
	if err != nil || n < 1 {
		return errors.New("want a number from 1, or none")
	}
	c.Concurrency = n
	return nil
}

func setDuration(to *time.Duration, value string) error {
	if value == none {
		*to = 0
		return nil
	}
	d, err := parseDuration(value)
	if err != nil {
		return errors.New("want a duration such as 1m30s, or none")
	}
	*to = d
	return nil
}

func setSchedule(c *Config, value string) error {
	switch value {
	case policy.Standard().Name:
		c.Schedule = policy.Standard().Schedule
		return nil
	case none:
		c.Schedule = nil
		return nil
	}
	var delays []time.Duration
	for part := range strings.SplitSeq(value, "+") {
		d, err := parseDuration(part)
		if err != nil {
			return fmt.Errorf("delay %q: want durations with + between them, such as 5s+5m", part)
		}
		delays = append(delays, d)
	}
	c.Schedule = delays
	return nil
}

// parseDuration reads a duration that is more than nothing.
func parseDuration(s string) (time.Duration, error) {
	d, err := time.ParseDuration(s)
	if err == nil && d <= 0 {
		err = errors.New("it is not more than nothing")
	}
	return d, err
}
