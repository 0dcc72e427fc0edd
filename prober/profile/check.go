package profile

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"github.com/hookdrill/hookdrill/prober"
	"github.com/hookdrill/hookdrill/prober/event"
)

// CheckOptions are what a check adds to a profile.
type CheckOptions struct {
	// Out takes the transcript.
	Out io.Writer
	// Dir is an empty directory for the sender.
	Dir string
	// Scale is that of the runs the profile is for: a short schedule.
	Scale float64
	// Wait bounds the wait for the event, real time; zero means 30 s.
	Wait time.Duration
	// Verify says whether a request is signed by a scheme with a secret, and
	// in a word what is wrong when not; nil: signatures are not looked at.
	Verify func(scheme, secret string, h http.Header, body []byte) (good bool, said string)
	// Log takes the sender's log lines.
	Log zerolog.Logger
}

const (
	checkEndpoint = "check"
	checkTopic    = "check"
	checkType     = "hookdrill.check"
	defaultWait   = 30 * time.Second
	// checkGrace bounds the end of everything after a check.
	checkGrace = 30 * time.Second
)

var (
	// ErrCheck says that a profile does not work; the transcript says why.
	ErrCheck = errors.New("the profile does not work")
	// ErrDelivery says, beside ErrCheck, that the sender took the event, and
	// that what came of it is not what the profile says.
	ErrDelivery = errors.New("the sender does not deliver as the profile says")
)

// delivery is an error that is ErrDelivery, without saying so.
type delivery struct{ error }

// Is says that the event had been taken.
func (e delivery) Is(target error) bool { return target == ErrDelivery }

// Unwrap returns what went wrong.
func (e delivery) Unwrap() error { return e.error }

// Check starts the sender, subscribes one endpoint on loopback, publishes one
// event, and writes step by step what was sent, what came back and what
// arrived, and in words what is wrong where it does not work. Nothing of the
// sender is left when it returns. The error wraps ErrCheck, and ErrDelivery
// where the sender took the event.
func Check(ctx context.Context, p *Profile, o CheckOptions) error {
	if o.Wait <= 0 {
		o.Wait = defaultWait
	}
	c := &check{p: p, o: o, got: make(chan received, 64)}
	c.sayf("profile %s: %s", p.Name, p.Title)
	err := c.run(ctx)
	if err != nil {
		c.say("")
		for line := range strings.SplitSeq("FAILED: "+err.Error(), "\n") {
			c.say(strings.Join(fold(line, columns-2), "\n  "))
		}
		return fmt.Errorf("profile %s: %w: %w", p.Name, ErrCheck, err)
	}
	c.sayf("\nok: the event was published, arrived and was known again")
	return nil
}

// check is one run of Check.
type check struct {
	p   *Profile
	o   CheckOptions
	rig *Rig
	got chan received
	// step numbers the headings.
	step int
	// uncounted says that the token came, where identify does not look for it.
	uncounted bool
}

// received is a request that reached the endpoint.
type received struct {
	method, path string
	header       http.Header
	body         []byte
}

func (c *check) run(ctx context.Context) (err error) {
	url, closeEndpoint, err := c.listen()
	if err != nil {
		return err
	}
	defer closeEndpoint()
	c.headf("start")
	if c.rig, err = Open(ctx, c.p, Options{Scale: c.o.Scale, Log: c.o.Log, Trace: c.tell}); err != nil {
		return err
	}
	var s prober.Sender
	defer func() { err = errors.Join(err, c.end(ctx, s)) }()
	for _, n := range c.p.Needs {
		c.sayf("   %s (%s) answers at %s", n.Name, n.Kind, c.rig.needs[n.Name].Addr())
	}
	s, err = c.rig.Factory(ctx, prober.World{Dir: c.o.Dir, Log: c.o.Log, Incarnation: 1})
	if err != nil {
		return err
	}
	c.sayf("   the sender is ready")
	return errors.Join(c.drive(ctx, s, url), c.leave(ctx, s))
}

func (c *check) drive(ctx context.Context, s prober.Sender, url string) error {
	c.headf("subscribe an endpoint at %s", url)
	sub := prober.Subscription{Endpoint: checkEndpoint, URL: url, Topics: []string{checkTopic},
		Secret: "whsec_aG9va2RyaWxsLWhvb2tkcmlsbC1ob29rZHJpbGwhIQ=="}
	if err := s.Subscribe(ctx, sub); err != nil {
		return err
	}
	tok := event.Token{Run: "check", Key: 1, Seq: 1}
	e := event.Event{Token: tok, Topic: checkTopic, Type: checkType, Body: event.NewBody(tok, checkType, time.Now().Truncate(time.Second), event.MinBody)}
	c.headf("publish the event %s", tok)
	switch err := s.Publish(ctx, e); {
	case errors.Is(err, prober.ErrRefused):
		return fmt.Errorf("the event was refused: %w", err)
	case err != nil:
		return fmt.Errorf("it is not known whether the event was accepted: %w", err)
	}
	c.sayf("   accepted")
	c.headf("wait for it at the endpoint")
	err := c.await(ctx, tok)
	if err == nil {
		err = c.ask(ctx, s, tok)
	}
	if err != nil {
		return delivery{err}
	}
	return nil
}

// await waits for the request that carries the token.
func (c *check) await(ctx context.Context, tok event.Token) error {
	timer := time.NewTimer(c.o.Wait)
	defer timer.Stop()
	others := 0
	for {
		select {
		case r := <-c.got:
			known, err := c.look(r, tok)
			if known || err != nil {
				return err
			}
			others++
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-timer.C:
			if others > 0 {
				return fmt.Errorf("%d requests arrived, but the token %s is in none of them where it should be: %s", others, tok, c.where())
			}
			return c.silence()
		}
	}
}

