package suite

import (
	"errors"
	"os"
	"path/filepath"
	"strings"

	"github.com/hookdrill/hookdrill/scenarios/report"
	"github.com/hookdrill/hookdrill/scenarios/virtual"
)

// advice says in lines of their own what to do about a run that could not take
// place, and where there is more to read.
func advice(err error, dir string) string {
	var b strings.Builder
	if _, ok := errors.AsType[*virtual.Blocked](err); ok && !strings.Contains(err.Error(), "--real") {
		b.WriteString("\nnext: run it again with --real, where a sender may wait for what it likes")
	}
	if _, ok := errors.AsType[*virtual.Broken](err); ok {
		b.WriteString("\nnext: this is a bug of hookdrill; please report it with the log")
	}
	log := filepath.Join(dir, report.LogFile)
	if info, err := os.Stat(log); err == nil && info.Size() > 0 {
		b.WriteString("\nlog: " + log)
	}
	b.WriteString("\nevidence: " + dir)
	return b.String()
}
