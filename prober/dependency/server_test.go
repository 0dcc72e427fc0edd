package dependency

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// startReal starts a kind, or skips where its binaries are missing.
func startReal(t *testing.T, kind string) *Dependency {
	t.Helper()
	t.Setenv("TMPDIR", tempDir(t))
	ctx, cancel := context.WithTimeout(t.Context(), 90*time.Second)
	defer cancel()
	d, err := Start(ctx, Spec{Name: "db", Kind: kind})
	if errors.Is(err, ErrMissing) {
		t.Skipf("not tested: starting and restarting a real %s: %v", kind, err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// tempDir is a directory that other users may enter, unlike t.TempDir: root
// starts some servers as another user.
func tempDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "hookdrill-test-")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// nothingLeft looks for the files, the port and the processes of d.
func nothingLeft(t *testing.T, d *Dependency) {
	t.Helper()
	if files, err := os.ReadDir(os.Getenv("TMPDIR")); err != nil || len(files) > 0 {
		t.Errorf("files left: %v, %v", files, err)
	}
	for _, addr := range []string{d.Addr(), d.server.addr()} {
		if c, err := net.Dial("tcp", addr); err == nil {
			_ = c.Close()
			t.Errorf("somebody listens on %s", addr)
		}
	}
	if left := processesWith(t, d.server.dir); len(left) > 0 {
		t.Errorf("processes left: %q", left)
	}
}

// processesWith returns the command lines that name dir, on Linux.
func processesWith(t *testing.T, dir string) []string {
	t.Helper()
	names, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		t.Fatal(err)
	}
	var left []string
	for _, name := range names {
		text, err := os.ReadFile(name)
		env, _ := os.ReadFile(filepath.Join(filepath.Dir(name), "environ"))
		if err == nil && strings.Contains(string(text)+string(env), dir) {
			left = append(left, strings.ReplaceAll(string(text), "\x00", " "))
		}
	}
	return left
}

func TestRealServers(t *testing.T) {
	for _, k := range Kinds() {
		t.Run(k.Name, func(t *testing.T) {
			d := startReal(t, k.Name)
			defer func() {
				if err := d.Close(context.Background()); err != nil {
					t.Error(err)
				}
				nothingLeft(t, d)
			}()
			if got := d.URL(); !strings.Contains(got, d.Addr()) {
				t.Errorf("URL %s does not lead through the proxy at %s", got, d.Addr())
			}
			if err := look(t.Context(), d.Addr(), k.probe); err != nil {
				t.Errorf("through the proxy: %v", err)
			}
			undo, err := d.Do(t.Context(), Action{Verb: Restart})
			if err != nil {
				t.Fatal(err)
			}
			if err := look(t.Context(), d.Addr(), k.probe); !errors.Is(err, syscall.ECONNREFUSED) {
				t.Errorf("while it is down: %v, want connection refused", err)
			}
			if _, err := d.Do(t.Context(), Action{Verb: Restart}); fmt.Sprint(err) != "dependency db: restart: it is down already" {
				t.Errorf("a second restart: %v", err)
			}
			if err := undo(t.Context()); err != nil {
				t.Fatal(err)
			}
			if err := look(t.Context(), d.Addr(), k.probe); err != nil {
				t.Errorf("after the restart: %v", err)
			}
		})
	}
}

func TestRedisKeepsItsDataOverARestart(t *testing.T) {
	d := startReal(t, "redis")
	defer func() {
		if err := d.Close(context.Background()); err != nil {
			t.Error(err)
		}
	}()
	if got := redisSays(t, d, "SET k kept"); got != "+OK" {
		t.Fatalf("SET: %s", got)
	}
	undo, err := d.Do(t.Context(), Action{Verb: Restart})
	if err != nil {
		t.Fatal(err)
	}
	if err := undo(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := redisSays(t, d, "GET k"); got != "$4" {
		t.Errorf("GET after the restart: %s, want $4", got)
	}
}

func redisSays(t *testing.T, d *Dependency, command string) string {
	t.Helper()
	c := dial(t, d.Addr())
	if _, err := io.WriteString(c, command+"\r\n"); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(c).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(line)
}

func TestDependencyThatDiedIsTold(t *testing.T) {
	d := startReal(t, "redis")
	ch := d.server.children[0]
	ch.signal(syscall.SIGKILL)
	<-ch.exited
	err := d.Close(t.Context())
	if err == nil || !strings.HasPrefix(err.Error(),
		"dependency db: redis-server had ended by itself: signal: killed; its last lines:\n  ") {
		t.Errorf("got %v", err)
	}
	nothingLeft(t, d)
}

func TestGivenAddress(t *testing.T) {
	d := startReal(t, "redis")
	defer func() {
		if err := d.Close(context.Background()); err != nil {
			t.Error(err)
		}
	}()
	for _, c := range []struct{ reason, given, want string }{
		{"an address", d.Addr(), "redis://PROXY/0"},
		{"a URL keeps its credentials and path", "redis://me:pw@" + d.Addr() + "/3", "redis://me:pw@PROXY/3"},
	} {
		g, err := Start(t.Context(), Spec{Name: "given", Kind: "redis", URL: c.given})
		if err != nil {
			t.Fatal(err)
		}
		if got, want := g.URL(), strings.Replace(c.want, "PROXY", g.Addr(), 1); got != want {
			t.Errorf("%s: URL %s, want %s", c.reason, got, want)
		}
		if got := redisSays(t, g, "PING"); got != "+PONG" {
			t.Errorf("%s: PING: %s", c.reason, got)
		}
		if err := g.Close(t.Context()); err != nil {
			t.Error(err)
		}
	}
}

func TestStartRefuses(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := l.Addr().String()
	_ = l.Close()
	for _, c := range []struct {
		reason string
		spec   Spec
		want   string
	}{
		{"a kind that is none", Spec{Name: "db", Kind: "oracle"},
			`dependency db: no kind "oracle"; there are nats, postgres, rabbitmq, redis`},
		{"an address without a port", Spec{Name: "db", Kind: "redis", URL: "localhost"},
			`dependency db: address "localhost": want host:port or a URL`},
		{"a URL without a port, whose password is not told", Spec{Name: "db", Kind: "redis", URL: "redis://u:hush@h"},
			"dependency db: the URL given has no host with a port"},
		{"an address where nobody is", Spec{Name: "db", Kind: "redis", URL: nobody},
			"dependency db: context deadline exceeded: " + nobody + ": dial tcp " + nobody + ": connect: connection refused"},
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		_, err := Start(ctx, c.spec)
		cancel()
		if got := fmt.Sprint(err); got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.reason, got, c.want)
		}
	}
}

