package canary

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/hookdrill/hookdrill/prober"
	"github.com/hookdrill/hookdrill/prober/event"
	"github.com/hookdrill/hookdrill/prober/history"
	"github.com/hookdrill/hookdrill/prober/policy"
)

// fakeSender is a sender that signs, tries again every five seconds for ever,
// and can be told to misbehave.
type fakeSender struct {
	client *http.Client
	ctx    context.Context
	cancel context.CancelFunc
	wg     sync.WaitGroup

	mu           sync.Mutex
	subs         map[string]prober.Subscription
	published    []event.Event
	times        []time.Time
	unsubscribed []string
	// refuse is what a publish is answered; hold keeps deliveries back; drop
	// loses them; broken fails the factory.
	refuse error
	hold   bool
	drop   bool
	broken error
	keep   bool // unsubscribe does nothing
	copies int
	tries  int
	// took counts the attempts at each event, which the sender tells if tells
	// is set.
	took  map[event.Token]int
	acked map[event.Token]history.AccountState
	tells bool
	asked int
	fails string // what it says of the attempts at any event
}

func newFakeSender(n prober.Network) *fakeSender {
	ctx, cancel := context.WithCancel(context.Background())
	return &fakeSender{client: &http.Client{Transport: &http.Transport{DialContext: n.Dial, DisableKeepAlives: true}}, ctx: ctx, cancel: cancel,
		subs: map[string]prober.Subscription{}, copies: 1,
		took: map[event.Token]int{}, acked: map[event.Token]history.AccountState{}}
}

func (s *fakeSender) with(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f()
}

// seen returns what was published, and when.
func (s *fakeSender) seen() ([]event.Event, []time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.published), slices.Clone(s.times)
}

// count returns how many canaries were published.
func (s *fakeSender) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.published)
}

// subscribed returns how many endpoints are subscribed, and how often one was
// unsubscribed.
func (s *fakeSender) subscribed() (now, gone int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.subs), len(s.unsubscribed)
}

func (s *fakeSender) down() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.broken
}

func (s *fakeSender) end() {
	s.cancel()
	s.wg.Wait()
	s.client.CloseIdleConnections()
}

func (s *fakeSender) Policy() policy.Policy { return policy.Policy{Signature: "standard-webhooks"} }

func (s *fakeSender) Subscribe(_ context.Context, sub prober.Subscription) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.subs[sub.Endpoint] = sub
	return nil
}

func (s *fakeSender) Unsubscribe(_ context.Context, endpoint string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.keep {
		return nil
	}
	delete(s.subs, endpoint)
	s.unsubscribed = append(s.unsubscribed, endpoint)
	return nil
}

func (s *fakeSender) Publish(_ context.Context, e event.Event) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.published, s.times = append(s.published, e), append(s.times, time.Now())
	if s.refuse != nil {
		return s.refuse
	}
	if s.drop {
		return nil
	}
	for _, sub := range s.subs {
		for range s.copies {
			s.wg.Go(func() { s.deliver(sub, e) })
		}
	}
	return nil
}

// Accounts tells of attempts.
func (s *fakeSender) Accounts(_ context.Context, t event.Token) ([]prober.Account, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.tells {
		return nil, errors.ErrUnsupported
	}
	s.asked++
	if s.fails != "" {
		for name := range s.subs {
			return []prober.Account{{Endpoint: name, State: history.AccountFailed, Said: s.fails}}, nil
		}
	}
	var all []prober.Account
	for name := range s.subs {
		all = append(all, prober.Account{Endpoint: name, State: s.acked[t], Said: "so many", Attempts: s.took[t]})
	}
	return all, nil
}

// deliver tries until it is acknowledged.
func (s *fakeSender) deliver(sub prober.Subscription, e event.Event) {
	for {
		s.mu.Lock()
		held := s.hold
		_, subscribed := s.subs[sub.Endpoint]
		s.mu.Unlock()
		if !held && (!subscribed || s.attempt(sub, e) == nil) {
			return
		}
		select {
		case <-time.After(5 * time.Second):
		case <-s.ctx.Done():
			return
		}
	}
}

func (s *fakeSender) attempt(sub prober.Subscription, e event.Event) error {
	req, err := http.NewRequestWithContext(s.ctx, http.MethodPost, sub.URL, bytes.NewReader(e.Body))
	if err != nil {
		return err
	}
	sign(req.Header, sub.Secret, e.ID(), e.Body)
	s.with(func() { s.took[e.Token]++ })
	resp, err := s.client.Do(req)
	if err != nil {
		return err
	}
	_ = resp.Body.Close()
	s.with(func() { s.tries++ })
	if resp.StatusCode/100 != 2 {
		return errors.New(resp.Status)
	}
	s.with(func() { s.acked[e.Token] = history.AccountDelivered })
	return nil
}

// sign is Standard Webhooks.
func sign(h http.Header, secret, id string, body []byte) {
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	if err != nil {
		panic(err)
	}
	stamp := fmt.Sprint(time.Now().Unix())
	m := hmac.New(sha256.New, key)
	fmt.Fprintf(m, "%s.%s.%s", id, stamp, body)
	h.Set("Webhook-Id", id)
	h.Set("Webhook-Timestamp", stamp)
	h.Set("Webhook-Signature", "v1,"+base64.StdEncoding.EncodeToString(m.Sum(nil)))
}
