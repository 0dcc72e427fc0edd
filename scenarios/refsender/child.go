package refsender

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/hookdrill/hookdrill/prober"
)

// ChildConfig says how a sender is run as a child process.
type ChildConfig struct {
	// Argv is the command that runs Serve, such as this program and `sender`.
	// The flags of ServeConfig.Flags follow it, and last the sender's spec.
	Argv []string
	// Env is its environment; nil means ours.
	Env []string
	// Sender is the sender's configuration.
	Sender Config
	// ReadyWithin is how long the start may take; zero means 10 s.
	ReadyWithin time.Duration
}

// child is one incarnation: a process, and its API.
type child struct {
	*prober.Proc
	*Remote
}

var (
	_ prober.Process = (*child)(nil)
	_ prober.Stopper = (*child)(nil)
	_ prober.Sender  = (*child)(nil)
)

// Child returns a factory of senders that are child processes, with their
// records in World.Dir. World.Dial and World.Transport are not used: the
// process dials by itself, on loopback only. Where the scale would make the
// timeout shorter than two seconds it is longer than configured, and so is the
// one that the sender declares. The senders implement all optional interfaces
// of package prober.
func Child(cfg ChildConfig) prober.Factory {
	within := cfg.ReadyWithin
	if within == 0 {
		within = 10 * time.Second
	}
	return func(ctx context.Context, w prober.World) (prober.Sender, error) {
		ctx, cancel := context.WithTimeoutCause(ctx, within, fmt.Errorf("not within %v", within))
		defer cancel()
		var base string
		p, err := prober.StartProc(ctx, prober.ProcConfig{
			Name: "sender", Argv: slices.Concat(cfg.Argv, cfg.args(w)), Env: cfg.Env, Log: w.Log,
			Ready: func(from prober.Output, line string) bool {
				var r readyLine
				if from == prober.Stdout && json.Unmarshal([]byte(line), &r) == nil {
					base = r.Ready
				}
				return base != ""
			},
		})
		if err != nil {
			return nil, err
		}
		r, err := Connect(ctx, base)
		if err != nil {
			_ = p.Kill() // the first error is the one to tell
			return nil, err
		}
		return &child{p, r}, nil
	}
}

// leastTimeout is the shortest timeout, by the real clock, that a child gets:
// 15 s at scale 100 are 150 ms, and then each hiccup of a busy machine is a
// failed attempt that no endpoint has seen.
const leastTimeout = 2 * time.Second

// args are the arguments that tell a child what a World tells a sender in
// this process.
func (c ChildConfig) args(w prober.World) []string {
	s := c.Sender
	if s.Seed == 0 {
		s.Seed = w.Seed
	}
	if s.Speed == 0 {
		s.Speed = w.Scale
	}
	if s.Timeout > 0 {
		s.Timeout = max(s.Timeout, time.Duration(s.Speed*float64(leastTimeout)))
	}
	return []string{
		"--dir", w.Dir, "--seed", strconv.FormatUint(s.Seed, 10),
		"--scale", strconv.FormatFloat(s.Speed, 'g', -1, 64), s.String(),
	}
}

// Stop implements prober.Stopper.
func (c *child) Stop(ctx context.Context) error {
	defer c.Close()
	return c.Proc.Stop(ctx)
}

// Kill implements prober.Process.
func (c *child) Kill() error {
	defer c.Close()
	return c.Proc.Kill()
}
