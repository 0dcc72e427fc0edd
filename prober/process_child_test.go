package prober

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"testing"
	"time"
)

// The test binary is its own child: childVerb says what to do, childLine is
// the address of a listener of the test. A child that is connected to it ends
// with the test, and the test sees when the child has ended.
const (
	childVerb = "HOOKDRILL_TEST_CHILD"
	childLine = "HOOKDRILL_TEST_LINE"
)

// runChild is main in a child.
func runChild(verb string) int {
	switch verb {
	case "serve", "stubborn":
		return serveChild(verb == "stubborn")
	case "talk":
		for i := range 25 {
			fmt.Fprintf(os.Stderr, "line %d\n\n", i)
		}
		fmt.Print("no end of line")
		return 3
	case "panic":
		panic("boom")
	case "silent":
		return echo(nil)
	case "parent":
		cfg := childConfig("silent", os.Getenv(childLine))
		p, err := StartProc(context.Background(), cfg)
		if err != nil {
			return 1
		}
		<-p.Exited()
		return 0
	case "litter": // leaves a process behind in its own group
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), childVerb+"=silent")
		if err := cmd.Start(); err != nil {
			return 1
		}
		fmt.Println("ready")
		return echo(nil)
	default:
		return 99
	}
}

func serveChild(stubborn bool) int {
	term := make(chan os.Signal, 1)
	signal.Notify(term, syscall.SIGTERM)
	if stubborn {
		signal.Ignore(syscall.SIGTERM)
	}
	fmt.Fprintln(os.Stderr, "starting")
	fmt.Println("ready")
	return echo(term)
}

// echo answers on the line what it hears there, until that or term ends it.
func echo(term <-chan os.Signal) int {
	c, err := net.Dial("tcp", os.Getenv(childLine))
	if err != nil {
		return 98
	}
	fmt.Fprintln(c, os.Getpid())
	ended := make(chan int, 1)
	go func() {
		_, _ = io.Copy(c, c)
		ended <- 97
	}()
	select {
	case code := <-ended:
		return code
	case <-term:
		fmt.Fprintln(os.Stderr, "bye")
		return 0
	}
}

func childConfig(verb, line string) ProcConfig {
	return ProcConfig{
		Name: "sender", Argv: []string{os.Args[0]},
		Env: append(os.Environ(), childVerb+"="+verb, childLine+"="+line),
	}
}

// saysReady waits for the ready line of a child.
func saysReady(from Output, line string) bool { return from == Stdout && line == "ready" }

// line is the listener that children connect to.
type line struct {
	t testing.TB
	l net.Listener
}

func newLine(t testing.TB) *line {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return &line{t, l}
}

func (n *line) addr() string { return n.l.Addr().String() }

// child waits for the next child that connects, and returns its pid.
func (n *line) child() (net.Conn, int) {
	n.t.Helper()
	err := n.l.(*net.TCPListener).SetDeadline(time.Now().Add(20 * time.Second))
	if err != nil {
		n.t.Fatal(err)
	}
	c, err := n.l.Accept()
	if err != nil {
		n.t.Fatal(err)
	}
	n.t.Cleanup(func() { _ = c.Close() })
	var pid int
	if _, err := fmt.Fscanf(c, "%d\n", &pid); err != nil {
		n.t.Fatal(err)
	}
	return c, pid
}

// ended waits until the child behind c has ended.
func ended(t testing.TB, c net.Conn) {
	t.Helper()
	if err := c.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Read(make([]byte, 1)); !errors.Is(err, io.EOF) && !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("the child lives: %v", err)
	}
}

// ping says whether the child behind c answers within a time.
func ping(t testing.TB, c net.Conn, within time.Duration) bool {
	t.Helper()
	if err := c.SetReadDeadline(time.Now().Add(within)); err != nil {
		t.Fatal(err)
	}
	_, err := c.Read(make([]byte, 1))
	return err == nil
}
