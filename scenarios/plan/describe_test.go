package plan

import (
	"errors"
	"strings"
	"testing"
)

func TestDescribe(t *testing.T) {
	for _, name := range []string{"kustomer", "everything", "plain"} {
		t.Run(name, func(t *testing.T) {
			var b strings.Builder
			if err := Describe(&b, loadHere(t, "testdata/"+name+".yaml", 0)); err != nil {
				t.Fatal(err)
			}
			for line := range strings.Lines(b.String()) {
				if n := len([]rune(strings.TrimSuffix(line, "\n"))); n > columns {
					t.Errorf("%d columns: %s", n, line)
				}
			}
			golden(t, "testdata/"+name+".golden", b.String())
		})
	}
}

type brokenPipe struct{}

func (brokenPipe) Write([]byte) (int, error) { return 0, errors.New("broken pipe") }

func TestDescribeTellsOfAWriterThatFails(t *testing.T) {
	err := Describe(brokenPipe{}, loadHere(t, incident, 0))
	if err == nil || err.Error() != "write plan: broken pipe" {
		t.Errorf("error %v", err)
	}
}
