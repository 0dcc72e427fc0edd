package chaos

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"time"
)

// take takes the connection away from the server, so that nothing more is
// sent on it but what the fault sends. Whoever has written something flushes
// it before; flushing here would send a 200 where nothing was written.
//
// A server whose connections cannot be taken or reset is a mistake in the
// harness, and no answer to the sender would be true then: take panics with
// an error that says so. net/http ends that connection and logs it.
func take(w http.ResponseWriter, fault string) Conn {
	taken, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(fmt.Errorf("harness: fault %s: take the connection: %w", fault, err))
	}
	conn, ok := taken.(Conn)
	if !ok {
		_ = taken.Close() // the mistake is told below
		panic(fmt.Errorf("harness: fault %s: a connection of type %T cannot be reset", fault, taken))
	}
	return conn
}

// drain reads the request's body to its end. Closing a connection with bytes
// unread makes a reset of what was to be a clean end, at random.
func drain(req *http.Request) {
	_, _ = io.Copy(io.Discard, req.Body) // what cannot be read is not there any more
}

// pause waits for d of scenario time, and reports false if the client went
// away or the server ends before that.
func pause(ctx context.Context, d time.Duration, r Request) bool {
	t := time.NewTimer(scaled(d, r))
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
