package prober

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

func TestMemoryUnknownHost(t *testing.T) {
	_, err := InMemory().Dial(t.Context(), "tcp", "nobody.endpoints.test:80")
	dns, ok := errors.AsType[*net.DNSError](err)
	if !ok || !dns.IsNotFound || dns.Name != "nobody.endpoints.test" {
		t.Errorf("dialling an unknown host gives %v, want a DNS error that says not found", err)
	}
	if op, ok := errors.AsType[*net.OpError](err); !ok || op.Op != "dial" {
		t.Errorf("dialling an unknown host gives %v, want an error of dial", err)
	}
}

func TestMemoryBlackhole(t *testing.T) {
	type outcome struct {
		connected bool
		after     time.Duration
		class     class
	}
	for _, c := range []struct {
		name, reason string
		timeout      time.Duration
		heal         time.Duration
		want         outcome
	}{
		{"own deadline", "a sender's timeout ends it", 15 * time.Second, time.Hour,
			outcome{after: 15 * time.Second, class: class{Is: []string{"context deadline"}, Op: "dial", Timeout: true}}},
		{"healed", "a repeated SYN gets through once the path is back", time.Minute, 40 * time.Second,
			outcome{connected: true, after: 40 * time.Second}},
		{"no deadline", "Linux stops repeating the SYN by itself", time.Hour, time.Hour,
			outcome{after: synGiveUp, class: class{Is: []string{"connect timeout"}, Op: "dial", Syscall: "connect", Timeout: true}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, InMemory(), func(Conn) {})
				undo := shut(t, b.door.Blackhole)
				heal := time.AfterFunc(c.heal, undo)
				defer heal.Stop()
				ctx, cancel := context.WithTimeout(t.Context(), c.timeout)
				defer cancel()
				start := time.Now()
				conn, err := b.network.Dial(ctx, "tcp", b.addr(t))
				got := outcome{connected: err == nil, after: time.Since(start), class: classify(err)}
				if conn != nil {
					_ = conn.Close()
				}
				if fmt.Sprint(got) != fmt.Sprint(c.want) {
					t.Errorf("%s: got %+v, want %+v", c.reason, got, c.want)
				}
				if n, seen := b.door.Turned(); n != 1 || !seen {
					t.Errorf("the door turned %d away (seen %v), want 1", n, seen)
				}
			})
		})
	}
}

func TestMemoryWriteWaitsOnlyWhenFull(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, server := newMemConns("x", &net.TCPAddr{}, &net.TCPAddr{})
		defer server.Close()
		defer client.Close()
		sent := make(chan int, 2)
		go func() {
			for _, size := range []int{window, 1} {
				n, err := client.Write(make([]byte, size))
				if err != nil {
					t.Error(err)
				}
				sent <- n
			}
		}()
		synctest.Wait()
		if len(sent) != 1 {
			t.Fatalf("%d of 2 writes went through before anybody read, want the one that fits", len(sent))
		}
		if _, err := server.Read(make([]byte, 1)); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if len(sent) != 2 {
			t.Errorf("%d of 2 writes went through after there was room for it", len(sent))
		}
	})
}

func TestMemoryCarriesBytesWhole(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, InMemory(), func(c Conn) {
			b, _ := io.ReadAll(c)
			_, _ = c.Write(b)
		})
		sent := make([]byte, 5*window+7)
		for i := range sent {
			sent[i] = byte(i * 31 >> 3)
		}
		c := b.dial(t)
		var writing sync.WaitGroup
		writing.Go(func() {
			for rest := sent; len(rest) > 0; {
				n := min(1013, len(rest))
				if _, err := c.Write(rest[:n]); err != nil {
					t.Error(err)
				}
				rest = rest[n:]
			}
			_ = c.CloseWrite()
		})
		got, err := io.ReadAll(c)
		writing.Wait()
		if err != nil || !bytes.Equal(got, sent) {
			t.Errorf("got %d bytes (%v), want the %d bytes that were sent", len(got), err, len(sent))
		}
	})
}

func TestMemoryListenerOfMany(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := InMemory()
		l, err := n.Listen("eu-0", "eu-1")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := n.Listen("eu-1"); err == nil {
			t.Error("a second listener for eu-1 was opened")
		}
		server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.WriteString(w, r.Host)
		})}
		var serving sync.WaitGroup
		serving.Go(func() { _ = server.Serve(l) })
		client := &http.Client{Transport: &http.Transport{DialContext: n.Dial, DisableKeepAlives: true}}
		door, err := l.Door("eu-1")
		if err != nil {
			t.Fatal(err)
		}
		undo := shut(t, door.Refuse)
		if err := get(client, l.URL("eu-0")); err != nil {
			t.Errorf("eu-0, whose door is open: %v", err)
		}
		if err := get(client, l.URL("eu-1")); !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("eu-1, whose door is shut: %v, want connection refused", err)
		}
		undo()
		if err := get(client, l.URL("eu-1")); err != nil {
			t.Errorf("eu-1 again: %v", err)
		}
		_ = server.Close()
		serving.Wait()
		if err := get(client, l.URL("eu-0")); !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("after closing: %v, want connection refused", err)
		}
	})
}

func get(client *http.Client, url string) error {
	res, err := client.Get(url)
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, res.Body)
	return errors.Join(err, res.Body.Close())
}

// BenchmarkMemoryConn is one request and one answer of 1 KiB, without HTTP.
func BenchmarkMemoryConn(b *testing.B) {
	client, server := newMemConns("x", &net.TCPAddr{}, &net.TCPAddr{})
	var echo sync.WaitGroup
	echo.Go(func() {
		buf := make([]byte, 1024)
		for {
			if _, err := io.ReadFull(server, buf); err != nil {
				return
			}
			_, _ = server.Write(buf)
		}
	})
	buf := make([]byte, 1024)
	b.ReportAllocs()
	for b.Loop() {
		_, _ = client.Write(buf)
		_, _ = io.ReadFull(client, buf)
	}
	_ = client.Close()
	echo.Wait()
}
