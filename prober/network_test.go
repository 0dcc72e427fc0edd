package prober

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// class is all that a careful client can find out about an error.
type class struct {
	Is      []string
	Op      string
	Syscall string
	Timeout bool
}

func classify(err error) class {
	var c class
	for _, e := range []struct {
		name string
		err  error
	}{
		{"EOF", io.EOF}, {"unexpected EOF", io.ErrUnexpectedEOF}, {"closed", net.ErrClosed},
		{"reset", syscall.ECONNRESET}, {"pipe", syscall.EPIPE}, {"refused", syscall.ECONNREFUSED},
		{"connect timeout", syscall.ETIMEDOUT}, {"not connected", syscall.ENOTCONN},
		{"deadline", os.ErrDeadlineExceeded}, {"context deadline", context.DeadlineExceeded},
		{"canceled", context.Canceled},
	} {
		if errors.Is(err, e.err) {
			c.Is = append(c.Is, e.name)
		}
	}
	if op, ok := errors.AsType[*net.OpError](err); ok {
		c.Op = op.Op
	}
	if sys, ok := errors.AsType[*os.SyscallError](err); ok {
		c.Syscall = sys.Syscall
	}
	if timeout, ok := errors.AsType[net.Error](err); ok {
		c.Timeout = timeout.Timeout()
	}
	return c
}

// bench is a listener whose connections one function serves, and its client.
type bench struct {
	network Network
	door    Door
	url     string
	client  *http.Client
}

// addr is what to dial.
func (b bench) addr(t *testing.T) string {
	t.Helper()
	u, err := url.Parse(b.url)
	if err != nil {
		t.Fatal(err)
	}
	if u.Port() == "" {
		return u.Host + ":80"
	}
	return u.Host
}

func (b bench) dial(t *testing.T) Conn {
	t.Helper()
	c, err := b.network.Dial(t.Context(), "tcp", b.addr(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c.(Conn)
}

// post sends a body and reads the answer to its end.
func (b bench) post(ctx context.Context) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, b.url+"/hooks/one", strings.NewReader("hello"))
	if err != nil {
		return err
	}
	res, err := b.client.Do(req)
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, res.Body)
	return errors.Join(err, res.Body.Close())
}

// newBench serves connections to endpoint "one" with serve until t ends.
func newBench(t *testing.T, n Network, serve func(Conn)) bench {
	t.Helper()
	l, err := n.Listen("one")
	if err != nil {
		t.Fatal(err)
	}
	door, err := l.Door("one")
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	all.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			all.Go(func() {
				defer c.Close()
				serve(c.(Conn))
			})
		}
	})
	transport := &http.Transport{DialContext: n.Dial}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		if err := l.Close(); err != nil {
			t.Error(err)
		}
		all.Wait()
	})
	return bench{n, door, l.URL("one"), &http.Client{Transport: transport}}
}

// readRequest reads one request to its end.
func readRequest(c Conn) *bufio.Reader {
	r := bufio.NewReader(c)
	req, err := http.ReadRequest(r)
	if err != nil {
		return r
	}
	_, _ = io.Copy(io.Discard, req.Body)
	return r
}

// answerWith returns a server that reads a request, writes text, and does end.
func answerWith(text string, end func(Conn) error) func(Conn) {
	return func(c Conn) {
		readRequest(c)
		_, _ = io.WriteString(c, text)
		_ = end(c)
	}
}

func closeConn(c Conn) error { return c.Close() }
func resetConn(c Conn) error { return c.Reset() }

