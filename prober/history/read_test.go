package history

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
	"unsafe"

	"github.com/google/go-cmp/cmp"
)

func TestWhatIsNotAHistory(t *testing.T) {
	const header = `{"kind":"header","schema":1,"seed":"1","endpoints":["eu-0"],"faults":["update"]}` + "\n"
	const note = `{"kind":"note","seq":1,"at_ns":1}` + "\n"
	tests := []struct{ reason, file, want string }{
		{"an empty file", "", "line 1: header: the file is empty"},
		{"a header that is cut", header[:30], "line 1: header: unexpected end of JSON input"},
		{"not JSON", "kind=header\n", "line 1: header: invalid character 'k' looking for beginning of value"},
		{"the header is gone", note, `line 1: header: missing, the kind is "note"`},
		{"a later version, with fields we do not know", `{"kind":"header","schema":2,"x":1}` + "\n", "line 1: header: schema is 2: this version reads 1"},
		{"no schema", `{"kind":"header"}` + "\n", "line 1: header: schema is 0: this version reads 1"},
		{"an unknown field", `{"kind":"header","schema":1,"seeds":1}` + "\n", `line 1: header: json: unknown field "seeds"`},
		{"names that occur twice", `{"kind":"header","schema":1,"endpoints":["a","a"]}` + "\n", `line 1: header: endpoint "a" occurs twice`},

		{"an unknown kind", header + `{"kind":"event","seq":1}` + "\n", `line 2: entry: unknown kind "event"`},
		{"no kind", header + `{"seq":1,"at_ns":1}` + "\n", "line 2: entry: no kind"},
		{"a second header", header + `{"kind":"header","seq":1}` + "\n", `line 2: entry: unknown kind "header"`},
		{"no object", header + "[1]\n", "line 2: entry: column 1: want '{', not '['"},
		{"an empty object", header + "{}\n", "line 2: entry: no kind"},
		{"an unknown field", header + `{"kind":"note","color":1}` + "\n", `line 2: entry: unknown field "color"`},
		{"a field of another kind", header + `{"kind":"note","seq":1,"at_ns":1,"status":404}` + "\n", `line 2: note: unknown field "status"`},
		{"a field is not there", header + `{"kind":"note","seq":1}` + "\n", "line 2: note: no at_ns"},
		{"a field twice", header + `{"kind":"note","seq":1,"seq":1}` + "\n", `line 2: entry: field "seq" occurs twice`},
		{"no comma", header + `{"kind":"note" "seq":1}` + "\n", "line 2: entry: column 16: want ',' or '}', not '\"'"},
		{"no colon", header + `{"kind","note"}` + "\n", "line 2: entry: column 8: want ':', not ','"},
		{"two objects in a line", header + `{"kind":"note","seq":1,"at_ns":1}{}` + "\n", "line 2: entry: column 34: want the line's end, not '{'"},

		{"text for a number", header + `{"seq":"1"}` + "\n", `line 2: entry: seq: column 8: want a whole number, not '"'`},
		{"a number for text", header + `{"kind":1}` + "\n", `line 2: entry: kind: column 9: want '"', not '1'`},
		{"a number that was rounded", header + `{"at_ns":1.5e15}` + "\n", "line 2: entry: at_ns: not a whole number"},
		{"a number that is too large", header + `{"at_ns":9223372036854775808}` + "\n", "line 2: entry: at_ns: number out of range"},
		{"octal, perhaps", header + `{"at_ns":010}` + "\n", "line 2: entry: at_ns: number with a leading zero"},
		{"no number", header + `{"at_ns":-}` + "\n", "line 2: entry: at_ns: column 11: want a whole number, not '}'"},
		{"no truth", header + `{"late":nul}` + "\n", "line 2: entry: late: column 9: want true or false, not 'n'"},
		{"no list", header + `{"endpoints":"eu-0"}` + "\n", `line 2: entry: endpoints: column 14: want '[', not '"'`},
		{"a list of numbers", header + `{"endpoints":[0]}` + "\n", `line 2: entry: endpoints: column 15: want '"', not '0'`},
		{"a list without commas", header + `{"endpoints":["a" "b"]}` + "\n", `line 2: entry: endpoints: column 19: want ',' or ']', not '"'`},
		{"text that is not UTF-8", header + "{\"text\":\"\xff\"}\n", "line 2: entry: text: text that is not UTF-8"},
		{"a control character in text", header + "{\"text\":\"\x01\"}\n", `line 2: entry: text: column 10: want a character of a string, not '\x01'`},
		{"an escape that there is not", header + `{"text":"\x"}` + "\n", "line 2: entry: text: invalid character 'x' in string escape code"},

		{"the word of another kind", header + `{"kind":"attempt","seq":1,"endpoint":"eu-0","disposition":"accepted"}` + "\n", `line 2: attempt: disposition: unknown word "accepted"`},
		{"a word that is never written", header + `{"kind":"sender","seq":1,"at_ns":1,"what":""}` + "\n", `line 2: sender: what: unknown word ""`},
		{"an endpoint by its index", header + `{"kind":"attempt","seq":1,"endpoint":"0","disposition":"acked"}` + "\n", `line 2: attempt: endpoint "0" is not in the header`},
		{"an unknown fault", header + `{"kind":"fault","seq":1,"at_ns":1,"fault":"x","what":"on"}` + "\n", `line 2: fault: fault "x" is not in the header`},
		{"an unknown endpoint in a list", header + `{"kind":"fault","seq":1,"at_ns":1,"fault":"update","what":"on","endpoints":["x"]}` + "\n", `line 2: fault: endpoint "x" is not in the header`},
		{"too large for its field", header + `{"kind":"attempt","seq":1,"endpoint":"eu-0","disposition":"acked","status":65536}` + "\n", "line 2: attempt: status: 65536 out of range"},
		{"negative", header + `{"kind":"attempt","seq":1,"endpoint":"eu-0","disposition":"acked","key":-1}` + "\n", "line 2: attempt: key: -1 out of range"},
		{"a short id", header + `{"kind":"attempt","seq":1,"endpoint":"eu-0","disposition":"acked","id":"ff"}` + "\n", `line 2: attempt: id: "ff" is not 16 hexadecimal digits`},
		{"an empty id", header + `{"kind":"attempt","seq":1,"endpoint":"eu-0","disposition":"acked","id":""}` + "\n", `line 2: attempt: id: "" is not 16 hexadecimal digits`},
		{"an id in capitals", header + `{"kind":"attempt","seq":1,"endpoint":"eu-0","disposition":"acked","id":"00000000000000FF"}` + "\n", `line 2: attempt: id: "00000000000000FF" is not 16 hexadecimal digits`},

		{"it does not begin at 1", header + strings.Replace(note, `"seq":1`, `"seq":2`, 1), "line 2: note: seq 2 follows 0"},
		{"the sequence stands still", header + note + note, "line 3: note: seq 1 follows 1"},
		{"a line was taken out", header + note + strings.Replace(note, `"seq":1`, `"seq":3`, 1), "line 3: note: seq 3 follows 1"},
		{"a cut line in the middle", header + note[:20] + "\n" + note, "line 2: entry: the line is cut off"},
		{"a cut field in the middle", header + note[:25] + "\n" + note, "line 2: entry: the line is cut off"},
		{"an amend of nothing", header + `{"kind":"amend","seq":1,"at_ns":1,"request":7,"disposition":"acked"}` + "\n", "line 2: amend: no attempt of request 7"},
		{"an entry behind the end", header + `{"kind":"end","seq":1,"at_ns":1,"pending":0,"dropped":0,"unpublished":0}` + "\n" + strings.Replace(note, `"seq":1`, `"seq":2`, 1), "line 3: entry: behind the end"},
		{"a negative count", header + `{"kind":"end","seq":1,"at_ns":1,"pending":-1,"dropped":-1,"unpublished":0}` + "\n", "line 2: end: dropped: -1 out of range"},
	}
	for _, tt := range tests {
		t.Run(tt.reason, func(t *testing.T) {
			_, err := Read(strings.NewReader(tt.file))
			if want := "history: " + tt.want; err == nil || err.Error() != want {
				t.Errorf("\n got %v\nwant %s", err, want)
			}
		})
	}
}

