package prober

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hookdrill/hookdrill/prober/event"
	"github.com/hookdrill/hookdrill/prober/history"
)

// fakeSender answers the nth publish call of an event by its script.
type fakeSender struct {
	// script holds what the calls of one event get, in turn; the last repeats.
	script []call
	// late is what Outcome says; nil: it cannot be asked.
	late []call

	mu    sync.Mutex
	calls map[event.Token]int
	asked map[event.Token]int
	// most is the largest number of calls at one time.
	now, most int
}

// call is one answer: after how long, and what.
type call struct {
	after   time.Duration
	outcome history.Outcome
	err     error
}

func (f *fakeSender) publish(ctx context.Context, e event.Event) (uint16, error) {
	f.mu.Lock()
	if f.calls == nil {
		f.calls, f.asked = make(map[event.Token]int), make(map[event.Token]int)
	}
	c := f.script[min(f.calls[e.Token], len(f.script)-1)]
	f.calls[e.Token]++
	f.now++
	f.most = max(f.most, f.now)
	f.mu.Unlock()
	defer func() {
		f.mu.Lock()
		f.now--
		f.mu.Unlock()
	}()
	select {
	case <-time.After(c.after):
		return 1, c.err
	case <-ctx.Done():
		return 1, ctx.Err()
	}
}

func (f *fakeSender) outcome(_ context.Context, t event.Token) (history.Outcome, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	c := f.late[min(f.asked[t], len(f.late)-1)]
	f.asked[t]++
	return c.outcome, c.err
}

// every makes n events of key 1, one each step.
func every(step time.Duration, n int) iter.Seq[Planned] {
	return func(yield func(Planned) bool) {
		for i := range n {
			if !yield(Planned{At: step * time.Duration(i+1), Key: 1, Number: uint32(i + 1), Type: "t", Size: 300}) {
				return
			}
		}
	}
}

// drive runs the driver against f and returns what was recorded.
func drive(t *testing.T, ctx context.Context, f *fakeSender, cfg DriverConfig) (*history.History, int) {
	t.Helper()
	start := time.Now()
	scale := max(cfg.Scale, 1)
	cfg.Clock = func() time.Duration { return time.Duration(float64(time.Since(start)) * scale) }
	var file bytes.Buffer
	record, err := history.NewRecorder(&file, history.Header{Run: "r1", Endpoints: []string{"one"}}, cfg.Clock)
	if err != nil {
		t.Fatal(err)
	}
	cfg.Run, cfg.Recorder, cfg.Publish = "r1", record, f.publish
	if f.late != nil {
		cfg.Outcome = f.outcome
	}
	unpublished := Drive(ctx, cfg)
	if err := record.End(history.End{Reason: history.EndSettled}); err != nil {
		t.Fatal(err)
	}
	h, err := history.Read(&file)
	if err != nil {
		t.Fatal(err)
	}
	return h, unpublished
}

// short is a publish entry in one line.
func short(p history.Published) string {
	s := fmt.Sprintf("%d planned %v called %v ended %v try %d %v", p.Number, p.Planned, p.Called, p.At, p.Try, p.Outcome)
	if p.Late {
		s += " late"
	}
	if p.Error != "" {
		s += ": " + p.Error
	}
	return s
}

