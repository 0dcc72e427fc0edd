// Package verdict holds the outcome of looking at a guarantee, and how
// outcomes add up.
package verdict

import "fmt"

// Status is the outcome of judging one guarantee, or of a whole run. Its zero
// value is Unknown: what nobody looked at has not passed.
type Status uint8

// The values of Status.
const (
	// Unknown: could not be judged.
	Unknown Status = iota
	// NotApplicable: the sender's policy does not promise it, or the plan
	// makes it unsatisfiable. It counts for nothing and is printed.
	NotApplicable
	// Pass: looked, with a premise that was not empty, and found nothing.
	Pass
	// Fail: a finding with evidence.
	Fail
)

var names = [...]string{Unknown: "unknown", NotApplicable: "not-applicable", Pass: "pass", Fail: "fail"}

// String returns the word used in reports and files.
func (s Status) String() string {
	if int(s) < len(names) {
		return names[s]
	}
	return fmt.Sprintf("status(%d)", uint8(s))
}

// Merge returns the worse of two statuses: Fail, then Unknown, then Pass.
// NotApplicable counts for nothing beside another status.
func Merge(a, b Status) Status {
	if rank(a) >= rank(b) {
		return a
	}
	return b
}

// All merges any number of statuses. Nothing at all, or nothing but
// NotApplicable, is Unknown: a run in which no guarantee applied shows nothing.
func All(all ...Status) Status {
	merged := NotApplicable
	for _, s := range all {
		merged = Merge(merged, s)
	}
	if merged == NotApplicable {
		return Unknown
	}
	return merged
}

func rank(s Status) int {
	switch s {
	case NotApplicable:
		return 0
	case Pass:
		return 1
	case Fail:
		return 3
	default:
		return 2
	}
}

// MarshalText implements encoding.TextMarshaler.
func (s Status) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (s *Status) UnmarshalText(b []byte) error {
	for i, name := range names {
		if name == string(b) {
			*s = Status(i)
			return nil
		}
	}
	return fmt.Errorf("status %q: want pass, fail, unknown or not-applicable", b)
}
