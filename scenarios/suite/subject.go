package suite

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/hookdrill/hookdrill/prober/profile"
	"github.com/hookdrill/hookdrill/scenarios"
	"github.com/hookdrill/hookdrill/scenarios/plan"
	"github.com/hookdrill/hookdrill/scenarios/refsender"
	"github.com/hookdrill/hookdrill/scenarios/verdict"
)

// subject is the sender under test: the reference sender, or one that a
// profile drives.
type subject struct {
	spec      string
	reference refsender.Config
	// profile is nil for the reference sender.
	profile *profile.Profile
}

// newSubject reads a sender's spec: `reference[:OPTION,...]`, the name of a
// built-in profile, or a profile's file.
func newSubject(spec string) (subject, error) {
	s := subject{spec: spec}
	var err error
	if spec == reference || strings.HasPrefix(spec, reference+":") {
		s.reference, err = refsender.Parse(spec)
		return s, err
	}
	if err := noTemplate(spec); err != nil {
		return s, err
	}
	s.profile, err = loadProfile(spec)
	if errors.Is(err, os.ErrNotExist) {
		return s, fmt.Errorf("sender %q: neither reference[:OPTION,...], nor a built-in profile (%s), nor a file",
			spec, strings.Join(profile.Presets(), ", "))
	}
	return s, err
}

const reference = "reference"

// real reports whether it can be run in real time alone.
func (s subject) real() bool { return s.profile != nil }

// expected are the deviations that the sender's profile knows of in a
// scenario, with their reasons. They have to occur: an entry that has outlived
// its bug hides the next one.
func (s subject) expected(p *plan.Plan) (verdict.Expected, map[string]string) {
	want, why := verdict.Expected{}, map[string]string{}
	if s.profile == nil {
		return want, why
	}
	for _, d := range s.profile.Expected {
		if d.Scenario == p.Name || d.Scenario == p.File {
			want[d.Guarantee], why[d.Guarantee] = verdict.Fail, d.Reason
		}
	}
	return want, why
}

// expect adds to what is expected what the sender's profile expects. The
// command line knows better.
func (s subject) expect(j Judging, p *plan.Plan) Judging {
	want, why := s.expected(p)
	for name, status := range j.Want {
		if want[name] != status {
			delete(why, name)
		}
		want[name] = status
	}
	j.Want, j.why = want, why
	return j
}

// playReal plays the job here, with the sender as a child process.
func (j job) playReal(ctx context.Context, s subject, scale float64, file string, tell progress) (err error) {
	out, err := os.OpenFile(file, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("history: %w", err)
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	return j.withLog(tell, func(p *plan.Plan, opts []scenarios.Option) error {
		opts = append(opts, scenarios.RealTime(scale), scenarios.WithDir(filepath.Join(filepath.Dir(file), "sender")))
		if s.profile != nil {
			return j.byProfile(ctx, s.profile, scale, p, out, opts)
		}
		binary, err := os.Executable()
		if err != nil {
			return fmt.Errorf("this program's own file: %w", err)
		}
		child := refsender.Child(refsender.ChildConfig{Argv: []string{binary, "sender"}, Sender: s.reference})
		return scenarios.Execute(ctx, p, child, out, opts...)
	})
}

// closeGrace is how long a profile's processes and dependencies may take to end.
const closeGrace = 30 * time.Second

// byProfile plays a plan against the sender that a profile drives.
func (j job) byProfile(ctx context.Context, p *profile.Profile, scale float64, pl *plan.Plan, out io.Writer,
	opts []scenarios.Option) (err error) {
	log, closeLog, err := j.logger()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeLog()) }()
	var gateway scenarios.Gateway
	rig, err := profile.Open(ctx, p, profile.Options{Scale: scale, Gateway: gateway.Wrap, Log: log})
	if err != nil {
		return err
	}
	defer func() {
		grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeGrace)
		defer cancel()
		err = errors.Join(err, rig.Close(grace))
	}()
	opts = append(opts, scenarios.WithDependencies(rig.Dependency), scenarios.WithTokens(p.Tokens))
	if p.Gateway != nil {
		opts = append(opts, scenarios.WithGateway(&gateway))
	}
	if p.Signature != nil {
		opts = append(opts, scenarios.WithSecrets(rig.Secret))
	}
	return scenarios.Execute(ctx, pl, rig.Factory, out, opts...)
}
