package report

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestRunDir(t *testing.T) {
	root := filepath.Join(t.TempDir(), "runs")
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	first, err := NewDir(root, "../../etc/x y", now)
	if err != nil {
		t.Fatal(err)
	}
	second, err := NewDir(root, "../../etc/x y", now)
	if err != nil {
		t.Fatal(err)
	}
	if want := filepath.Join(root, "20260102T030405Z-------etc-x-y"); first != want || second != want+"-2" {
		t.Errorf("directories %q and %q, want %q and the same with -2", first, second, want)
	}
	if to, err := os.Readlink(filepath.Join(root, Latest)); err != nil || to != filepath.Base(second) {
		t.Errorf("latest is a link to %q (%v), want the second directory", to, err)
	}
	log, err := CreateLog(second)
	if err != nil {
		t.Fatal(err)
	}
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	in := failing()
	if err := WriteVerdict(second, in); err != nil {
		t.Fatal(err)
	}
	var seen []string
	err = filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := e.Info()
		if err == nil && info.Mode()&fs.ModeSymlink == 0 {
			seen = append(seen, info.Mode().Perm().String()+" "+strings.TrimPrefix(path, root))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	base := "/" + filepath.Base(second)
	want := []string{
		"-rwx------ ", "-rwx------ /" + filepath.Base(first), "-rwx------ " + base,
		"-rw------- " + base + "/report.txt", "-rw------- " + base + "/sender.log", "-rw------- " + base + "/verdict.json",
	}
	if diff := cmp.Diff(want, seen); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
}

func TestLatestIsNotOverwrittenUnlessALink(t *testing.T) {
	root := t.TempDir()
	if err := os.WriteFile(filepath.Join(root, Latest), []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := NewDir(root, "x", time.Unix(0, 0))
	if want := "run directory: " + filepath.Join(root, Latest) + " is not a link"; err == nil || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
}
