package prober

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hookdrill/hookdrill/prober/event"
	"github.com/hookdrill/hookdrill/prober/history"
	"github.com/hookdrill/hookdrill/prober/signature"
)

// found is what a row says about what was in a request.
type found struct {
	Endpoint    uint32
	Key, Number uint32
	Nth         uint16
	Body        history.Check
	Status      uint16
	Trap        bool
}

func TestTokensAreFound(t *testing.T) {
	intact := string(event.NewBody(token(1, 1), "t", time.Unix(0, 0), event.MinBody))
	for _, c := range []struct {
		name, reason string
		path, header string
		body         string
		want         []found
		notes        string
	}{
		{name: "body", reason: "as it was published", path: "/hooks/one", body: intact,
			want: []found{{Key: 1, Number: 1, Nth: 1, Body: history.CheckGood, Status: 200}}},
		{name: "damaged", reason: "the checksum shows it", path: "/hooks/one", body: strings.Replace(intact, `"pad":"`, `"pad":"X`, 1),
			want: []found{{Key: 1, Number: 1, Nth: 1, Body: history.CheckBad, Status: 200}}},
		{name: "none", reason: "a request without a token is an attempt too", path: "/hooks/one", body: "hello",
			want: []found{{Status: 200}}},
		{name: "of another run", reason: "a token that is not ours names no obligation", path: "/hooks/one",
			body: event.Token{Run: "r2", Key: 1, Seq: 1}.String(), want: []found{{Status: 200}}},
		{name: "url", reason: "some senders have no body of ours", path: "/hooks/one?id=" + token(4, 2).String(),
			want: []found{{Key: 4, Number: 2, Nth: 1, Status: 200}}},
		{name: "header", reason: "some show it as the id", path: "/hooks/one", header: token(4, 2).String(),
			want: []found{{Key: 4, Number: 2, Nth: 1, Status: 200}}},
		{name: "everywhere", reason: "one token is one row, wherever it stands", path: "/hooks/one?id=" + token(1, 1).String(),
			header: token(1, 1).String(), body: intact,
			want: []found{{Key: 1, Number: 1, Nth: 1, Body: history.CheckGood, Status: 200}}},
		{name: "batch", reason: "a row for each, in the order in which they stand", path: "/hooks/two",
			body: token(9, 1).String() + token(3, 1).String() + token(9, 1).String(),
			want: []found{{Endpoint: 1, Key: 9, Number: 1, Nth: 1, Status: 200}, {Endpoint: 1, Key: 3, Number: 1, Nth: 1, Status: 200}}},
		{name: "unknown endpoint", reason: "our mistake or the sender's, but never silent", path: "/hooks/nobody", body: intact,
			notes: "harness: request to \"/hooks/nobody\", where there is no endpoint, was answered 404\n"},
		{name: "no endpoint", reason: "likewise", path: "/", notes: "harness: request to \"/\", where there is no endpoint, was answered 404\n"},
		{name: "no path at all", reason: "an absolute URL may have none, and a new connection remembers none", path: "http://x",
			notes: "harness: request to \"\", where there is no endpoint, was answered 404\n"},
		{name: "trap", reason: "the path says who was redirected", path: "/trap/three", body: intact,
			want: []found{{Endpoint: 2, Key: 1, Number: 1, Status: 200, Trap: true}}},
		{name: "trap that refuses", reason: "the redirect says what is answered there", path: "/trap/three?answer=403", body: intact,
			want: []found{{Endpoint: 2, Key: 1, Number: 1, Status: 403, Trap: true}}},
		{name: "trap with a status of nobody's", reason: "the query is the sender's, too", path: "/trap/three?answer=42", body: intact,
			want: []found{{Endpoint: 2, Key: 1, Number: 1, Status: 200, Trap: true}}},
		{name: "trap that names nobody", reason: "the listener says it where it is not shared", path: "/trap", body: intact,
			want: []found{{Endpoint: 1, Key: 1, Number: 1, Status: 200, Trap: true}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			onBoth(t, func(t *testing.T, n Network) {
				r := newRig(t, n, nil)
				conn := r.dial(1)
				send(t, conn, fmt.Sprintf("POST %s HTTP/1.1\r\nHost: x\r\nX-Event: %s\r\nContent-Length: %d\r\n\r\n%s",
					c.path, c.header, len(c.body), c.body))
				receive(t, conn)
				h := r.history()
				var got []found
				for _, a := range h.Attempts {
					got = append(got, found{a.Endpoint, a.Key, a.Number, a.Nth, a.Body, a.Status, a.Trap})
				}
				if diff := cmp.Diff(c.want, got); diff != "" {
					t.Errorf("%s (-want +got):\n%s", c.reason, diff)
				}
				if got := notes(h); got != c.notes {
					t.Errorf("notes are %q, want %q", got, c.notes)
				}
			})
		})
	}
}

func TestTrapByReferer(t *testing.T) {
	onBoth(t, func(t *testing.T, n Network) {
		r := newRig(t, n, nil)
		r.act(handler(func(w http.ResponseWriter, req *http.Request) { http.Redirect(w, req, "/trap", http.StatusFound) }))
		res, err := r.client().Post(r.server.URL(0), "", strings.NewReader(token(1, 1).String()))
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		h := r.history()
		if len(h.Attempts) != 2 || !h.Attempts[1].Trap || h.Attempts[1].Endpoint != 0 || h.Attempts[0].Status != 302 {
			t.Errorf("a followed redirect is recorded as %+v", h.Attempts)
		}
	})
}

