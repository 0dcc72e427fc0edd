package canary

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"

	"github.com/hookdrill/hookdrill/prober"
	"github.com/hookdrill/hookdrill/prober/event"
	"github.com/hookdrill/hookdrill/prober/history"
	"github.com/hookdrill/hookdrill/prober/policy"
	"github.com/hookdrill/hookdrill/prober/profile"
	"github.com/hookdrill/hookdrill/prober/signature"
)

// link is the hand on one region's sender.
type link struct {
	sender prober.Sender
	rig    *profile.Rig // nil where a factory was handed in
	prof   *profile.Profile
}

// connect makes the sender that a profile or a factory gives.
func connect(ctx context.Context, g Region, p *profile.Profile, o Options, dial dialFunc) (*link, error) {
	w := prober.World{Dial: dial, Transport: &http.Transport{DialContext: dial}, Log: o.Log, Incarnation: 1,
		Killed: make(chan struct{}), Scale: o.Scale}
	if f := o.Factories[g.Name]; f != nil {
		s, err := f(ctx, w)
		if err != nil {
			return nil, err
		}
		return &link{sender: s}, nil
	}
	rig, err := profile.Open(ctx, p, profile.Options{Log: o.Log, Dial: dial, Remember: 2 * keep, UserAgent: userAgent})
	if err != nil {
		return nil, err
	}
	s, err := rig.Factory(ctx, w)
	if err != nil {
		return nil, errors.Join(err, rig.Close(ctx))
	}
	return &link{sender: s, rig: rig, prof: p}, nil
}

// scheme returns how the sender signs, and with which secret; an empty scheme:
// not at all, or nobody said.
func (l *link) scheme(g Region, endpoint, secret string) (string, string) {
	if l.rig != nil {
		if own, ok := l.rig.Secret(endpoint); ok {
			return l.prof.Signature.Scheme, own
		}
	}
	if g.Receive.Scheme != "" {
		return g.Receive.Scheme, secret
	}
	if d, ok := l.sender.(prober.Declarer); ok {
		return d.Policy().Signature, secret
	}
	return "", ""
}

// verifier returns what verifies deliveries; nil: they are not signed.
func (l *link) verifier(g Region, endpoint, secret string) (signature.Verifier, error) {
	name, secret := l.scheme(g, endpoint, secret)
	if name == "" {
		return nil, nil
	}
	scheme, known := signature.ByName(name)
	if !known {
		return nil, fmt.Errorf("signature scheme %q is none of %v", name, signature.Names())
	}
	return scheme.Verifier(secret)
}

func (l *link) scan() tokenScan {
	if l.prof != nil {
		return l.prof.Tokens
	}
	return scanAll
}

// horizon reports that the sender tries for longer than lost_after.
func (c *Config) horizon(p policy.Policy) error {
	if h, bounded := p.Horizon(); bounded && h >= c.LostAfter {
		return fmt.Errorf("lost_after: %v must be more than the sender's retry horizon, which is %v: what it still tries is not lost", c.LostAfter, h)
	}
	return nil
}

// publish hands a canary over.
func (l *link) publish(ctx context.Context, e event.Event) (class Class, refused bool, by Place) {
	err := l.sender.Publish(ctx, e)
	class, by = classify(err)
	return class, errors.Is(err, prober.ErrRefused), by
}

// classify says how a call to the sender failed, and who answered it.
func classify(err error) (Class, Place) {
	var status *prober.StatusError
	switch {
	case !errors.As(err, &status):
		return ClassOf(err), ""
	case status.Gateway:
		return ClassOf(err), ByGateway
	default:
		return ClassOf(err), ByAPI
	}
}

// outcome asks what became of a publish that was left open.
func (l *link) outcome(ctx context.Context, t event.Token) (accepted bool) {
	o, ok := l.sender.(prober.Outcomer)
	if !ok {
		return false
	}
	got, err := o.Outcome(ctx, t)
	return err == nil && got == history.Accepted
}

// tells reports whether the sender can be asked for its own attempts at all.
func (l *link) tells() bool {
	if l.prof != nil {
		return l.prof.Accounts != nil
	}
	_, ok := l.sender.(prober.Accountant)
	return ok
}

// account asks the sender for its own word on a canary. known is false where
// it says nothing.
func (l *link) account(ctx context.Context, endpoint string, t event.Token) (a prober.Account, known bool) {
	s, ok := l.sender.(prober.Accountant)
	if !ok {
		return a, false
	}
	accounts, err := s.Accounts(ctx, t)
	if err != nil {
		return a, false
	}
	i := slices.IndexFunc(accounts, func(a prober.Account) bool { return a.Endpoint == endpoint })
	if i < 0 {
		return a, false
	}
	return accounts[i], true
}

// attempts says what a sender's word on a canary that is on its way tells.
// known is false where it tells nothing.
func attempts(a prober.Account) (class Class, known bool) {
	switch a.State {
	case history.AccountFailed:
		return statusIn(a.Said), true
	case history.AccountDelivered:
		return BodyInvalid, true // it was delivered, and not to us
	default:
		return OK, false
	}
}

// tellsAttempts reports whether it has to be asked how many attempts a
// delivery took: it says so, and not in the delivery itself.
func (l *link) tellsAttempts() bool {
	if l.prof != nil {
		return asksAttempts(l.prof)
	}
	return l.tells()
}

func asksAttempts(p *profile.Profile) bool {
	return p.AttemptHeader == "" && p.Accounts != nil && p.Accounts.TellsAttempts()
}

// attemptHeader is where a delivery says which attempt it is; empty: nowhere.
func (l *link) attemptHeader() string {
	if l.prof != nil {
		return l.prof.AttemptHeader
	}
	return ""
}

// remember tells a profile's rig of a subscription of a former life. Other
// senders know their own. One that captured nothing may not have been made.
func (l *link) remember(sub prober.Subscription, captured map[string]string) {
	if l.rig != nil && captured != nil {
		l.rig.Remember(sub, captured)
	}
}

// captured returns what a profile captured of an endpoint; nil: there is no
// profile.
func (l *link) captured(endpoint string) map[string]string {
	if l.rig == nil {
		return nil
	}
	got, _ := l.rig.Captured(endpoint)
	return got
}

func (l *link) knows(endpoint string) bool { return l.captured(endpoint) != nil }

// unsubscribe removes our endpoint. What it was still owed is nobody's
// business any more.
func (l *link) unsubscribe(ctx context.Context, endpoint string) error {
	u, ok := l.sender.(prober.Unsubscriber)
	if !ok {
		return errors.New("the sender knows no way to unsubscribe")
	}
	return u.Unsubscribe(ctx, endpoint)
}

// release gives back what the hand on the sender took.
func (l *link) release(ctx context.Context) error {
	var errs []error
	if s, ok := l.sender.(prober.Stopper); ok {
		errs = append(errs, s.Stop(ctx))
	}
	if l.rig != nil {
		errs = append(errs, l.rig.Close(ctx))
	}
	return errors.Join(errs...)
}

// listenTCP opens a region's endpoint at its address.
func listenTCP(ctx context.Context) func(Region) (net.Listener, error) {
	return func(g Region) (net.Listener, error) {
		var c net.ListenConfig
		return c.Listen(ctx, "tcp", g.Receive.Listen)
	}
}
