package canary

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// past plays a small incident with a deploy in it.
func past(t *testing.T) *Incident {
	s := newStory(t, testSettings(), "prod-1", "prod-2", "prod-4")
	s.play(5)
	s.route["prod-2"], s.route["prod-4"] = RouteMissing, Unavailable
	s.hold["prod-2"], s.hold["prod-4"] = true, true
	s.play(5)
	s.route["prod-4"] = RouteMissing
	s.play(5)
	s.m.Deploy("fix-1", "prod-2", false, s.at)
	s.m.Deploy("fix-1", "prod-2", true, s.at.Add(time.Second))
	s.route["prod-2"] = OK
	s.release("prod-2")
	s.play(5)
	s.route["prod-4"] = OK
	s.release("prod-4")
	s.play(5)
	return s.m.Snapshot().Closed[0]
}

func TestWriteIncident(t *testing.T) {
	i := past(t)
	golden(t, "incident.md", func(b *bytes.Buffer) error { return i.WriteMarkdown(b) })
	golden(t, "incident.json", func(b *bytes.Buffer) error { return i.WriteJSON(b) })
}

func TestReadIncidents(t *testing.T) {
	file := filepath.Join(t.TempDir(), "probe.db")
	if _, err := ReadIncidents(file); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
	s, err := openStore(t.Context(), file, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := past(t)
	if err := s.save(changes{incidents: []*Incident{want}}); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadIncidents(file); err == nil || err.Error() != file+": a prober is using it: ask that by --url" {
		t.Errorf("while it is used: %v", err)
	}
	if err := s.close(); err != nil {
		t.Fatal(err)
	}
	got, err := ReadIncidents(file)
	if err != nil || len(got) != 1 {
		t.Fatal(got, err)
	}
	if diff := cmp.Diff(want, got[0]); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
