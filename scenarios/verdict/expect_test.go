package verdict

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseExpected(t *testing.T) {
	got, err := ParseExpected([]string{"no-loss=fail", "order=not-applicable"})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(Expected{"no-loss": Fail, "order": NotApplicable}, got); diff != "" {
		t.Error(diff)
	}
	for text, want := range map[string]string{
		"no-loss":       `expectation "no-loss": want GUARANTEE=STATUS, such as no-loss=fail`,
		"=fail":         `expectation "=fail": want GUARANTEE=STATUS, such as no-loss=fail`,
		"no-loss=red":   `expectation "no-loss=red": status "red": want pass, fail, unknown or not-applicable`,
		"no-loss=fail ": `expectation "no-loss=fail ": status "fail ": want pass, fail, unknown or not-applicable`,
	} {
		if _, err := ParseExpected([]string{text}); err == nil || err.Error() != want {
			t.Errorf("%s: error %v, want %s", text, err, want)
		}
	}
	if _, err := ParseExpected([]string{"a=fail", "a=pass"}); err == nil || err.Error() != `expectation "a=pass": a is named twice` {
		t.Errorf("twice: error %v", err)
	}
}

func TestCompare(t *testing.T) {
	for _, row := range []struct {
		reason   string
		expected Expected
		outcomes []Outcome
		status   Status
		wrong    []string
	}{
		{"exactly the expected one fails", Expected{"a": Fail}, []Outcome{{"a", Fail}, {"b", Pass}, {"c", NotApplicable}}, Pass, nil},
		{"the mutant got away", Expected{"a": Fail}, []Outcome{{"a", Pass}}, Fail, []string{"a: expected fail, got pass"}},
		{"another one fails too", Expected{"a": Fail}, []Outcome{{"a", Fail}, {"b", Fail}}, Fail, []string{"b: expected pass, got fail"}},
		{"could not be judged", Expected{"a": Fail}, []Outcome{{"a", Unknown}}, Unknown, []string{"a: expected fail, got unknown"}},
		{"a broken assumption is not a match", Expected{"a": Fail}, []Outcome{{"assumptions", Unknown}, {"a", Fail}}, Unknown,
			[]string{"assumptions: expected pass, got unknown"}},
		{"an unknown never hides a miss", Expected{"a": Fail}, []Outcome{{"b", Unknown}, {"a", Pass}}, Fail,
			[]string{"b: expected pass, got unknown", "a: expected fail, got pass"}},
		{"a misspelt name", Expected{"no-los": Fail}, []Outcome{{"no-loss", Pass}}, Fail,
			[]string{"no-los: expected fail, but it is not judged in this scenario"}},
		{"an expected unknown", Expected{"a": Unknown}, []Outcome{{"a", Unknown}}, Pass, nil},
	} {
		status, wrong := row.expected.Compare(row.outcomes)
		if status != row.status {
			t.Errorf("%s: status %v, want %v", row.reason, status, row.status)
		}
		if diff := cmp.Diff(row.wrong, wrong); diff != "" {
			t.Errorf("%s (-want +got):\n%s", row.reason, diff)
		}
	}
}