// Wherever a crash cuts the file, what stands before the cut line is kept.
func TestAFileCutAnywhere(t *testing.T) {
	file, _ := record(t)
	header := bytes.IndexByte(file, '\n') + 1
	for cut := header; cut <= len(file); cut++ {
		h, err := Read(bytes.NewReader(file[:cut]))
		if err != nil && !strings.Contains(err.Error(), "amend: no attempt") {
			t.Fatalf("cut at %d: %v", cut, err)
		}
		whole := file[cut-1] == '\n'
		if h.Torn == whole || (h.End != nil) != (cut == len(file)) {
			t.Fatalf("cut at %d: torn is %v, end is %v", cut, h.Torn, h.End)
		}
		if n := bytes.Count(file[header:cut], []byte("\n")); entries(h) != n {
			t.Fatalf("cut at %d: %d entries, want %d", cut, entries(h), n)
		}
	}
}

// entries counts the lines that a history was read from; the fixture has two amends.
func entries(h *History) int {
	n := len(h.Published) + len(h.Attempts) + len(h.Faults) + len(h.Senders) + len(h.Accounts) + len(h.Notes)
	if len(h.Attempts) == 3 && h.Attempts[2].Disposition != Acked {
		n++
	}
	if len(h.Attempts) == 3 && h.Attempts[2].Disposition == Ambiguous {
		n++
	}
	if h.End != nil {
		n++
	}
	return n
}

