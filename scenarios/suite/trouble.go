package suite

import (
	"bufio"
	"cmp"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"

	"github.com/hookdrill/hookdrill/prober/history"
	"github.com/hookdrill/hookdrill/scenarios/check"
	"github.com/hookdrill/hookdrill/scenarios/report"
)

// trouble says why a run that was played to its end did not take place as it
// should have; "": it did. A sender that takes nothing has shown nothing, and
// one that has to be killed in the end may have left something behind.
func trouble(h *history.History, stats check.Stats) string {
	if h.Header.World != history.Real || h.End == nil || h.End.Reason == history.EndInterrupted || h.End.Reason == history.EndCrashed {
		return ""
	}
	if stats.Accepted == 0 && len(h.Published) > 0 {
		last := h.Published[len(h.Published)-1]
		return "the sender accepted none of the events: " + cmp.Or(last.Error, "it did not say why")
	}
	if n := len(h.Senders); n > 0 && h.Senders[n-1].What == history.SenderExit && h.Senders[n-1].Detail != "" {
		why, _, _ := strings.Cut(h.Senders[n-1].Detail, "\n")
		return "the sender did not end: " + strings.TrimSuffix(why, "; its last lines:")
	}
	return ""
}

// lastLines returns what the sender has printed last, from a run directory; nil
// where it has printed nothing, or nobody knows.
func lastLines(dir string, most int) []string {
	f, err := os.Open(filepath.Join(dir, report.LogFile))
	if err != nil {
		return nil
	}
	defer func() { _ = f.Close() }() // it was only read
	var lines []string
	s := bufio.NewScanner(f)
	s.Buffer(nil, 1<<20)
	for s.Scan() {
		var line struct{ Process, Output, Message string }
		if json.Unmarshal(s.Bytes(), &line) == nil && line.Output != "" {
			lines = append(lines, line.Process+": "+line.Message)
		}
		if len(lines) > most {
			lines = lines[1:]
		}
	}
	return lines
}