func TestAttemptsAreCounted(t *testing.T) {
	onBoth(t, func(t *testing.T, n Network) {
		r := newRig(t, n, nil)
		c := r.dial(0)
		for range 3 {
			send(t, c, request(1, 1))
			receive(t, c)
		}
		send(t, c, request(1, 2))
		receive(t, c)
		var got []uint16
		for _, a := range r.history().Attempts {
			got = append(got, a.Nth)
			if a.Disposition != history.Acked || a.Conn != 1 {
				t.Errorf("an attempt on a connection that is used again is %v on connection %d", a.Disposition, a.Conn)
			}
		}
		if diff := cmp.Diff([]uint16{1, 2, 3, 1}, got); diff != "" {
			t.Errorf("numbers of the attempts of obligations (-want +got):\n%s", diff)
		}
		var asked []Arrival
		for _, a := range r.asked {
			a.Offset = 0
			asked = append(asked, a)
		}
		want := []Arrival{{Early: true}, {Key: 1, Number: 1, Attempt: 1}, {Early: true}, {Key: 1, Number: 1, Attempt: 2},
			{Early: true}, {Key: 1, Number: 1, Attempt: 3}, {Early: true}, {Key: 1, Number: 2, Attempt: 1}}
		if diff := cmp.Diff(want, asked); diff != "" {
			t.Errorf("what was asked of the faults (-want +got):\n%s", diff)
		}
	})
}

func TestMilestones(t *testing.T) {
	onBoth(t, func(t *testing.T, n Network) {
		r := newRig(t, n, nil)
		exchangeOnce(t, r)
		r.wait(1)
		r.history()
		want := []Milestone{RequestHeaders, RequestWhole, BeforeAnswer, AfterAnswer}
		if diff := cmp.Diff(want, r.reached); diff != "" {
			t.Errorf("milestones (-want +got):\n%s", diff)
		}
	})
}

func TestSignatureIsVerified(t *testing.T) {
	onBoth(t, func(t *testing.T, n Network) {
		r := newRig(t, n, func(c *ServerConfig, _ *limits) {
			c.Signature = "standard-webhooks"
			for i := range c.Endpoints {
				c.Endpoints[i].Secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
			}
		})
		c := r.dial(0)
		send(t, c, "POST /hooks/one HTTP/1.1\r\nHost: x\r\nWebhook-Id: msg_1\r\nWebhook-Timestamp: "+
			fmt.Sprint(time.Now().Unix())+"\r\nWebhook-Signature: v1,AAAA\r\nContent-Length: 0\r\n\r\n")
		receive(t, c)
		send(t, c, request(1, 1))
		receive(t, c)
		h := r.history()
		if h.Attempts[0].Signature != history.CheckBad || h.Attempts[0].ID == 0 {
			t.Errorf("a wrong signature of msg_1 is recorded as %v, id %d", h.Attempts[0].Signature, h.Attempts[0].ID)
		}
		if h.Attempts[1].Signature != history.CheckMissing || h.Attempts[1].ID != 0 {
			t.Errorf("no signature is recorded as %v, id %d", h.Attempts[1].Signature, h.Attempts[1].ID)
		}
	})
}

func TestServerConfigIsChecked(t *testing.T) {
	record := new(history.Recorder)
	clock := func() time.Duration { return 0 }
	for _, c := range []struct {
		name, want string
		cfg        ServerConfig
	}{
		{"empty", "server: endpoints, network, clock and recorder are needed", ServerConfig{}},
		{"twice", `server: endpoint name "a" is empty or taken`,
			ServerConfig{Network: InMemory(), Clock: clock, Recorder: record, Endpoints: []Endpoint{{Name: "a"}, {Name: "a"}}}},
		{"secret", `server: endpoint "a": standard-webhooks secret: illegal base64 data at input byte 0`,
			ServerConfig{Network: InMemory(), Clock: clock, Recorder: record, Signature: "standard-webhooks", Endpoints: []Endpoint{{Name: "a", Secret: "?"}}}},
		{"scheme", `server: signature scheme "morse": not one of ` + strings.Join(signature.Names(), ", "),
			ServerConfig{Network: InMemory(), Clock: clock, Recorder: record, Signature: "morse", Endpoints: []Endpoint{{Name: "a"}}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := NewServer(c.cfg); err == nil || err.Error() != c.want {
				t.Errorf("got error %v, want %s", err, c.want)
			}
		})
	}
}

// TestDrop shows that an idle connection does not outlive a Drop of its
// endpoint, and that the others do.
func TestDrop(t *testing.T) {
	onBoth(t, func(t *testing.T, n Network) {
		r := newRig(t, n, nil)
		shared, own := r.dial(0), r.dial(1)
		for _, c := range []Conn{shared, own} {
			send(t, c, request(1, 1))
			receive(t, c)
		}
		r.server.Drop(1)
		r.server.Drop(0)
		if _, err := own.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("a dropped connection: %v, want %v", err, syscall.ECONNRESET)
		}
		send(t, shared, request(2, 1))
		receive(t, shared)
	})
}

func TestDoors(t *testing.T) {
	r := newRig(t, Loopback(), nil)
	if _, err := r.server.Door(0); !errors.Is(err, ErrSharedListener) {
		t.Errorf("the door of a shared listener: %v", err)
	}
	door, err := r.server.Door(1)
	if err != nil {
		t.Fatal(err)
	}
	undo := shut(t, door.Refuse)
	_, err = r.client().Post(r.server.URL(1), "", nil)
	undo()
	if err == nil {
		t.Error("an endpoint whose door is shut was reached")
	}
}
