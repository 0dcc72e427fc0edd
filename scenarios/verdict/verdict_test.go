package verdict

import (
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestMerge(t *testing.T) {
	worst := []Status{Fail, Unknown, Pass, NotApplicable}
	for i, a := range worst {
		for j, b := range worst {
			if got, want := Merge(a, b), worst[min(i, j)]; got != want {
				t.Errorf("Merge(%v, %v) = %v, want %v", a, b, got, want)
			}
		}
	}
}

func TestAll(t *testing.T) {
	for _, row := range []struct {
		reason string
		in     []Status
		want   Status
	}{
		{"nothing was looked at", nil, Unknown},
		{"nothing applied", []Status{NotApplicable, NotApplicable}, Unknown},
		{"the zero value is no pass", []Status{Pass, Status(0)}, Unknown},
		{"what does not apply does not count", []Status{NotApplicable, Pass}, Pass},
		{"an unknown does not hide a failure", []Status{Unknown, Fail, Pass}, Fail},
		{"a value from nowhere is no pass", []Status{Pass, Status(9)}, Status(9)},
	} {
		if got := All(row.in...); got != row.want {
			t.Errorf("%s: All = %v, want %v", row.reason, got, row.want)
		}
	}
}

func TestStatusText(t *testing.T) {
	for _, s := range []Status{Unknown, NotApplicable, Pass, Fail} {
		b, err := s.MarshalText()
		if err != nil {
			t.Fatal(err)
		}
		var back Status
		if err := back.UnmarshalText(b); err != nil || back != s {
			t.Errorf("%s reads back as %v (%v)", b, back, err)
		}
	}
	if got := Status(9).String(); got != "status(9)" {
		t.Errorf("String of a value from nowhere: %q", got)
	}
}
