package history

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"unicode/utf8"
)

// row is one line of the file with its fields unconverted. One is used for
// all lines: a field counts only where its bit in seen is set.
type row struct {
	seen  uint64
	num   [fieldCount]int64
	text  [fieldCount][]byte // points into the line, unless the string has escapes
	list  [][]byte
	line  []byte
	place int
}

// errCut says that a line ends before its object does.
var errCut = errors.New("the line is cut off")

// parse reads one flat object, with its fields in any order: the file may
// have been through jq.
func (r *row) parse(line []byte) error {
	r.seen, r.line, r.place = 0, line, 0
	if err := r.expect('{'); err != nil {
		return err
	}
	if r.peek() == '}' {
		r.place++
		return r.rest()
	}
	for {
		if err := r.member(); err != nil {
			return err
		}
		switch c := r.peek(); {
		case c == ',':
			r.place++
		case c == '}':
			r.place++
			return r.rest()
		default:
			return r.unexpected("',' or '}'")
		}
	}
}

// member reads one name and its value.
func (r *row) member() error {
	name, err := r.readString()
	if err != nil {
		return err
	}
	f := fieldOf(name)
	if f == fieldNone {
		return fmt.Errorf("unknown field %q", name)
	}
	if r.seen&(1<<f) != 0 {
		return fmt.Errorf("field %q occurs twice", name)
	}
	r.seen |= 1 << f
	if err := r.expect(':'); err != nil {
		return err
	}
	switch fieldTypes[f] {
	case typeNumber:
		r.num[f], err = r.integer()
	case typeText:
		r.text[f], err = r.readString()
	case typeTrue:
		r.num[f], err = r.boolean()
	case typeList:
		err = r.readList()
	}
	if err != nil && !errors.Is(err, errCut) {
		return fmt.Errorf("%s: %w", name, err)
	}
	return err
}

// peek skips white space and returns the next byte, or 0 at the line's end.
func (r *row) peek() byte {
	if r.place < len(r.line) && r.line[r.place] > ' ' {
		return r.line[r.place]
	}
	return r.peekSpace()
}

func (r *row) peekSpace() byte {
	for r.place < len(r.line) {
		switch c := r.line[r.place]; c {
		case ' ', '\t', '\r':
			r.place++
		default:
			return c
		}
	}
	return 0
}

func (r *row) expect(c byte) error {
	if r.peek() != c || r.place == len(r.line) {
		return r.unexpected(string([]byte{'\'', c, '\''}))
	}
	r.place++
	return nil
}

func (r *row) unexpected(want string) error {
	if r.place >= len(r.line) {
		return errCut
	}
	return fmt.Errorf("column %d: want %s, not %q", r.place+1, want, r.line[r.place])
}

func (r *row) rest() error {
	if r.peek(); r.place < len(r.line) {
		return r.unexpected("the line's end")
	}
	return nil
}

// integer reads a whole number. Numbers in another notation are refused: an
// offset that went through a float64 has lost its nanoseconds.
func (r *row) integer() (int64, error) {
	negative := r.peek() == '-'
	if negative {
		r.place++
	}
	line, start := r.line, r.place
	i := start
	var n uint64
	for i < len(line) && line[i]-'0' <= 9 {
		n = n*10 + uint64(line[i]-'0')
		i++
	}
	r.place = i
	switch {
	case i == len(line):
		return 0, errCut
	case i == start:
		return 0, r.unexpected("a whole number")
	case line[start] == '0' && i-start > 1:
		return 0, errors.New("number with a leading zero")
	case line[i] == '.' || line[i] == 'e' || line[i] == 'E':
		return 0, errors.New("not a whole number")
	// Nineteen digits fit into 64 bits, and only then tell whether they fit into 63.
	case i-start > 19 || n > math.MaxInt64:
		return 0, errors.New("number out of range")
	}
	if negative {
		return -int64(n), nil
	}
	return int64(n), nil
}

func (r *row) boolean() (int64, error) {
	r.peek()
	for value, word := range []string{"false", "true"} {
		rest := r.line[r.place:]
		if bytes.HasPrefix(rest, []byte(word)) {
			r.place += len(word)
			return int64(value), nil
		}
		if len(rest) < len(word) && string(rest) == word[:len(rest)] {
			return 0, errCut
		}
	}
	return 0, r.unexpected("true or false")
}

func (r *row) readList() error {
	r.list = r.list[:0]
	if err := r.expect('['); err != nil {
		return err
	}
	if r.peek() == ']' {
		r.place++
		return nil
	}
	for {
		s, err := r.readString()
		if err != nil {
			return err
		}
		r.list = append(r.list, s)
		switch c := r.peek(); {
		case c == ',':
			r.place++
		case c == ']':
			r.place++
			return nil
		default:
			return r.unexpected("',' or ']'")
		}
	}
}

// readString reads a string. Without escapes, which is nearly always, its
// bytes are those of the line.
func (r *row) readString() ([]byte, error) {
	if err := r.expect('"'); err != nil {
		return nil, err
	}
	line, start := r.line, r.place
	plain, ascii := true, true
	for i := start; i < len(line); i++ {
		c := line[i]
		switch {
		case c == '"':
			r.place = i + 1
			if plain && ascii {
				return line[start:i], nil
			}
			return unescape(line[start-1:i+1], plain)
		case c == '\\':
			plain = false
			i++
		case c < 0x20:
			r.place = i
			return nil, r.unexpected("a character of a string")
		case c >= utf8.RuneSelf:
			ascii = false
		}
	}
	r.place = len(line)
	return nil, errCut
}

// unescape returns the text of a string that has its quotes.
func unescape(quoted []byte, plain bool) ([]byte, error) {
	if !utf8.Valid(quoted) {
		return nil, errors.New("text that is not UTF-8")
	}
	if plain {
		return quoted[1 : len(quoted)-1], nil
	}
	var s string
	if err := json.Unmarshal(quoted, &s); err != nil {
		return nil, err
	}
	return []byte(s), nil
}