func TestDrive(t *testing.T) {
	down := fmt.Errorf("the sender is down: %w", ErrRefused)
	for _, c := range []struct {
		name, reason string
		script, late []call
		cfg          DriverConfig
		endsAfter    time.Duration
		want         []string
		unpublished  int
		accepted     int
	}{
		{
			name: "on time", reason: "each at its offset", script: []call{{}},
			cfg: DriverConfig{Events: every(time.Second, 3)}, accepted: 3,
			want: []string{
				"1 planned 1s called 1s ended 1s try 1 accepted",
				"2 planned 2s called 2s ended 2s try 1 accepted",
				"3 planned 3s called 3s ended 3s try 1 accepted"},
		},
		{
			name: "slow sender", reason: "an open loop does not wait for it", script: []call{{after: 2500 * time.Millisecond}},
			cfg: DriverConfig{Events: every(time.Second, 2)}, accepted: 2,
			want: []string{
				"1 planned 1s called 1s ended 3.5s try 1 accepted",
				"2 planned 2s called 2s ended 4.5s try 1 accepted"},
		},
		{
			name: "refused, then accepted", reason: "an outbox offers again", script: []call{{err: down}, {err: down}, {}},
			cfg: DriverConfig{Events: every(time.Second, 1), Retry: 5 * time.Second}, accepted: 1,
			want: []string{
				"1 planned 1s called 1s ended 1s try 1 refused: the sender is down: publish refused",
				"1 planned 1s called 6s ended 6s try 2 refused: the sender is down: publish refused",
				"1 planned 1s called 11s ended 11s try 3 accepted"},
		},
		{
			name: "open, then accepted", reason: "the same event is offered under the same id", script: []call{{err: io.ErrUnexpectedEOF}, {}},
			cfg: DriverConfig{Events: every(time.Second, 1), Retry: 5 * time.Second}, accepted: 1,
			want: []string{
				"1 planned 1s called 1s ended 1s try 1 indeterminate: unexpected EOF",
				"1 planned 1s called 6s ended 6s try 2 accepted"},
		},
		{
			name: "open, late accepted", reason: "a sender that knows spares the second offer",
			script: []call{{err: io.ErrUnexpectedEOF}}, late: []call{{outcome: history.Accepted}},
			cfg: DriverConfig{Events: every(time.Second, 1), Retry: 5 * time.Second}, accepted: 1,
			want: []string{
				"1 planned 1s called 1s ended 1s try 1 indeterminate: unexpected EOF",
				"1 planned 1s called 6s ended 6s try 1 accepted late"},
		},
		{
			name: "open, late refused", reason: "it owes nothing, so it is offered again",
			script: []call{{err: io.ErrUnexpectedEOF}, {}}, late: []call{{outcome: history.Refused}},
			cfg: DriverConfig{Events: every(time.Second, 1), Retry: 5 * time.Second}, accepted: 1,
			want: []string{
				"1 planned 1s called 1s ended 1s try 1 indeterminate: unexpected EOF",
				"1 planned 1s called 6s ended 6s try 1 refused late",
				"1 planned 1s called 6s ended 6s try 2 accepted"},
		},
		{
			name: "open, and cannot say", reason: "an answer that is none decides nothing",
			script: []call{{err: io.ErrUnexpectedEOF}, {}}, late: []call{{err: errors.New("not found"), outcome: history.Accepted}},
			cfg: DriverConfig{Events: every(time.Second, 1), Retry: 5 * time.Second}, accepted: 1,
			want: []string{
				"1 planned 1s called 1s ended 1s try 1 indeterminate: unexpected EOF",
				"1 planned 1s called 6s ended 6s try 1 indeterminate late: not found",
				"1 planned 1s called 6s ended 6s try 2 accepted"},
		},
		{
			name: "timeout", reason: "a call without an answer is open", script: []call{{after: time.Hour}, {}},
			cfg: DriverConfig{Events: every(time.Second, 1), Retry: 5 * time.Second, Timeout: 10 * time.Second}, accepted: 1,
			want: []string{
				"1 planned 1s called 1s ended 11s try 1 indeterminate: context deadline exceeded",
				"1 planned 1s called 16s ended 16s try 2 accepted"},
		},
		{
			name: "scaled", reason: "offsets, retry and timeout are scenario time", script: []call{{err: down}, {after: time.Second}, {}},
			cfg: DriverConfig{Events: every(time.Minute, 1), Retry: time.Minute, Timeout: 30 * time.Second, Scale: 60}, accepted: 1,
			want: []string{
				"1 planned 1m0s called 1m0s ended 1m0s try 1 refused: the sender is down: publish refused",
				"1 planned 1m0s called 2m0s ended 2m30s try 2 indeterminate: context deadline exceeded",
				"1 planned 1m0s called 3m30s ended 3m30s try 3 accepted"},
		},
		{
			name: "cut off while waiting", reason: "what waits and what was never reached is unpublished", script: []call{{err: down}},
			cfg: DriverConfig{Events: every(2*time.Second, 3), Retry: time.Minute}, endsAfter: 5 * time.Second, unpublished: 3,
			want: []string{
				"1 planned 2s called 2s ended 2s try 1 refused: the sender is down: publish refused",
				"2 planned 4s called 4s ended 4s try 1 refused: the sender is down: publish refused"},
		},
		{
			name: "cut off in a call", reason: "the call ends with its context, and its outcome is open", script: []call{{after: time.Hour}},
			cfg: DriverConfig{Events: every(2*time.Second, 1)}, endsAfter: 5 * time.Second, unpublished: 1,
			want: []string{"1 planned 2s called 2s ended 5s try 1 indeterminate: context canceled"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				if c.endsAfter > 0 {
					defer time.AfterFunc(c.endsAfter, cancel).Stop()
				}
				var calls atomic.Int64
				c.cfg.Accepted = func(uint32, uint32) { calls.Add(1) }
				h, unpublished := drive(t, ctx, &fakeSender{script: c.script, late: c.late}, c.cfg)
				var got []string
				for _, p := range h.Published {
					got = append(got, short(p))
				}
				if diff := cmp.Diff(c.want, got); diff != "" {
					t.Errorf("%s (-want +got):\n%s", c.reason, diff)
				}
				accepted := int(calls.Load())
				if unpublished != c.unpublished || accepted != c.accepted {
					t.Errorf("%d unpublished and %d accepted, want %d and %d", unpublished, accepted, c.unpublished, c.accepted)
				}
			})
		})
	}
}

func TestDriveBoundsItsCalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fakeSender{script: []call{{after: time.Hour}}}
		h, unpublished := drive(t, t.Context(), f, DriverConfig{Events: every(time.Second, maxFlight+1)})
		if unpublished != 0 || f.most != maxFlight {
			t.Errorf("%d unpublished, at most %d calls at once, want 0 and %d", unpublished, f.most, maxFlight)
		}
		// The one that had no room was called when the first call was over.
		last := h.Published[len(h.Published)-1]
		if want := "1025 planned 17m5s called 1h0m1s ended 2h0m1s try 1 accepted"; short(last) != want {
			t.Errorf("the last call is %q, want %q", short(last), want)
		}
	})
}

func TestDriveIsReproducible(t *testing.T) {
	run := func() (lines []string) {
		synctest.Test(t, func(t *testing.T) {
			f := &fakeSender{script: []call{{after: 3 * time.Second, err: ErrRefused}, {err: io.EOF}, {after: time.Millisecond}}}
			h, _ := drive(t, t.Context(), f, DriverConfig{Events: every(499*time.Millisecond, 500), Retry: 5 * time.Second})
			for _, p := range h.Published {
				lines = append(lines, short(p))
			}
		})
		return lines
	}
	first := run()
	for range 4 {
		if diff := cmp.Diff(first, run()); diff != "" {
			t.Fatalf("two runs differ (-first +other):\n%s", diff)
		}
	}
}

// BenchmarkDrive publishes events that are all due to a sender that takes
// them: the cost of one event, without the waiting.
func BenchmarkDrive(b *testing.B) {
	record, err := history.NewRecorder(io.Discard, history.Header{Run: "r1"}, func() time.Duration { return time.Hour })
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	n := Drive(b.Context(), DriverConfig{
		Run: "r1", Events: every(time.Nanosecond, b.N), Recorder: record,
		Publish: func(context.Context, event.Event) (uint16, error) { return 1, nil },
		Clock:   func() time.Duration { return time.Hour },
	})
	if n != 0 {
		b.Errorf("%d events were not published", n)
	}
}
