package stricttest

import (
	"fmt"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/hookdrill/hookdrill/prober/strict"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// told is a test that keeps what it is told.
type told struct {
	testing.TB

	errs []string
}

func (r *told) Errorf(format string, args ...any) {
	r.errs = append(r.errs, fmt.Sprintf(format, args...))
}
func (r *told) Error(args ...any) { r.errs = append(r.errs, fmt.Sprint(args...)) }

// small is a format; each change makes its reader or its schema forget
// something.
func small(schema, reader func(m *strict.Mapping)) Format {
	mapping := func(change func(m *strict.Mapping)) strict.Value {
		m := strict.Mapping{Fields: []strict.Field{
			strict.Need("name", "", strict.Filled(new(string))),
			strict.Key("count", "", strict.Int(new(int), 1, 9)),
			strict.Key("list", "", strict.List(new([]string), strict.Text)),
		}, Rules: []strict.Rule{strict.Together("count and list", "count", "list")}}
		change(&m)
		return m
	}
	return Format{Schema: strict.Document("", "", mapping(schema)), Parse: func(text []byte) error {
		r := strict.NewReader("x", strict.Format{})
		r.Read(text, mapping(reader))
		return r.Err()
	}}
}

// TestTheTests wants a reader and a schema that are of two minds to be told on.
func TestTheTests(t *testing.T) {
	same := func(*strict.Mapping) {}
	texts := map[string][]byte{"a": []byte("{name: x, count: 1, list: [a]}")}
	bad := map[string][]byte{"bad/none.yaml": []byte("{}"), "bad/low.yaml": []byte("{name: x, count: 0, list: []}")}
	last := func(m *strict.Mapping) { m.Fields, m.Rules = m.Fields[:2], nil }
	anyCount := func(m *strict.Mapping) { m.Fields[1] = strict.Key("count", "", strict.Int(new(int), -9, 99)) }
	for _, row := range []struct {
		reason         string
		schema, reader func(*strict.Mapping)
		ask            func(t testing.TB, f Format)
		want           string // the first error, or a part of it
	}{
		{"they agree", same, same, func(t testing.TB, f Format) { Valid(t, f, texts); Invalid(t, f, bad, nil) }, ""},
		{"the schema has no list", last, same, func(t testing.TB, f Format) { Valid(t, f, texts) }, "the schema: a: "},
		{"the reader has no list", same, last, func(t testing.TB, f Format) { Valid(t, f, texts) }, "the reader: a: "},
		{"nobody uses a key", same, same, func(t testing.TB, f Format) { Valid(t, f, map[string][]byte{"a": []byte("name: x")}) }, `no example has the key "count"`},
		{"the schema takes any count", anyCount, same, func(t testing.TB, f Format) { Invalid(t, f, bad, nil) }, "the schema takes bad/low.yaml, and nobody says why"},
		{"the reader takes any count", same, anyCount, func(t testing.TB, f Format) { Invalid(t, f, bad, nil) }, "the reader takes bad/low.yaml"},
		{"a reason for nothing", same, same, func(t testing.TB, f Format) { Invalid(t, f, bad, map[string]string{"low": "", "high": ""}) }, "the schema refuses bad/low.yaml, though it is said to take it"},
		{"the schema is narrower", same, anyCount, func(t testing.TB, f Format) { Mutated(t, f, texts) }, "the reader takes what the schema refuses"},
		{"the schema is wider", anyCount, same, func(t testing.TB, f Format) { Mutated(t, f, texts) }, "the schema takes what the reader refuses"},
		{"too little to try", same, same, func(t testing.TB, f Format) { Mutated(t, f, texts) }, "that is too little"},
		{"the schema does not know a key", func(m *strict.Mapping) { m.Fields[0].Name = "nome" }, same,
			func(t testing.TB, f Format) { Keys(t, f, []byte("{count: 1}")) }, "nome in : the schema knows it: true, the reader asks for it: false"},
		{"too few keys", same, same, func(t testing.TB, f Format) { Keys(t, f, []byte("{count: 1}")) }, "2 keys that both know: this test looked at too little"},
	} {
		r := &told{TB: t}
		row.ask(r, small(row.schema, row.reader))
		got := strings.Join(r.errs, "\n")
		if row.want == "" && got != "" || !strings.Contains(got, row.want) {
			t.Errorf("%s: told %q, want %q", row.reason, got, row.want)
		}
	}
}

// TestFiles wants files that are not there to be missed.
func TestFiles(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("no files, and nobody says so")
		}
	}()
	Files(fatal{t}, "*.none")
}

// fatal is a test that panics in place of ending.
type fatal struct{ testing.TB }

func (fatal) Fatalf(format string, args ...any) { panic(fmt.Sprintf(format, args...)) }