func (c *check) where() string {
	if !c.uncounted {
		return "put {{.Event.Body}} or {{.Event.ID}} into what publish sends"
	}
	return "look at the identify section beside what arrived above"
}

// silence explains that nothing arrived.
func (c *check) silence() error {
	hints := []string{
		"does the sender refuse loopback addresses (a guard against SSRF)?\n  Then its environment needs an exception for 127.0.0.1",
		fmt.Sprintf("does the subscription ask for what was published:\n  topic %q, event type %q?", checkTopic, checkType),
		"does the process that delivers run? Some senders have a worker of its own",
	}
	var text strings.Builder
	fmt.Fprintf(&text, "the sender accepted the event, but nothing arrived within %v\n- %s", c.o.Wait, strings.Join(hints, "\n- "))
	for _, g := range c.rig.groups {
		for _, p := range g.instances() {
			fmt.Fprintf(&text, "\n%s%s", g.c.Name, story(p.LastLines()))
		}
	}
	return errors.New(c.rig.hide.text(text.String()))
}

// look says what a request is, and whether it carries the token.
func (c *check) look(r received, tok event.Token) (bool, error) {
	c.sayf("   < %s %s, %s, %d bytes", r.method, r.path, r.header.Get("Content-Type"), len(r.body))
	c.body(c.rig.hide.text(string(r.body)))
	known := false
	c.p.Tokens(r.header, r.body, tok.Run, func(t event.Token) bool {
		known = known || t == tok
		return !known
	})
	places := placesOf(r.header, r.path, r.body, tok.String())
	switch {
	case !known && places == "":
		c.sayf("     the token is not in it")
		return false, nil
	case !known:
		c.sayf("     identify does not count it; the token stands at %s", places)
		c.uncounted = true
		return false, nil
	}
	c.sayf("     the token is there: %s", places)
	switch event.CheckBody(r.body) {
	case event.Intact:
		c.sayf("     the payload is intact")
	case event.Damaged:
		return true, errors.New("the payload that arrived is damaged")
	case event.DamageUnknown:
		c.sayf("     the payload itself is not in it: damage cannot be seen")
	}
	return true, c.verify(r)
}

func (c *check) verify(r received) error {
	switch {
	case c.p.Signature == nil:
		return nil
	case c.o.Verify == nil:
		c.sayf("     the signature was not looked at")
		return nil
	}
	secret, known := c.rig.Secret(checkEndpoint)
	if !known {
		return errors.New("signature: the secret is not known after subscribe")
	}
	good, said := c.o.Verify(c.p.Signature.Scheme, secret, r.header, r.body)
	if !good {
		return fmt.Errorf("the signature by scheme %s is not good: %s", c.p.Signature.Scheme, said)
	}
	c.sayf("     the signature is good (%s)", c.p.Signature.Scheme)
	return nil
}

// ask tries the status section, once the event has arrived.
func (c *check) ask(ctx context.Context, s prober.Sender, tok event.Token) error {
	if p, asks := s.(prober.Pender); asks {
		c.headf("ask how much is pending")
		n, err := p.Pending(ctx)
		if err != nil {
			return err
		}
		c.sayf("   %d", n)
	}
	if c.p.Accounts == nil {
		return nil
	}
	c.headf("ask what became of the event")
	accounts, err := c.rig.Accounts(ctx, tok)
	if err != nil {
		return err
	}
	if len(accounts) == 0 {
		return errors.New("status.event: the sender's answer names no endpoint that match renders")
	}
	for _, a := range accounts {
		if a.State == StateUnknown {
			return fmt.Errorf("status.event: the sender says %q, which is none of delivered, pending and failed", a.Said)
		}
		c.sayf("   %s: %s (%q)", a.Endpoint, a.State, a.Said)
	}
	return nil
}

// leave unsubscribes the endpoint, where the profile says how: a sender that
// runs elsewhere is not to keep it.
func (c *check) leave(ctx context.Context, s prober.Sender) error {
	if _, subscribed := c.rig.Captured(checkEndpoint); !subscribed || len(c.p.Unsubscribe) == 0 {
		return nil
	}
	c.headf("unsubscribe the endpoint")
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), checkGrace)
	defer cancel()
	return s.(prober.Unsubscriber).Unsubscribe(ctx, checkEndpoint)
}

// end stops all, also after ctx has ended. s is nil where none has started.
func (c *check) end(ctx context.Context, s prober.Sender) error {
	c.headf("stop")
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), checkGrace)
	defer cancel()
	var err error
	if stopper, can := s.(prober.Stopper); can {
		err = stopper.Stop(ctx)
	}
	if err := errors.Join(err, c.rig.Close(ctx)); err != nil {
		return err
	}
	c.sayf("   nothing is left")
	return nil
}

// listen opens the endpoint and returns its URL and what closes it.
func (c *check) listen() (string, func(), error) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	srv := &http.Server{ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(io.LimitReader(r.Body, maxAnswer))
		if err != nil {
			return // the sender gave up; it will try again
		}
		select {
		case c.got <- received{r.Method, r.URL.Path, r.Header, body}:
		default: // enough to look at
		}
	})}
	var wg sync.WaitGroup
	wg.Go(func() { _ = srv.Serve(l) }) // it ends by Close alone
	return "http://" + l.Addr().String() + "/" + checkEndpoint, func() {
		_ = srv.Close()
		wg.Wait()
	}, nil
}
