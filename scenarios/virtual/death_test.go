//go:build unix

package virtual_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/hookdrill/hookdrill/scenarios/virtual"
)

// fifoVariable names the pipe that a child of TestParent holds open for as
// long as it lives.
const fifoVariable = "HOOKDRILL_TEST_FIFO"

// TestParent is the process that TestChildDiesWithItsParent kills.
func TestParent(t *testing.T) {
	if os.Getenv(fifoVariable) == "" {
		t.Skip("this is what TestChildDiesWithItsParent runs")
	}
	cfg := child(t, "holds")
	cfg.Longest = century
	_, err := virtual.Run(t.Context(), cfg)
	t.Errorf("the run returned %v; this process should have been killed", err)
}

func hold(context.Context, func(time.Duration, string)) error {
	f, err := os.OpenFile(os.Getenv(fifoVariable), os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	if _, err := fmt.Fprintln(f, "here"); err != nil {
		return err
	}
	for {
		time.Sleep(time.Hour)
	}
}

func TestChildDiesWithItsParent(t *testing.T) {
	fifo := filepath.Join(t.TempDir(), "fifo")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	command, err := virtual.TestCommand("TestParent")
	if err != nil {
		t.Fatal(err)
	}
	parent := exec.Command(command[0], command[1:]...)
	parent.Env = append(os.Environ(), fifoVariable+"="+fifo, "TMPDIR="+t.TempDir())
	if err := parent.Start(); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(fifo)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	in := bufio.NewReader(f)
	if line, err := in.ReadString('\n'); err != nil || line != "here\n" {
		t.Fatalf("the child said %q, %v", line, err)
	}
	if err := parent.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := parent.Wait(); err == nil {
		t.Error("the parent was not killed")
	}
	if err := f.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := in.ReadByte(); err != io.EOF {
		t.Errorf("the child outlives its parent: %v", err)
	}
}
