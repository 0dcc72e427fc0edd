package scenarios

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hookdrill/hookdrill/prober"
)

// behindFence runs f with a fence before a network in memory, on which an
// echo server listens.
func behindFence(t *testing.T, f func(t *testing.T, f *fence, dial func() net.Conn)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		n := prober.InMemory()
		l, err := n.Listen("one")
		if err != nil {
			t.Fatal(err)
		}
		var serving sync.WaitGroup
		serving.Go(func() {
			for {
				c, err := l.Accept()
				if err != nil {
					return
				}
				serving.Go(func() {
					_, _ = io.Copy(c, c)
					_ = c.Close()
				})
			}
		})
		fence := newFence(n)
		f(t, fence, func() net.Conn {
			c, err := fence.dial(t.Context(), "tcp", "one.endpoints.test:80")
			if err != nil {
				t.Fatal(err)
			}
			return c
		})
		fence.kill()
		_ = l.Close()
		serving.Wait()
	})
}

func TestFenceKill(t *testing.T) {
	behindFence(t, func(t *testing.T, f *fence, dial func() net.Conn) {
		c := dial()
		var reading sync.WaitGroup
		reading.Go(func() {
			if _, err := c.Read(make([]byte, 1)); err == nil {
				t.Error("a read went on after the kill")
			}
		})
		synctest.Wait()
		f.kill()
		reading.Wait()
		if _, err := f.dial(t.Context(), "tcp", "one.endpoints.test:80"); !errors.Is(err, errKilled) {
			t.Errorf("dial after the kill: %v, want %v", err, errKilled)
		}
		f.kill() // again: nothing happens
	})
}

func TestFencePause(t *testing.T) {
	behindFence(t, func(t *testing.T, f *fence, dial func() net.Conn) {
		c := dial()
		began := time.Now()
		f.pause()
		var resuming sync.WaitGroup
		resuming.Go(func() {
			<-time.After(time.Minute)
			f.resume()
		})
		if _, err := c.Write([]byte("x")); err != nil {
			t.Errorf("write over a pause: %v", err)
		}
		if waited := time.Since(began); waited != time.Minute {
			t.Errorf("the write took %v, want the pause of 1m", waited)
		}
		if _, err := io.ReadFull(c, make([]byte, 1)); err != nil {
			t.Errorf("read after a pause: %v", err)
		}
		resuming.Wait()
		f.pause()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := f.dial(ctx, "tcp", "one.endpoints.test:80"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("dial in a pause: %v, want a deadline", err)
		}
		_ = c.Close()
		if _, err := c.Write([]byte("x")); !errors.Is(err, net.ErrClosed) {
			t.Errorf("write to a connection closed in a pause: %v, want %v", err, net.ErrClosed)
		}
	})
}

func TestKillAsTheServerSeesIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := prober.InMemory()
		l, err := n.Listen("one")
		if err != nil {
			t.Fatal(err)
		}
		f := newFence(n)
		got := make(chan error, 1)
		go func() {
			c, err := l.Accept()
			if err == nil {
				_, err = c.Read(make([]byte, 1))
			}
			got <- err
		}()
		if _, err := f.dial(t.Context(), "tcp", "one.endpoints.test:80"); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		f.kill()
		if err := <-got; !errors.Is(err, io.EOF) {
			t.Errorf("the endpoint saw %v, want %v: the kernel says good-bye for a killed process", err, io.EOF)
		}
		_ = l.Close()
	})
}