// TestServersThatDoNotStart replaces redis-server by scripts.
func TestServersThatDoNotStart(t *testing.T) {
	for _, c := range []struct{ reason, script, want string }{
		{"it dies", "echo out of luck; exit 3",
			"dependency db: redis-server did not become ready: it ended; its last lines:\n  out of luck"},
		{"it never answers", "echo waiting; exec sleep 60",
			"dependency db: redis-server did not become ready: context deadline exceeded: 127.0.0.1:PORT: " +
				"dial tcp 127.0.0.1:PORT: connect: connection refused; its last lines:\n  waiting"},
	} {
		t.Run(c.reason, func(t *testing.T) {
			bin := tempDir(t)
			if err := os.WriteFile(filepath.Join(bin, "redis-server"), []byte("#!/bin/sh\n"+c.script+"\n"), 0o755); err != nil {
				t.Fatal(err)
			}
			tmp := tempDir(t)
			t.Setenv("PATH", bin+":"+os.Getenv("PATH"))
			t.Setenv("TMPDIR", tmp)
			ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
			defer cancel()
			_, err := Start(ctx, Spec{Name: "db", Kind: "redis"})
			if got := withoutPorts(fmt.Sprint(err)); got != c.want {
				t.Errorf("\n got %s\nwant %s", got, c.want)
			}
			if files, err := os.ReadDir(tmp); err != nil || len(files) > 0 {
				t.Errorf("files left: %v, %v", files, err)
			}
			if left := processesWith(t, tmp); len(left) > 0 {
				t.Errorf("processes left: %q", left)
			}
		})
	}
}

func withoutPorts(s string) string {
	words := strings.Split(s, "127.0.0.1:")
	for i, w := range words[1:] {
		words[i+1] = strings.TrimLeftFunc(w, func(r rune) bool { _, err := strconv.Atoi(string(r)); return err == nil })
	}
	return strings.Join(words, "127.0.0.1:PORT")
}

func TestNoBinaries(t *testing.T) {
	t.Setenv("PATH", tempDir(t))
	_, err := Start(t.Context(), Spec{Name: "db", Kind: "redis"})
	want := "dependency db: no redis-server on PATH (Debian package redis-server): not installed"
	if fmt.Sprint(err) != want || !errors.Is(err, ErrMissing) {
		t.Errorf("got %v, want %s", err, want)
	}
}
