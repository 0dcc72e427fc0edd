package prober

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/hookdrill/hookdrill/prober/history"
)

// BenchmarkPeers is the intake of one attempt beside what others need who take
// requests: the same bytes from the same client over loopback, in one run. A
// peer that is not on this machine is named and left out.
func BenchmarkPeers(b *testing.B) {
	for _, peer := range []struct {
		name  string
		start func(b *testing.B) (addr string)
	}{
		{"hookdrill", startIntake},
		{"bare-handler", startBare},
		{"nginx-return-204", startNginx},
	} {
		b.Run(peer.name, func(b *testing.B) {
			addr := peer.start(b)
			var requests [][]byte
			for i := range uint32(512) {
				requests = append(requests, signed(b, "/hooks/one", i+1, 1<<10))
			}
			pump(b, func() (net.Conn, error) { return net.Dial("tcp", addr) }, requests)
		})
	}
	for _, absent := range []string{"webhook-tester", "toxiproxy-server", "wiremock", "mb"} {
		b.Run(absent, func(b *testing.B) {
			if _, err := exec.LookPath(absent); err != nil {
				b.Skipf("not compared: %v", err)
			}
			b.Skipf("not compared: %s is here, but this benchmark does not know how to start it", absent)
		})
	}
}

func startIntake(b *testing.B) string {
	start := time.Now()
	clock := func() time.Duration { return time.Since(start) }
	record, err := history.NewRecorder(io.Discard, history.Header{Run: "r1", Endpoints: []string{"one", "two"}}, clock)
	if err != nil {
		b.Fatal(err)
	}
	s, err := NewServer(ServerConfig{Run: "r1", Network: Loopback(), Clock: clock, Recorder: record, Signature: "standard-webhooks",
		Endpoints: []Endpoint{{Name: "one", Secret: benchSecret}, {Name: "two", Secret: benchSecret}}})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = s.Close(context.WithoutCancel(b.Context())) })
	return addrOf(b, s.URL(0))
}

func startBare(b *testing.B) string {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	s := &http.Server{Handler: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
	})}
	var serving sync.WaitGroup
	serving.Go(func() { _ = s.Serve(l) })
	b.Cleanup(func() {
		_ = s.Close()
		serving.Wait()
	})
	return l.Addr().String()
}

// startNginx runs nginx with one worker for each of this machine's cores.
func startNginx(b *testing.B) string {
	binary, err := exec.LookPath("nginx")
	if err != nil {
		b.Skipf("not compared: %v", err)
	}
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	addr, dir := l.Addr().String(), b.TempDir()
	if err := l.Close(); err != nil {
		b.Fatal(err)
	}
	conf := filepath.Join(dir, "nginx.conf")
	text := fmt.Sprintf(`worker_processes auto; daemon off; pid %[1]s/pid; error_log %[1]s/error.log;
events {}
http {
  access_log off; keepalive_requests 1000000000;
  client_body_temp_path %[1]s/body; proxy_temp_path %[1]s/proxy; fastcgi_temp_path %[1]s/fastcgi;
  uwsgi_temp_path %[1]s/uwsgi; scgi_temp_path %[1]s/scgi;
  server { listen %[2]s; location / { return 204; } }
}
`, dir, addr)
	if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
		b.Fatal(err)
	}
	cmd := exec.CommandContext(b.Context(), binary, "-c", conf, "-p", dir, "-e", filepath.Join(dir, "error.log"))
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 5 * time.Second
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		_ = cmd.Process.Signal(os.Interrupt)
		_ = cmd.Wait()
	})
	if !eventually(func() bool {
		c, err := net.Dial("tcp", addr)
		if err == nil {
			_ = c.Close()
		}
		return err == nil
	}) {
		b.Fatal("nginx does not listen")
	}
	return addr
}
