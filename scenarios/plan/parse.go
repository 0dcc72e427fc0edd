package plan

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"time"

	"github.com/hookdrill/hookdrill/chaos"
	"github.com/hookdrill/hookdrill/prober/strict"
)

// What a file that says nothing gets.
const (
	defaultSeed       = 1
	defaultRetry      = 5 * time.Second
	defaultLatencyMin = 20 * time.Millisecond
	defaultLatencyMax = 200 * time.Millisecond
	defaultAtMost     = 4 * time.Hour
	defaultQuiet      = time.Minute
)

// reader reads one scenario file.
type reader struct {
	*strict.Reader

	kinds      []chaos.Kind
	guarantees []GuaranteeKind
}

func newReader(file string, faults []chaos.Kind, guarantees []GuaranteeKind) *reader {
	return &reader{strict.NewReader(file, strict.Format{Name: "a scenario file"}), faults, guarantees}
}

// Parse reads a scenario file. file is its name in messages. kinds are the
// guarantees it may ask for. The error joins what is wrong with the file, at
// most ten problems in the order of their places, each as
// `file:line:column: what: cause`.
func Parse(file string, text []byte, kinds []GuaranteeKind) (*Spec, error) {
	return newReader(file, chaos.Kinds(), kinds).parse(text)
}

// Load parses a scenario file and compiles it; seed 0 takes the file's.
func Load(file string, text []byte, kinds []GuaranteeKind, seed uint64) (*Plan, error) {
	s, err := Parse(file, text, kinds)
	if err != nil {
		return nil, err
	}
	return Compile(s, seed)
}

// Schema returns the JSON Schema of scenario files that may ask for guarantees
// of these kinds. id is its address.
func Schema(id string, kinds []GuaranteeKind) *strict.Schema {
	return schemaOf(id, chaos.Kinds(), kinds)
}

func schemaOf(id string, faults []chaos.Kind, guarantees []GuaranteeKind) *strict.Schema {
	return strict.Document(id, "hookdrill scenario", newReader("", faults, guarantees).scenario(newSpec("", nil)))
}

func (r *reader) parse(text []byte) (*Spec, error) {
	s := newSpec(r.File, text)
	r.Read(text, r.scenario(s))
	if err := r.Err(); err != nil {
		return nil, err
	}
	return s, nil
}

func newSpec(file string, text []byte) *Spec {
	return &Spec{
		file: file, text: text, starts: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), seed: defaultSeed, retry: defaultRetry,
		drain: Drain{AtMost: defaultAtMost, Quiet: defaultQuiet}, latency: Latency{defaultLatencyMin, defaultLatencyMax},
	}
}

// version is the version of the file format that this package reads.
const version = 1

var (
	nameForm     = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,63}$`)
	endpointForm = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{0,62}$`)
	labelForm    = regexp.MustCompile(`^[a-z][a-z0-9_-]{0,62}$`)
)

// named reads what is named by letters, digits and hyphens.
func named(dst *string) strict.Value {
	return strict.Form(strict.Printable(dst), nameForm, "lower-case letters, digits and hyphens, at most 64")
}

func (r *reader) scenario(s *Spec) strict.Value {
	return strict.Mapping{What: "scenario", Fields: slices.Concat(r.head(s), []strict.Field{
		strict.Need("endpoints", "The customers' endpoints. A line may stand for many.", strict.List(&s.endpoints, endpoint).Filled()),
		strict.Need("traffic", "The events that are published.", strict.List(&s.traffic, r.traffic).Filled().Most(maxStreams)),
		strict.Key("timeline", "What happens, and when.", strict.List(&s.timeline, r.line).Most(maxLines)),
		strict.Need("guarantees", "What must hold, by the names of guarantees.", r.guaranteeLines(s)),
	}, settings(s))}
}

func (r *reader) head(s *Spec) []strict.Field {
	return []strict.Field{
		strict.Need("version", "Version of this format.", strict.Version(new(int), version)),
		strict.Need("name", "What the scenario is called: lower-case letters, digits and hyphens.", named(&s.name)),
		strict.Key("title", "What happens, in a sentence.", strict.Printable(&s.title)),
		strict.Key("source", "The incident or the bug that it stands for.", strict.Printable(&s.source)),
		strict.Key("starts", "When it begins: virtual time and reports show it.", start(&s.starts)),
		strict.Key("seed", "The same seed makes the same plan.", seed(&s.seed)),
		strict.Key("catches", "Bugs of the reference sender that it shows.", strict.List(&s.catches, named)),
	}
}