// An editor, or a shell's redirect, may end the half line.
func TestACutLastLineWithANewline(t *testing.T) {
	file, _ := record(t)
	for _, cut := range []int{2, 20, 40} {
		h, err := Read(strings.NewReader(string(file[:len(file)-cut]) + "\n"))
		if err != nil || !h.Torn || h.End != nil {
			t.Errorf("cut by %d: %v, torn %v", cut, err, h != nil && h.Torn)
		}
	}
}

func TestReadsOfAnySizeGiveTheSame(t *testing.T) {
	file, want := record(t)
	for name, r := range map[string]func() (*History, error){
		"one byte at a time":    func() (*History, error) { return Read(iotest.OneByteReader(bytes.NewReader(file))) },
		"an error with the end": func() (*History, error) { return Read(iotest.DataErrReader(bytes.NewReader(file))) },
	} {
		got, err := r()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: -recorded +read\n%s", name, diff)
		}
	}
	broken := errors.New("input/output error")
	_, err := Read(iotest.TimeoutReader(iotest.OneByteReader(bytes.NewReader(file))))
	if want := "history: line 1: timeout"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	_, err = Read(iotest.ErrReader(broken))
	if want := "history: line 1: input/output error"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestLinesLongerThanTheBuffer(t *testing.T) {
	var file bytes.Buffer
	r := newRecorder(t, &file)
	text := strings.Repeat("é\n", 1<<20)
	r.Note(Note{Text: "before"})
	r.Note(Note{Text: text})
	r.Note(Note{Text: "behind"})
	if err := r.End(End{}); err != nil {
		t.Fatal(err)
	}
	h, err := Read(&file)
	if err != nil {
		t.Fatal(err)
	}
	if len(h.Notes) != 3 || h.Notes[1].Text != text || h.Notes[2].Text != "behind" {
		t.Error("a long line was not read as it was written")
	}
}

func TestReadFile(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "history.jsonl")
	file, want := record(t)
	if err := os.WriteFile(name, file, 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-recorded +read\n%s", diff)
	}
	if err := os.WriteFile(name, append(file, "{}\n"...), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadFile(name); err == nil || err.Error() != name+": line 16: entry: behind the end" {
		t.Errorf("got %v", err)
	}
	name += ".gone"
	if _, err := ReadFile(name); !errors.Is(err, os.ErrNotExist) || err.Error() != "history: open "+name+": no such file or directory" {
		t.Errorf("got %v", err)
	}
}

// Room is made for all attempts at once: what append would leave over at ten
// million is hundreds of megabytes.
func TestReadingLeavesLittleRoomOver(t *testing.T) {
	name := filepath.Join(t.TempDir(), "history.jsonl")
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	r := newRecorder(t, f)
	const n = 50_000
	for i := range uint32(n) {
		r.Attempts([]Attempt{{Endpoint: i % 2, Key: i % 40, Number: i + 1, Request: i + 1, Disposition: Acked}})
	}
	if err := errors.Join(r.End(End{}), f.Close()); err != nil {
		t.Fatal(err)
	}
	h, err := ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if len(h.Attempts) != n || cap(h.Attempts) > n*11/10 {
		t.Errorf("%d attempts in room for %d, want room for at most a tenth more", len(h.Attempts), cap(h.Attempts))
	}
}

// DESIGN.md allows 140 bytes; checkers need some for their columns.
func TestSizeOfAnAttempt(t *testing.T) {
	if size := unsafe.Sizeof(Attempt{}); size > 88 {
		t.Errorf("an attempt takes %d bytes, want 88: put new fields where the padding is", size)
	}
}
