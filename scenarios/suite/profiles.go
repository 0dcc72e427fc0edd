package suite

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/rs/zerolog"

	"github.com/hookdrill/hookdrill/prober/profile"
	"github.com/hookdrill/hookdrill/prober/signature"
	"github.com/hookdrill/hookdrill/scenarios"
	"github.com/hookdrill/hookdrill/scenarios/check"
)

// ListProfiles writes the built-in profiles, one a line.
func ListProfiles(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, name := range profile.Presets() {
		p, err := profile.Load(name)
		if err != nil {
			return err
		}
		fmt.Fprintf(t, "%s\t%s\n", p.Name, p.Title)
	}
	return t.Flush()
}

// ShowProfile writes a built-in profile, or the one in a file, once it is
// known to be valid.
func ShowProfile(w io.Writer, name string) error {
	p, err := loadProfile(name)
	if err != nil {
		return UsageError(err)
	}
	_, err = w.Write(p.Text)
	return err
}

// ProfileNames returns the names that profiles may use and that package profile
// does not know.
func ProfileNames() profile.Names {
	known := profile.Names{Schemes: signature.Names()}
	for _, k := range check.Kinds() {
		known.Guarantees = append(known.Guarantees, k.Name)
	}
	for _, s := range scenarios.Corpus() {
		known.Scenarios = append(known.Scenarios, s.Name)
	}
	return known
}

// loadProfile parses a profile and looks up the names in it.
func loadProfile(name string) (*profile.Profile, error) {
	p, err := profile.Load(name)
	if err != nil {
		return nil, err
	}
	known := ProfileNames()
	for _, d := range p.Expected {
		if _, err := os.Stat(d.Scenario); err == nil {
			known.Scenarios = append(known.Scenarios, d.Scenario)
		}
	}
	return p, p.CheckNames(known)
}

// noTemplate refuses the one built-in profile that drives nobody.
func noTemplate(name string) error {
	if name == "http" {
		return errors.New(`profile "http" is a template: hookdrill profile init FILE makes one of your own from it`)
	}
	return nil
}

// InitProfile is what a starting profile is made of.
type InitProfile struct {
	// Answers are those given by flags, by the names of profile.Questions.
	// Without any the questions are asked.
	Answers map[string]string
	// In gives the answers, a line each, and Prompt shows the questions.
	In     io.Reader
	Prompt io.Writer
	// File takes the profile, and must not be there yet; empty: Out does.
	File string
	Out  io.Writer
}

// Write asks what is not known, and writes the profile.
func (i InitProfile) Write() (err error) {
	answers := profile.Answers{}
	lines := bufio.NewScanner(i.In)
	for _, q := range Questions() {
		if len(i.Answers) == 0 {
			err = ask(lines, i.Prompt, q, &answers)
		} else {
			err = q.Set(&answers, i.Answers[q.Flag])
		}
		if err != nil {
			return UsageError(err)
		}
	}
	for at, word := range answers.Command {
		answers.Command[at] = profile.Beside(word, ".", filepath.Dir(i.File))
	}
	if i.File == "" {
		return UsageError(profile.Init(i.Out, answers))
	}
	var text strings.Builder
	if err := profile.Init(&text, answers); err != nil {
		return UsageError(err)
	}
	f, err := os.OpenFile(i.File, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	if err != nil {
		return UsageError(fmt.Errorf("profile: %w", err))
	}
	_, err = io.WriteString(f, text.String())
	if err := errors.Join(err, f.Close()); err != nil {
		return environment(err)
	}
	fmt.Fprintf(i.Out, "%s is written; try it with: hookdrill profile check %s\n", i.File, i.File)
	return nil
}

// Questions returns what `profile init` asks.
func Questions() []profile.Question { return profile.Questions(signature.Names()) }

// ask shows a question until its answer is one.
func ask(lines *bufio.Scanner, prompt io.Writer, q profile.Question, into *profile.Answers) error {
	fmt.Fprintln(prompt, q.Ask)
	if q.Default != "" {
		fmt.Fprintf(prompt, "  (return: %s)\n", q.Default)
	}
	for {
		fmt.Fprint(prompt, "> ")
		if !lines.Scan() {
			return errors.Join(fmt.Errorf("%s: the answers ended here; give them as flags, or on a terminal", q.Flag), lines.Err())
		}
		err := q.Set(into, lines.Text())
		if err == nil {
			return nil
		}
		fmt.Fprintf(prompt, "  %v\n", err)
	}
}

// CheckProfile is one try of a profile.
type CheckProfile struct {
	// Name is that of a built-in profile, or of a file.
	Name string
	// Scale is that of the runs it is for, and Wait how long to wait for the
	// event, real time.
	Scale float64
	Wait  time.Duration
	// Out takes the transcript, and Log the sender's output.
	Out, Log io.Writer
}

// Run starts the sender, publishes one event, and tells step by step what
// happened. The error's code is Fail where the sender takes the event and does
// not deliver it as the profile says, and Environment where it does not come
// that far, or does not end.
func (c CheckProfile) Run(ctx context.Context) (err error) {
	p, err := loadProfile(c.Name)
	if err != nil {
		return UsageError(err)
	}
	if err := noTemplate(c.Name); err != nil {
		return UsageError(err)
	}
	dir, err := os.MkdirTemp("", "hookdrill-check-")
	if err != nil {
		return environment(err)
	}
	defer func() { err = errors.Join(err, environment(os.RemoveAll(dir))) }()
	log := zerolog.New(c.Log).With().Timestamp().Logger()
	err = profile.Check(ctx, p, profile.CheckOptions{Out: c.Out, Dir: dir, Scale: c.Scale, Wait: c.Wait, Verify: verify, Log: log})
	code, interrupted := Cut(ctx)
	switch {
	case err == nil:
		return nil
	case interrupted:
		return exit(code)
	case errors.Is(err, profile.ErrDelivery):
		return exit(Fail) // the transcript has told why
	default:
		return exit(Environment)
	}
}

// verify looks at the signature of one request.
func verify(scheme, secret string, h http.Header, body []byte) (good bool, said string) {
	s, found := signature.ByName(scheme)
	if !found {
		return false, "there is no such scheme"
	}
	v, err := s.Verifier(secret)
	if err != nil {
		return false, err.Error()
	}
	result, _ := v.Verify(h, body, time.Now())
	return result == signature.Good, "it is " + result.String()
}
