package strict

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// thing has a key of each kind.
type thing struct {
	text, filled, shown, word, kind, id string
	yes                                 bool
	version, count                      int
	ratio, share                        float64
	wait, least, within                 time.Duration
	list                                []string
	some                                []string
	entries                             map[string]string
	order                               []string
	at                                  Pos
}

var idForm = regexp.MustCompile(`^[a-z]+$`)

func (x *thing) value() Mapping {
	return Mapping{What: "thing", Fields: []Field{
		Need("version", "Its version.", Version(&x.version, 1)),
		Key("text", "Any text.", Text(&x.text)),
		Key("filled", "Some text.", Filled(&x.filled)),
		Key("shown", "A text to show.", Printable(&x.shown)),
		Key("id", "Its id.", Form(Printable(&x.id), idForm, "lower-case letters")),
		Key("word", "One of three.", Word(&x.word, "red", "green", "blue")),
		Key("kind", "One of two.", OneOf(&x.kind, "colour", "cyan", "magenta")),
		Key("yes", "Whether.", Bool(&x.yes)),
		Key("count", "How many.", Int(&x.count, 1, 10)),
		Key("ratio", "How much.", Float(&x.ratio, 0, 2)),
		Key("share", "Which part.", Share(&x.share, 0, 1)),
		Key("wait", "How long.", At(&x.at, Duration(&x.wait))),
		Key("least", "How long at least.", Least(&x.least, time.Second)),
		Key("within", "How long, within bounds.", Within(&x.within, time.Second, time.Minute)),
		Key("list", "Texts.", List(&x.list, Text).Filled().Most(2)),
		Key("some", "One text or several.", OneOrList(&x.some, Text)),
		Key("entries", "Texts by name.", Entries{Filled: "there are no names", Key: func(*Node) Value {
			return Form(Text(new(string)), idForm, "lower-case letters")
		}, Value: func(key *Node) Value {
			one := ""
			return Also(Text(&one), func(*Node) {
				if x.entries == nil {
					x.entries = map[string]string{}
				}
				x.entries[key.Text] = one
				x.order = append(x.order, key.Text)
			})
		}}),
		Key("below", "Another mapping.", Mapping{Dotted: true, Fields: []Field{
			Need("about", "", Text(new(string))).Else("about is missing"),
			Key("left", "", Text(new(string))), Key("right", "", Text(new(string))), Key("rest", "", Text(new(string))),
		}, Rules: []Rule{One("left or right", "left", "right"), Together("left and rest go together", "left", "rest")}}),
	}}
}

// read reads a flow mapping with a version as a thing.
func read(f Format, text string) (thing, error) {
	var x thing
	r := NewReader("f", f)
	r.Read([]byte(text), x.value())
	return x, r.Err()
}

