package suite

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/rs/zerolog"

	"github.com/hookdrill/hookdrill/scenarios"
	"github.com/hookdrill/hookdrill/scenarios/plan"
	"github.com/hookdrill/hookdrill/scenarios/refsender"
	"github.com/hookdrill/hookdrill/scenarios/virtual"
)

// job is one run as the process that plays it needs to know it.
type job struct {
	Scenario scenarios.Scenario
	Seed     uint64
	Sender   string
	// Log is the file for log lines.
	Log string
}

type progress = func(at time.Duration, text string)

// Player returns what plays the job of a child process that virtual.FromEnv
// has found.
func Player(payload []byte) virtual.Player {
	return func(ctx context.Context, history io.Writer, tell func(time.Duration, string)) error {
		var j job
		if err := json.Unmarshal(payload, &j); err != nil {
			return fmt.Errorf("payload of a virtual run: %w", err)
		}
		cfg, err := refsender.Parse(j.Sender)
		if err != nil {
			return err
		}
		return j.withLog(tell, func(p *plan.Plan, opts []scenarios.Option) error {
			return scenarios.Execute(ctx, p, refsender.New(cfg), history, opts...)
		})
	}
}

// withLog compiles the plan and opens the log for play.
func (j job) withLog(tell progress, play func(*plan.Plan, []scenarios.Option) error) (err error) {
	p, err := j.Scenario.Plan(j.Seed)
	if err != nil {
		return err
	}
	log, closeLog, err := j.logger()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeLog()) }()
	return play(p, []scenarios.Option{
		scenarios.WithSender(j.Sender), scenarios.WithProgress(tell), scenarios.WithLog(log)})
}

// logger opens the log for one writer of its lines.
func (j job) logger() (log zerolog.Logger, closeLog func() error, err error) {
	file, err := j.openLog()
	if err != nil {
		return zerolog.Nop(), nil, err
	}
	return zerolog.New(file).With().Timestamp().Logger(), file.Close, nil
}

func (j job) openLog() (*os.File, error) {
	log, err := os.OpenFile(j.Log, os.O_APPEND|os.O_WRONLY|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("log: %w", err)
	}
	return log, nil
}

// playVirtual plays the job in a child of this binary.
func (j job) playVirtual(ctx context.Context, p *plan.Plan, file string, tell progress) (err error) {
	payload, err := json.Marshal(j)
	if err != nil {
		return fmt.Errorf("payload of a virtual run: %w", err)
	}
	log, err := j.openLog()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, log.Close()) }()
	out, err := virtual.Run(ctx, virtual.Config{Payload: payload, History: file, Starts: p.Starts,
		Planned: p.Events(), Log: log, Progress: tell})
	if stack := stackOf(out, err); stack != "" {
		_, failed := fmt.Fprintf(log, "%s\n", stack)
		err = errors.Join(err, failed)
	}
	return err
}

// stackOf returns the stack that says why a run ended as it did; "": none does.
func stackOf(out virtual.Outcome, err error) string {
	if blocked, is := errors.AsType[*virtual.Blocked](err); is {
		return blocked.Stack
	}
	if broken, is := errors.AsType[*virtual.Broken](err); is {
		return broken.Stack
	}
	return out.Stack
}
