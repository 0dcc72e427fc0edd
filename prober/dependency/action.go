package dependency

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Verb names what can be done to a dependency.
type Verb string

// The verbs.
const (
	// Refuse ends all connections and refuses new ones, as when nobody listens.
	Refuse Verb = "refuse"
	// Stall lets nothing pass either way; connections stay, and what was under
	// way arrives after the undo.
	Stall Verb = "stall"
	// Slow delays answers and narrows both ways.
	Slow Verb = "slow"
	// Cut ends all connections with FIN, and new ones as soon as they are made.
	Cut Verb = "cut"
	// Reset does what Cut does with RST.
	Reset Verb = "reset"
	// Restart ends the dependency as its owner would; the undo starts it again
	// on the same files and port. In between connections are refused.
	Restart Verb = "restart"
)

// Verbs returns all verbs in the order of this documentation.
func Verbs() []Verb { return []Verb{Refuse, Stall, Slow, Cut, Reset, Restart} }

// Action is one thing done to a dependency. Everything is real time.
type Action struct {
	Verb Verb
	// Latency and Jitter delay each answer of Slow; a zero Latency delays none.
	Latency, Jitter time.Duration
	// Rate is the most KiB/s that Slow lets pass either way; zero: no limit.
	Rate int64
}

// Undo ends an action. Undoing again does nothing. Only that of Restart takes
// time: it waits until the dependency answers, or ctx ends.
type Undo func(ctx context.Context) error

// Do does a to the dependency until it is undone. Actions may overlap; what
// two of them do stays until both are undone. ctx bounds the end of a process
// that Restart asks to end; it is killed then.
func (d *Dependency) Do(ctx context.Context, a Action) (Undo, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return nil, fmt.Errorf("dependency %s: %s: it is closed", d.spec.Name, a.Verb)
	}
	undo, err := d.do(ctx, a)
	if err != nil {
		return nil, fmt.Errorf("dependency %s: %s: %w", d.spec.Name, a.Verb, err)
	}
	done := false
	return func(ctx context.Context) error {
		d.mu.Lock()
		defer d.mu.Unlock()
		if done || d.closed {
			return nil
		}
		done = true
		if err := undo(ctx); err != nil {
			return fmt.Errorf("dependency %s: undo %s: %w", d.spec.Name, a.Verb, err)
		}
		return nil
	}, nil
}

func (d *Dependency) do(ctx context.Context, a Action) (Undo, error) {
	switch a.Verb {
	case Refuse:
		return plain(d.proxy.refuse())
	case Stall:
		return plain(d.proxy.stall(), nil)
	case Slow:
		if a.Latency <= 0 && a.Rate <= 0 {
			return nil, errors.New("neither latency nor rate is given")
		}
		return d.proxy.slow(a)
	case Cut:
		return plain(d.proxy.cut(false), nil)
	case Reset:
		return plain(d.proxy.cut(true), nil)
	case Restart:
		return d.restart(ctx)
	default:
		var names []string
		for _, v := range Verbs() {
			names = append(names, string(v))
		}
		return nil, fmt.Errorf("no such verb; there are %s", strings.Join(names, ", "))
	}
}

func plain(undo func() error, err error) (Undo, error) {
	if err != nil {
		return nil, err
	}
	return func(context.Context) error { return undo() }, nil
}

func (d *Dependency) restart(ctx context.Context) (Undo, error) {
	switch {
	case d.server == nil:
		return nil, errors.New("it was not started here")
	case d.down:
		return nil, errors.New("it is down already")
	}
	open, err := d.proxy.refuse()
	if err != nil {
		return nil, err
	}
	if err := d.server.stop(ctx); err != nil {
		return nil, errors.Join(err, open())
	}
	d.down = true
	return func(ctx context.Context) error {
		d.down = false
		if err := d.server.start(ctx); err != nil {
			return errors.Join(err, open())
		}
		return open()
	}, nil
}
