package profile

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/rs/zerolog"

	"github.com/hookdrill/hookdrill/prober"
	"github.com/hookdrill/hookdrill/prober/event"
	"github.com/hookdrill/hookdrill/prober/policy"
)

// Factory is a prober.Factory: it writes the files, starts what does not run,
// and runs the setup in the first life (in all of them, where the sender
// forgets). What it returns is a prober.Sender and prober.Declarer; a
// prober.Process and prober.Stopper where the profile starts it; a
// prober.Pender where it can be asked for that number.
func (r *Rig) Factory(ctx context.Context, w prober.World) (prober.Sender, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lives++
	r.dir = w.Dir
	s := &sender{r: r, life: r.lives, log: w.Log}
	if err := r.begin(ctx, s); err != nil {
		err = errors.Join(err, r.stopAll(ctx), r.misplaced())
		return nil, r.hide.err(fmt.Errorf("profile %s: %w", r.p.Name, err))
	}
	return s.dress(), nil
}

func (r *Rig) begin(ctx context.Context, s *sender) error {
	if err := r.writeFiles(""); err != nil {
		return err
	}
	if err := r.startAll(ctx, s); err != nil {
		return err
	}
	if r.begun && !r.p.Forgets {
		return nil
	}
	vars, err := r.run(ctx, r.p.Setup, r.data(), s.log)
	if err != nil {
		return err
	}
	r.remember(vars)
	r.begun = true
	return nil
}

// startAll starts the commands that do not run, in order.
func (r *Rig) startAll(ctx context.Context, s *sender) error {
	for _, g := range r.groups {
		switch {
		case g.c.Once && !r.begun:
			vars, err := runOnce(ctx, g.c, r.data(), r, s.log)
			if err != nil {
				return err
			}
			r.remember(vars)
		case !g.c.Once && !g.living():
			if err := g.start(ctx, r, s.log); err != nil {
				return err
			}
		}
	}
	return nil
}

// stopAll stops all commands, the last first.
func (r *Rig) stopAll(ctx context.Context) error {
	var errs []error
	for _, g := range slices.Backward(r.groups) {
		errs = append(errs, g.stop(ctx))
	}
	return errors.Join(errs...)
}

// run runs steps and returns what they captured. The mutex is held.
func (r *Rig) run(ctx context.Context, steps []Step, d data, log zerolog.Logger) (map[string]string, error) {
	all := map[string]string{}
	for _, s := range steps {
		var err error
		vars := map[string]string{}
		switch {
		case s.File != "":
			err = r.writeFiles(s.File)
			r.tell(Exchange{Step: "write " + s.File, Err: err})
		case s.Restart != "":
			err = r.restart(ctx, s.Restart, log)
			r.tell(Exchange{Step: "restart " + s.Restart, Err: err})
		default:
			vars, _, err = r.do(ctx, s, d)
		}
		maps.Copy(all, vars)
		if err != nil {
			return all, err
		}
		d = d.with(vars)
	}
	return all, nil
}

func (r *Rig) restart(ctx context.Context, name string, log zerolog.Logger) error {
	for _, g := range r.groups {
		if g.c.Name == name {
			old := g.instances()
			// Whoever waits for its end must not take this for one.
			g.set(nil)
			for _, p := range old {
				ctx, cancel := context.WithTimeout(ctx, g.c.Grace)
				err := p.Stop(ctx)
				cancel()
				if err != nil {
					return err
				}
			}
			return g.start(ctx, r, log)
		}
	}
	return fmt.Errorf("restart: no command %q", name)
}

// sender is one life of the sender.
type sender struct {
	r    *Rig
	life int
	log  zerolog.Logger
}

// Policy implements prober.Declarer.
func (s *sender) Policy() policy.Policy { return s.r.p.Policy(s.r.o.Scale) }

