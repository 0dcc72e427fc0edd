package refsender

import (
	"context"
	"flag"
	"os"
	"os/signal"
	"syscall"
	"testing"

	"github.com/rs/zerolog"
	"go.uber.org/goleak"
)

// asSender makes the test binary a sender: what `hookdrill sender` is.
const asSender = "HOOKDRILL_TEST_SENDER"

func TestMain(m *testing.M) {
	if os.Getenv(asSender) != "" {
		os.Exit(runSender(os.Args[1:]))
	}
	goleak.VerifyTestMain(m)
}

// runSender is main in a child.
func runSender(args []string) int {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	cfg := ServeConfig{Stdout: os.Stdout, Log: zerolog.New(os.Stderr)}
	flags := flag.NewFlagSet("sender", flag.ExitOnError)
	cfg.Flags(flags)
	_ = flags.Parse(args) // it exits by itself
	sender, err := Parse(flags.Arg(0))
	if err != nil {
		cfg.Log.Error().Err(err).Send()
		return 2
	}
	sender.Seed, sender.Speed = cfg.Sender.Seed, cfg.Sender.Speed
	cfg.Sender = sender
	if err := Serve(ctx, cfg); err != nil {
		cfg.Log.Error().Err(err).Send()
		return 4
	}
	return 0
}