func TestRead(t *testing.T) {
	got, err := read(Format{}, `
version: 1
text: 5
filled: true
shown: a
id: abc
word: red
kind: cyan
yes: true
count: 10
ratio: 0.5
share: 0.25
wait: 0
least: 1h30m
within: 1m
list: [a, 2]
some: b
entries: {z: 1, a: x}
below: {about: 1, right: 2}
`)
	if err != nil {
		t.Fatal(err)
	}
	want := thing{text: "5", filled: "true", shown: "a", id: "abc", word: "red", kind: "cyan", yes: true, version: 1, count: 10,
		ratio: 0.5, share: 0.25, least: 90 * time.Minute, within: time.Minute, list: []string{"a", "2"}, some: []string{"b"},
		entries: map[string]string{"z": "1", "a": "x"}, order: []string{"z", "a"}, at: Pos{13, 7}}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(thing{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestProblems wants each mistake told with its place, its part and its cause,
// in both ways to word it.
func TestProblems(t *testing.T) {
	scenario, profile := Format{Name: "a scenario file"}, Format{Name: "a profile", Root: "the profile", Wants: true, Aliases: true}
	for _, row := range []struct {
		reason, text, want string
		format             Format
	}{
		{"empty", " \n", "f:1:1: the file is empty", scenario},
		{"only a comment", "# x", "f:1:1: the file is empty", scenario},
		{"too long", strings.Repeat("#", maxFile+1), "f:1:1: 1048577 bytes are too much: at most 1048576", scenario},
		{"no text", "\xff", "f:1:1: not UTF-8 text", scenario},
		{"no YAML", "a: [", "f:2:1: yaml: did not find expected node content while parsing a flow node", scenario},
		{"two documents", "a: 1\n---\nb: 1", "f:2:1: a second document: a scenario file has one", scenario},
		{"a key that is a list", "[a]: 1", "f:1:1: yaml: a key must be a text", scenario},
		{"a merge key", "<<: {a: 1}", "f:1:1: yaml: merge key <<: write the keys out", scenario},
		{"a tag", "version: !!int 1", "f:1:10: yaml: tag !!int: values take their type from the way they are written", scenario},
		{"an anchor", "version: &v 1", "f:1:10: yaml: anchor &v: write the value out where it is used", scenario},
		{"not a mapping", "[]", "f:1:1: thing: must be a mapping, not a list", scenario},
		{"a key missing", "{text: a}", `f:1:1: thing: missing key "version"`, scenario},
		{"a slip", "{version: 1, txet: a}", `f:1:14: thing: unknown key "txet"; did you mean "text"?`, scenario},
		{"a slip is not missing, too", "{vresion: 1, below: {about: 1, rihgt: 1}}",
			"f:1:2: thing: unknown key \"vresion\"; did you mean \"version\"?\nf:1:32: below: unknown key \"rihgt\"; did you mean \"right\"?", scenario},
		{"nothing like it, and too many to list", "{version: 1, zzzzzz: a}", `f:1:14: thing: unknown key "zzzzzz"`, scenario},
		{"nothing like it", "{version: 1, below: {about: 1, right: 1, zzzz: 1}}", `f:1:42: below: unknown key "zzzz"; known: about, left, right, rest`, scenario},
		{"a key twice", "{version: 1,\nversion: 1}", `f:2:1: thing: key "version" stands here twice; the first is on line 1`, scenario},
		{"another version", "version: 2", "f:1:10: version: 2 is not known: this hookdrill reads version 1", scenario},
		{"a version that is none", "version: one", `f:1:10: version: must be a whole number, not "one"`, scenario},
		{"no text at all", "{version: 1, text: }", "f:1:20: text: must be a text, not nothing", scenario},
		{"an empty text", `{version: 1, filled: ""}`, `f:1:22: filled: must be a text, not ""`, scenario},
		{"a number for a text", "{version: 1, shown: 12}", `f:1:21: shown: must be a text, not 12; put it in quotes: "12"`, scenario},
		{"what no terminal shows", `{version: 1, shown: "\e"}`, `f:1:21: shown: "\x1b" has control characters`, scenario},
		{"another form", "{version: 1, id: A1}", `f:1:18: id: "A1" must be made of lower-case letters`, scenario},
		{"none of the words", "{version: 1, word: gren}", `f:1:20: word: "gren" is none of red, green, blue; did you mean "green"?`, scenario},
		{"none of a kind", "{version: 1, kind: yellow}", `f:1:20: kind: unknown colour "yellow"; known: cyan, magenta`, scenario},
		{"neither true nor false", "{version: 1, yes: maybe}", `f:1:19: yes: must be true or false, not "maybe"`, scenario},
		{"true in quotes", `{version: 1, yes: "true"}`, `f:1:19: yes: must be true or false, not "true"`, scenario},
		{"out of bounds", "{version: 1, count: 11}", "f:1:21: count: must be a whole number from 1 to 10, not 11", scenario},
		{"a fraction for a number", "{version: 1, count: 1.5}", "f:1:21: count: must be a whole number from 1 to 10, not 1.5", scenario},
		{"too much", "{version: 1, ratio: 2.1}", "f:1:21: ratio: must be a number from 0 to 2, not 2.1", scenario},
		{"no number", "{version: 1, ratio: .nan}", "f:1:21: ratio: must be a number from 0 to 2, not .nan", scenario},
		{"all of it is no share", "{version: 1, share: 1}", "f:1:21: share: must be a number above 0 and below 1, not 1", scenario},
		{"no unit", "{version: 1, wait: 5}", `f:1:20: wait: "5" has no unit: write 5s, 5m, 5h or 5d`, scenario},
		{"a list for a duration", "{version: 1, wait: []}", "f:1:20: wait: must be a duration such as 90s, not a list", scenario},
		{"too short", "{version: 1, least: 1ms}", "f:1:21: least: 1ms is too short: at least 1s", scenario},
		{"longer than the bound", "{version: 1, within: 2m}", `f:1:22: within: must be a duration from 1s to 1m0s, not "2m"`, scenario},
		{"a text for a list", "{version: 1, list: a}", `f:1:20: list: must be a list, not "a"`, scenario},
		{"an empty list", "{version: 1, list: []}", "f:1:20: list: there are none", scenario},
		{"too many", "{version: 1, list: [a, b, c]}", "f:1:27: list: more than 2", scenario},
		{"one of none", "{version: 1, some: []}", "f:1:20: some: the list is empty", scenario},
		{"no entries", "{version: 1, entries: {}}", "f:1:23: entries: there are no names", scenario},
		{"a name of another form", "{version: 1, entries: {A: 1}}", `f:1:24: entries: "A" must be made of lower-case letters`, scenario},
		{"a name twice", "{version: 1, entries: {a: 1, a: 1}}", `f:1:30: entries: key "a" stands here twice; the first is on line 1`, scenario},
		{"one too few, one too many", "{version: 1, below: {left: 1, right: 1}}", "f:1:21: below: about is missing\nf:1:21: below: left or right\nf:1:21: below: left and rest go together", scenario},
		{"all of it in one go, in the order of the file", "{version: 1, count: x, text: , yes: 1}",
			"f:1:21: count: must be a whole number from 1 to 10, not \"x\"\nf:1:30: text: must be a text, not nothing\nf:1:37: yes: must be true or false, not 1", scenario},

		{"a profile: not a mapping", "[]", "f:1:1: thing: want a mapping, got a list", profile},
		{"a profile: a slip", "{version: 1, txet: a}", `f:1:14: unknown key "txet" in thing; did you mean "text"?`, profile},
		{"a profile: a dotted name", "{version: 1, below: {about: [], left: 1, rest: 1}}", "f:1:29: below.about: want a text, got a list", profile},
		{"a profile: an alias of what is wrong", "{version: 1, text: &a [], filled: *a}",
			"f:1:20: text: want a text, got a list\nf:1:20: filled: want a text, got a list", profile},
		{"a profile: an alias of itself", "{version: 1, list: &a [*a]}", "f:1:20: list: want a text, got a list", profile},
	} {
		_, err := read(row.format, row.text)
		if got := fmt.Sprint(err); got != row.want {
			t.Errorf("%s:\n got %s\nwant %s", row.reason, got, row.want)
		}
	}
}

// TestManyProblems wants no more of them than somebody reads.
func TestManyProblems(t *testing.T) {
	p := Problems{File: "f"}
	for line := 13; line > 0; line-- {
		p.Add(Pos{line, 1}, "a\nb", "wrong")
	}
	got := strings.Split(p.Err().Error(), "\n")
	if len(got) != 11 || got[0] != `f:1:1: "a\nb": wrong` || got[10] != "f: and 3 more" {
		t.Errorf("%q", got)
	}
}
