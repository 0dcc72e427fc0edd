package report

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// The files of a run directory that this package writes. The engine writes
// the history beside them.
const (
	ScenarioFile = "scenario.yaml"
	PlanFile     = "plan.json"
	VerdictFile  = "verdict.json"
	TextFile     = "report.txt"
	// LogFile takes the sender's and the harness's log lines.
	LogFile = "sender.log"
	// Latest is the link to the newest run directory beside it.
	Latest = "latest"
)

// Run directories hold what a sender logged, which may be secret: nobody but
// the user reads them.
const (
	dirMode  = 0o700
	fileMode = 0o600
)

// NewDir makes a run directory `<root>/<time>-<scenario>` and links
// `<root>/latest` to it. The link is there before the run begins, so that
// what a killed run left behind is found under it too.
func NewDir(root, scenario string, now time.Time) (string, error) {
	if err := os.MkdirAll(root, dirMode); err != nil {
		return "", fmt.Errorf("run directory: %w", err)
	}
	base := now.UTC().Format("20060102T150405Z") + "-" + fileName(scenario)
	name := base
	for n := 2; ; n++ {
		err := os.Mkdir(filepath.Join(root, name), dirMode)
		if err == nil {
			break
		}
		if !errors.Is(err, fs.ErrExist) || n > 1000 {
			return "", fmt.Errorf("run directory: %w", err)
		}
		name = base + "-" + strconv.Itoa(n)
	}
	return filepath.Join(root, name), link(root, name)
}

// fileName keeps a scenario's name from leaving the directory.
func fileName(name string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_' {
			return r
		}
		return '-'
	}, name)
}

// link points `latest` to name by a rename, so that there is no instant
// without it. Something else of that name is left alone and reported.
func link(root, name string) error {
	target := filepath.Join(root, Latest)
	if info, err := os.Lstat(target); err == nil && info.Mode()&fs.ModeSymlink == 0 {
		return fmt.Errorf("run directory: %s is not a link", target)
	}
	fresh := filepath.Join(root, "."+name+".link")
	if err := os.Symlink(name, fresh); err != nil {
		return fmt.Errorf("run directory: %w", err)
	}
	if err := os.Rename(fresh, target); err != nil {
		return fmt.Errorf("run directory: %w", errors.Join(err, os.Remove(fresh)))
	}
	return nil
}

// WriteFile writes one file of a run directory.
func WriteFile(dir, name string, content []byte) error {
	if err := os.WriteFile(filepath.Join(dir, name), content, fileMode); err != nil {
		return fmt.Errorf("run directory: %w", err)
	}
	return nil
}

// CreateLog opens the log of a run directory.
func CreateLog(dir string) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(dir, LogFile), os.O_CREATE|os.O_WRONLY|os.O_APPEND, fileMode)
	if err != nil {
		return nil, fmt.Errorf("run directory: %w", err)
	}
	return f, nil
}

// WriteVerdict writes the reports of a judged run into its directory.
func WriteVerdict(dir string, in Input) error {
	var text, doc strings.Builder
	if err := Text(&text, in, Options{}); err != nil {
		return err
	}
	if err := JSON(&doc, in); err != nil {
		return err
	}
	return errors.Join(
		WriteFile(dir, TextFile, []byte(text.String())),
		WriteFile(dir, VerdictFile, []byte(doc.String())))
}
