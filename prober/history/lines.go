package history

import (
	"bytes"
	"fmt"
	"io"
)

// maxLine bounds a line, of which the header with its scenario is the longest.
const maxLine = 64 << 20

// lines cuts a stream into lines.
type lines struct {
	r          io.Reader
	buf        []byte
	start, end int   // buf[start:end] was read and not yet handed out
	taken      int64 // bytes handed out
	torn       bool  // the line that was handed out last had no end
	done       bool
}

// next returns the next line without its end; it is valid until the next call.
func (l *lines) next() ([]byte, error) {
	searched := 0
	for {
		if i := bytes.IndexByte(l.buf[l.start+searched:l.end], '\n'); i >= 0 {
			return l.hand(searched+i, 1), nil
		}
		searched = l.end - l.start
		if l.done {
			if searched == 0 {
				return nil, io.EOF
			}
			l.torn = true
			return l.hand(searched, 0), nil
		}
		if searched > maxLine {
			return nil, fmt.Errorf("longer than %d bytes", maxLine)
		}
		if err := l.fill(); err != nil {
			return nil, err
		}
	}
}

func (l *lines) hand(n, newline int) []byte {
	line := l.buf[l.start : l.start+n]
	l.start += n + newline
	l.taken += int64(n + newline)
	return line
}

// fill reads once more, behind what is left in the buffer.
func (l *lines) fill() error {
	if l.end == len(l.buf) {
		if l.start == 0 {
			l.buf = append(l.buf, make([]byte, len(l.buf))...)
		}
		l.end = copy(l.buf, l.buf[l.start:l.end])
		l.start = 0
	}
	n, err := l.r.Read(l.buf[l.end:])
	l.end += n
	if err == io.EOF {
		l.done = true
		return nil
	}
	return err
}

// atEnd reports whether nothing comes behind the line handed out last, which
// is not valid afterwards.
func (l *lines) atEnd() bool {
	for l.start == l.end && !l.done {
		if l.fill() != nil {
			return false
		}
	}
	return l.start == l.end
}
