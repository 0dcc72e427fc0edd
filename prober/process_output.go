package prober

import (
	"bytes"
	"slices"
	"strings"
	"sync"
)

const (
	// lastLines is how much of a process's output is kept to be told.
	lastLines = 20
	// maxLine is where a line is cut: a sender may print without end.
	maxLine = 16 << 10
)

// output is what a process prints, over both streams.
type output struct {
	cfg     ProcConfig
	streams []*stream
	ready   chan struct{}

	mu      sync.Mutex
	isReady bool
	lines   []string
	// words is the line with which a Go program says why it dies. It is kept
	// apart, since the stacks that follow push it out of the last lines.
	words string
}

func (o *output) init(cfg ProcConfig) {
	o.cfg, o.ready = cfg, make(chan struct{})
	if cfg.Ready == nil {
		o.isReady = true
		close(o.ready)
	}
}

func (o *output) stream(from Output) *stream {
	s := &stream{o: o, from: from}
	o.streams = append(o.streams, s)
	return s
}

// flush takes last lines without an end as lines. Nothing is written any more.
func (o *output) flush() {
	for _, s := range o.streams {
		s.end()
	}
}

func (o *output) take(from Output, line string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.cfg.Log.Info().Str("process", o.cfg.Name).Str("output", string(from)).Msg(line)
	if len(o.lines) == lastLines {
		o.lines = slices.Delete(o.lines, 0, 1)
	}
	o.lines = append(o.lines, line)
	if o.words == "" && from == Stderr && (strings.HasPrefix(line, "panic: ") || strings.HasPrefix(line, "fatal error: ")) {
		o.words = strings.TrimSuffix(line, " [recovered, repanicked]") // sync.WaitGroup.Go does that
	}
	if !o.isReady && o.cfg.Ready(from, line) {
		o.isReady = true
		close(o.ready)
	}
}

func (o *output) last() []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Clone(o.lines)
}

func (o *output) panicked() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.words
}

// story renders the last lines for the end of an error.
func (o *output) story() string {
	lines := o.last()
	if len(lines) == 0 {
		return "; it printed nothing"
	}
	return "; its last lines:\n  " + strings.Join(lines, "\n  ")
}

// stream is the io.Writer of one stream; it has one writer at a time.
type stream struct {
	o    *output
	from Output
	part []byte
	// cut says that the rest of the present line is thrown away.
	cut bool
}

// Write implements io.Writer. It never fails: a process must not die because
// nobody can read its log.
func (s *stream) Write(b []byte) (int, error) {
	n := len(b)
	for {
		line, rest, ended := bytes.Cut(b, []byte("\n"))
		s.add(line)
		if !ended {
			return n, nil
		}
		s.end()
		s.cut, b = false, rest
	}
}

func (s *stream) add(b []byte) {
	if s.cut {
		return
	}
	if room := maxLine - len(s.part); len(b) > room {
		s.part = append(s.part, b[:room]...)
		s.end()
		s.cut = true
		return
	}
	s.part = append(s.part, b...)
}

// end takes what is there as a line. Empty lines tell nothing.
func (s *stream) end() {
	if line := strings.TrimRight(string(s.part), "\r"); line != "" {
		s.o.take(s.from, line)
	}
	s.part = s.part[:0]
}