func start(dst *time.Time) strict.Value {
	v := strict.Parsed(dst, "a date such as 2025-12-10T03:02:00Z", strict.Matching(`^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{1,2}:.+$`),
		func(text string) (time.Time, error) {
			at, err := time.Parse(time.RFC3339, text)
			if err != nil || at.Year() < 2000 || at.Year() > 2200 {
				return time.Time{}, fmt.Errorf("%q is not a date such as 2025-12-10T03:02:00Z", text)
			}
			return at.UTC(), nil
		})
	return strict.Shaped(v, func(s *strict.Schema) {
		s.Default, s.ErrorMessage = dst.Format(time.RFC3339), "must be a date such as 2025-12-10T03:02:00Z"
	})
}

func seed(dst *uint64) strict.Value {
	schema := func() *strict.Schema {
		least := 1.0
		return &strict.Schema{Type: strict.Types{"integer"}, Minimum: &least, Default: *dst}
	}
	return strict.Custom(schema, func(r *strict.Reader, n *strict.Node, what string) {
		if n.Tag != strict.TagInt {
			r.Wrong(n, what, "a whole number")
			return
		}
		i, err := strconv.ParseUint(n.Text, 10, 64)
		if err != nil || i == 0 {
			r.Wrong(n, what, "a whole number from 1 on")
			return
		}
		*dst = i
	})
}

// settings are the fields that most files leave out.
func settings(s *Spec) []strict.Field {
	until := "settled"
	return []strict.Field{
		strict.Key("drain", "What follows the last event.", strict.Mapping{Fields: []strict.Field{
			strict.Key("until", "What it waits for: that everything that is owed is settled.", strict.OneOf(&until, "end of a drain", "settled")),
			strict.Key("at-most", "When it ends at the latest.", strict.Least(&s.drain.AtMost, time.Second)),
			strict.Key("quiet", "For how long nothing must happen before it ends.", strict.Duration(&s.drain.Quiet)),
		}}),
		strict.Key("publisher", "How events are handed to the sender.", strict.Mapping{Fields: []strict.Field{
			strict.Need("retry", "How often a refused or unanswered publish is tried again.", strict.Least(&s.retry, minSpan)),
		}}),
		strict.Key("latency", "How long healthy endpoints take to answer: a duration or a range.", latency(&s.latency)),
		strict.Key("time", "How time goes in real time.", strict.Mapping{Fields: []strict.Field{
			strict.Need("scale", "With --real, a scenario minute takes a minute divided by this, unless --scale says otherwise.",
				strict.Float(&s.scale, 1, maxScale)),
		}}),
	}
}

func latency(dst *Latency) strict.Value {
	v := strict.Parsed(dst, "a duration or a range such as 20ms..200ms", rangeOf(strict.DurationPattern+"|0"), func(text string) (Latency, error) {
		least, most, err := parseRange(text, strict.ParseDuration)
		return Latency{least, most}, err
	})
	return strict.Shaped(v, func(s *strict.Schema) {
		s.Type, s.If, s.Then = strict.Types{"string", "integer"}, &strict.Schema{Type: strict.Types{"integer"}}, &strict.Schema{Const: 0}
		s.ErrorMessage = "must be a duration or a range such as 20ms..200ms"
		s.Default = strict.FormatDuration(dst.Min) + ".." + strict.FormatDuration(dst.Max)
	})
}

// telling is a schema with what an editor says of what does not fit.
func telling(schema func() *strict.Schema, message string) func() *strict.Schema {
	return func() *strict.Schema {
		s := schema()
		s.ErrorMessage = message
		return s
	}
}

// rangeOf is the schema of `a..b`, or `a` for both ends.
func rangeOf(end string) func() *strict.Schema {
	return strict.Matching("^(" + end + `)(\.\.(` + end + "))?$")
}

// maxScale bounds time.scale: one scenario hour in a third of a second.
const maxScale = 10_000

// minSpan is the shortest time that something planned may last: shorter, its
// two ends could fall into one cell of the grid of instants.
const minSpan = time.Millisecond
