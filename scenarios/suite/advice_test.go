package suite

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hookdrill/hookdrill/scenarios/report"
	"github.com/hookdrill/hookdrill/scenarios/virtual"
)

func TestAdvice(t *testing.T) {
	empty, logged := t.TempDir(), t.TempDir()
	log := filepath.Join(logged, report.LogFile)
	if err := os.WriteFile(log, []byte("goroutine 1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		reason string
		err    error
		dir    string
		want   string
	}{
		{"nothing to add", errors.New("port taken"), empty, "\nevidence: " + empty},
		{"there is more to read", errors.New("port taken"), logged, "\nlog: " + log + "\nevidence: " + logged},
		{"a sender that virtual time cannot hold", &virtual.Blocked{Sentence: "a goroutine waits for sync.Mutex.Lock at x.go:7"}, logged,
			"\nnext: run it again with --real, where a sender may wait for what it likes\nlog: " + log + "\nevidence: " + logged},
		{"the sentence says it already", &virtual.Blocked{Sentence: "a real socket: run it in real time with --real"}, empty, "\nevidence: " + empty},
		{"no fault of the sender's", &virtual.Broken{Line: "panic: x"}, empty,
			"\nnext: this is a bug of hookdrill; please report it with the log\nevidence: " + empty},
	} {
		if diff := cmp.Diff(row.want, advice(row.err, row.dir)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", row.reason, diff)
		}
	}
}

func TestWorse(t *testing.T) {
	worst := []int{Fail, Environment, Unknown, Pass}
	for i, a := range worst {
		for j, b := range worst {
			if got, want := worse(a, b), worst[min(i, j)]; got != want {
				t.Errorf("worse(%d, %d) = %d, want %d", a, b, got, want)
			}
		}
	}
}