// Subscribe implements prober.Sender.
func (s *sender) Subscribe(ctx context.Context, sub prober.Subscription) error {
	r := s.r
	r.mu.Lock()
	defer r.mu.Unlock()
	known := r.subscription(sub.Endpoint)
	if known != nil && known.URL == sub.URL && (known.life == s.life || !r.p.Forgets) {
		return nil
	}
	r.hide.add(strings.TrimPrefix(sub.Secret, "whsec_"))
	vars := map[string]string{}
	if err := s.each(ctx, r.p.Subscribe, sub, vars); err != nil {
		return r.hide.err(fmt.Errorf("subscribe %s: %w", sub.Endpoint, err))
	}
	fresh := &subscription{Subscription: sub, vars: vars, life: s.life}
	if known != nil {
		*known = *fresh
	} else {
		r.subs = append(r.subs, fresh)
	}
	if len(r.p.Apply) > 0 {
		r.stale.Store(true)
	}
	return nil
}

// each runs steps for an endpoint, some of them for each of its topics. What
// they capture is added to vars.
func (s *sender) each(ctx context.Context, steps []Step, sub prober.Subscription, vars map[string]string) error {
	for _, step := range steps {
		topics := []string{""}
		if step.EachTopic {
			topics = sub.Topics
		}
		for _, topic := range topics {
			seen := ofTopic(vars, topic)
			d := s.r.data().with(seen)
			d.Endpoint, d.Topic = newEndpoint(sub, seen), topic
			got, err := s.r.run(ctx, []Step{step}, d, s.log)
			if err != nil {
				return err
			}
			add(vars, got, topic)
		}
	}
	return nil
}

// topicMark stands between a captured value's name and the topic that it is
// of. No template can name such a value, and no name has it.
const topicMark = "\x00"

// add adds what a step captured to vars, also as that topic's own: the next
// topic's step captures the same names.
func add(vars, got map[string]string, topic string) {
	for name, value := range got {
		vars[name] = value
		if topic != "" {
			vars[name+topicMark+topic] = value
		}
	}
}

// ofTopic returns vars with the values that are the topic's own in front.
func ofTopic(vars map[string]string, topic string) map[string]string {
	all := maps.Clone(vars)
	for name, value := range vars {
		if plain, of, own := strings.Cut(name, topicMark); own && of == topic {
			all[plain] = value
		}
	}
	return all
}

// apply makes the subscriptions count, if there are new ones.
func (s *sender) apply(ctx context.Context) error {
	r := s.r
	if !r.stale.Load() {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.stale.Load() {
		return nil
	}
	if _, err := r.run(ctx, r.p.Apply, r.data(), s.log); err != nil {
		return refused{r.hide.err(fmt.Errorf("apply: %w", err))}
	}
	r.stale.Store(false)
	return nil
}

// Publish implements prober.Sender. A failure of a step before the last is a
// refusal, whatever it was: nothing has been handed over yet.
func (s *sender) Publish(ctx context.Context, e event.Event) error {
	if err := s.apply(ctx); err != nil {
		return err
	}
	r := s.r
	r.mu.Lock()
	d := r.view()
	r.mu.Unlock()
	d.Event = newEvent(e)
	all := map[string]string{}
	for i, step := range r.p.Publish {
		vars, _, err := r.do(ctx, step, d)
		if err != nil && i < len(r.p.Publish)-1 && !errors.Is(err, prober.ErrRefused) {
			err = refused{err}
		}
		if err != nil {
			return err
		}
		d = d.with(vars)
		maps.Copy(all, vars)
	}
	if r.p.Accounts != nil {
		r.mu.Lock()
		r.keep(e.Token, published{all, e.Topic, e.Type})
		r.mu.Unlock()
	}
	return nil
}

// keep remembers an event that was published. The mutex is held.
func (r *Rig) keep(t event.Token, p published) {
	_, again := r.published[t]
	r.published[t] = p
	if r.o.Remember <= 0 || again {
		return
	}
	if r.order = append(r.order, t); len(r.order) > r.o.Remember {
		delete(r.published, r.order[0])
		r.order = r.order[1:]
	}
}