// networkCases are run on both networks, which must agree on every error.
var networkCases = []struct {
	name, reason string
	serve        func(Conn)
	do           func(t *testing.T, b bench) error
	want         class
}{
	{
		name: "answered", reason: "the plain case works at all",
		serve: answerWith("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", closeConn),
		do:    func(t *testing.T, b bench) error { return b.post(t.Context()) },
	},
	{
		name: "refused", reason: "a shut door looks like a port without listener",
		do: func(t *testing.T, b bench) error {
			undo := shut(t, b.door.Refuse)
			defer undo()
			return b.post(t.Context())
		},
		want: class{Is: []string{"refused"}, Op: "dial", Syscall: "connect"},
	},
	{
		name: "blackholed", reason: "a SYN that nobody answers ends with the client's own deadline",
		do: func(t *testing.T, b bench) error {
			undo := shut(t, b.door.Blackhole)
			defer undo()
			ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
			defer cancel()
			_, err := b.network.Dial(ctx, "tcp", b.addr(t))
			if op, ok := errors.AsType[*net.OpError](err); ok && errors.Is(op.Err, os.ErrDeadlineExceeded) {
				// The socket has the context's deadline too, and either timer
				// may be the first to go off.
				op.Err = context.DeadlineExceeded
			}
			return err
		},
		want: class{Is: []string{"context deadline"}, Op: "dial", Timeout: true},
	},
	{
		name: "blackholed client", reason: "http.Client reports the deadline, whatever the dialler says",
		do: func(t *testing.T, b bench) error {
			undo := shut(t, b.door.Blackhole)
			defer undo()
			ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
			defer cancel()
			return b.post(ctx)
		},
		want: class{Is: []string{"context deadline"}, Timeout: true},
	},
	{
		name: "dial given up", reason: "a cancelled dial is no timeout",
		do: func(t *testing.T, b bench) error {
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			_, err := b.network.Dial(ctx, "tcp", b.addr(t))
			return err
		},
		want: class{Is: []string{"canceled"}, Op: "dial"},
	},
	{
		name: "reset before the answer", reason: "RST is ECONNRESET",
		serve: answerWith("", resetConn),
		do:    func(t *testing.T, b bench) error { return b.post(t.Context()) },
		want:  class{Is: []string{"reset"}, Op: "read", Syscall: "read"},
	},
	{
		name: "closed before the answer", reason: "FIN is EOF",
		serve: answerWith("", closeConn),
		do:    func(t *testing.T, b bench) error { return b.post(t.Context()) },
		want:  class{Is: []string{"EOF"}},
	},
	{
		name: "closed inside the body", reason: "a truncated body is an unexpected EOF",
		serve: answerWith("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok", closeConn),
		do:    func(t *testing.T, b bench) error { return b.post(t.Context()) },
		want:  class{Is: []string{"unexpected EOF"}},
	},
	{
		name: "reset inside the body", reason: "what had arrived is read, then ECONNRESET",
		serve: answerWith("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok", resetConn),
		do:    func(t *testing.T, b bench) error { return b.post(t.Context()) },
		want:  class{Is: []string{"reset"}, Op: "read", Syscall: "read"},
	},
	{
		name: "closed with bytes unread", reason: "the kernel turns FIN into RST then",
		serve: func(c Conn) { _, _ = io.ReadFull(c, make([]byte, 1)) },
		do: func(t *testing.T, b bench) error {
			c := b.dial(t)
			if _, err := io.WriteString(c, "two"); err != nil {
				return err
			}
			_, err := c.Read(make([]byte, 1))
			return err
		},
		want: class{Is: []string{"reset"}, Op: "read", Syscall: "read"},
	},
	{
		name: "told once", reason: "a socket tells of its error once, then EPIPE",
		serve: answerWith("", resetConn),
		do: func(t *testing.T, b bench) error {
			c := b.dial(t)
			_, _ = io.WriteString(c, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
			if _, err := c.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) {
				return err
			}
			if _, err := c.Read(make([]byte, 1)); err != io.EOF {
				return err
			}
			_, err := c.Write([]byte("x"))
			return err
		},
		want: class{Is: []string{"pipe"}, Op: "write", Syscall: "write"},
	},
	{
		name: "written after FIN", reason: "the first write is taken and thrown back, the second fails, reads stay EOF",
		serve: func(Conn) {},
		do: func(t *testing.T, b bench) error {
			c := b.dial(t)
			if _, err := c.Read(make([]byte, 1)); err != io.EOF {
				return err
			}
			if _, err := c.Write([]byte("x")); err != nil {
				return err
			}
			if !eventually(c.(broken).Broken) {
				return errors.New("the connection does not know that its data was thrown back")
			}
			if _, err := c.Read(make([]byte, 1)); err != io.EOF {
				return err
			}
			_, err := c.Write([]byte("x"))
			return err
		},
		want: class{Is: []string{"pipe"}, Op: "write", Syscall: "write"},
	},
	{
		name: "half closed", reason: "FIN one way leaves the other way open",
		serve: func(c Conn) {
			b, _ := io.ReadAll(c)
			_, _ = c.Write(b)
		},
		do: func(t *testing.T, b bench) error {
			c := b.dial(t)
			_, _ = io.WriteString(c, "there and back")
			if err := c.CloseWrite(); err != nil {
				return err
			}
			got, err := io.ReadAll(c)
			if string(got) != "there and back" {
				t.Errorf("echo is %q", got)
			}
			return err
		},
	},
	{
		name: "written after CloseWrite", reason: "nothing more may be sent",
		serve: func(c Conn) { _, _ = io.ReadAll(c) },
		do: func(t *testing.T, b bench) error {
			c := b.dial(t)
			if err := c.CloseWrite(); err != nil {
				return err
			}
			_, err := c.Write([]byte("x"))
			return err
		},
		want: class{Is: []string{"pipe"}, Op: "write", Syscall: "write"},
	},
	{
		name: "read deadline", reason: "a deadline in the future ends a blocked read",
		serve: func(c Conn) { _, _ = io.ReadAll(c) },
		do: func(t *testing.T, b bench) error {
			c := b.dial(t)
			_ = c.SetReadDeadline(time.Now().Add(20 * time.Millisecond))
			_, err := c.Read(make([]byte, 1))
			return err
		},
		want: class{Is: []string{"deadline"}, Op: "read", Timeout: true},
	},
	{
		name: "write deadline", reason: "a writer waits when nobody reads, as long as its deadline allows",
		serve: func(c Conn) { _, _ = c.Read(make([]byte, 1)); _, _ = io.ReadAll(c) },
		do: func(t *testing.T, b bench) error {
			c := b.dial(t)
			_ = c.SetWriteDeadline(time.Now().Add(-time.Second))
			_, err := c.Write(make([]byte, 16<<20))
			return err
		},
		want: class{Is: []string{"deadline"}, Op: "write", Timeout: true},
	},
	{
		name: "closed by itself", reason: "use of a closed connection is the caller's mistake",
		serve: func(Conn) {},
		do: func(t *testing.T, b bench) error {
			c := b.dial(t)
			_ = c.Close()
			_, err := c.Read(make([]byte, 1))
			return err
		},
		want: class{Is: []string{"closed"}, Op: "read"},
	},
	{
		name: "healed", reason: "a door that is opened again lets in, also when it was shut twice in two ways",
		serve: answerWith("HTTP/1.1 204 No Content\r\n\r\n", closeConn),
		do: func(t *testing.T, b bench) error {
			undoRefuse, undoHole := shut(t, b.door.Refuse), shut(t, b.door.Blackhole)
			undoAgain := shut(t, b.door.Refuse)
			undoRefuse()
			undoHole()
			if err := b.post(t.Context()); !errors.Is(err, syscall.ECONNREFUSED) {
				return err
			}
			undoAgain()
			return b.post(t.Context())
		},
	},
}

// eventually asks again while the kernel delivers a packet on another core.
func eventually(ok func() bool) bool {
	for range 1000 {
		if ok() {
			return true
		}
		<-time.After(time.Millisecond)
	}
	return false
}

func shut(t *testing.T, f func() (func() error, error)) (undo func()) {
	t.Helper()
	u, err := f()
	if err != nil {
		t.Fatal(err)
	}
	return func() {
		if err := u(); err != nil {
			t.Error(err)
		}
	}
}

func TestNetworksAgree(t *testing.T) {
	run := func(t *testing.T, i int, n Network) {
		c := networkCases[i]
		if c.serve == nil {
			c.serve = func(Conn) {}
		}
		if diff := cmp.Diff(c.want, classify(c.do(t, newBench(t, n, c.serve)))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.reason, diff)
		}
	}
	for i, c := range networkCases {
		t.Run(c.name+"/memory", func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { run(t, i, InMemory()) })
		})
		t.Run(c.name+"/loopback", func(t *testing.T) {
			if runtime.GOOS != "linux" {
				t.Skip("the errors compared are those of Linux")
			}
			run(t, i, Loopback())
		})
	}
}
