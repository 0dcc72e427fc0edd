package verdict

import (
	"fmt"
	"slices"
	"strings"
)

// Expected is what somebody expects of some guarantees, by name, as CI does
// of a sender with a known bug. All others are expected to pass, or not to
// apply.
type Expected map[string]Status

// ParseExpected reads texts of the form GUARANTEE=STATUS.
func ParseExpected(texts []string) (Expected, error) {
	e := Expected{}
	for _, text := range texts {
		name, word, found := strings.Cut(text, "=")
		if !found || name == "" {
			return nil, fmt.Errorf("expectation %q: want GUARANTEE=STATUS, such as no-loss=fail", text)
		}
		var s Status
		if err := s.UnmarshalText([]byte(word)); err != nil {
			return nil, fmt.Errorf("expectation %q: %w", text, err)
		}
		if _, twice := e[name]; twice {
			return nil, fmt.Errorf("expectation %q: %s is named twice", text, name)
		}
		e[name] = s
	}
	return e, nil
}

// Outcome is what became of one guarantee.
type Outcome struct {
	Guarantee string
	Status    Status
}

// Compare says for each guarantee that did not come out as expected what did,
// in a sentence. The status is Pass where everything did, Unknown where all
// that is wrong is that something could not be judged, and else Fail. An
// expected guarantee that was not judged at all is wrong too: a misspelt name
// would otherwise hold for ever.
func (e Expected) Compare(outcomes []Outcome) (Status, []string) {
	status, wrong := Pass, []string(nil)
	judged := map[string]bool{}
	for _, o := range outcomes {
		judged[o.Guarantee] = true
		want, named := e[o.Guarantee]
		if named && o.Status == want || !named && (o.Status == Pass || o.Status == NotApplicable) {
			continue
		}
		if !named {
			want = Pass
		}
		wrong = append(wrong, fmt.Sprintf("%s: expected %v, got %v", o.Guarantee, want, o.Status))
		if o.Status == Unknown {
			status = Merge(status, Unknown)
		} else {
			status = Fail
		}
	}
	for _, name := range e.names() {
		if !judged[name] {
			wrong = append(wrong, fmt.Sprintf("%s: expected %v, but it is not judged in this scenario", name, e[name]))
			status = Fail
		}
	}
	return status, wrong
}

func (e Expected) names() []string {
	names := make([]string, 0, len(e))
	for name := range e {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
