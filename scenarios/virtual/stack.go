package virtual

import (
	"fmt"
	"path"
	"reflect"
	"regexp"
	"runtime"
	"strconv"
	"strings"
)

// goroutine is one goroutine of a stack dump.
type goroutine struct {
	// state is what it does or waits for, without the marks behind it.
	state string
	// durable says that it waits for something in its bubble, or for time.
	durable bool
	// bubbled says that it lives in a bubble.
	bubbled bool
	// frames begin with the innermost.
	frames []frame
	// text is the part of the dump it was read from.
	text string
}

// frame is one call in a goroutine's stack.
type frame struct {
	function string
	file     string
	line     int
}

// String names the frame within a sentence: queue.(*Queue).push (queue.go:41).
func (f frame) String() string {
	return fmt.Sprintf("%s (%s:%d)", path.Base(f.function), path.Base(f.file), f.line)
}

var (
	goroutineLine = regexp.MustCompile(`^goroutine \d+ (?:gp=\S+ )?(?:m=\S+ )?(?:mp=\S+ )?\[(.*)\]:$`)
	fileLine      = regexp.MustCompile(`^\t(.+):(\d+)(?: \+0x[0-9a-f]+)?$`)
)

// parseStacks reads what runtime.Stack or a crash has written. It skips what
// it does not know: a dump is there for people, and may change.
func parseStacks(dump string) []goroutine {
	var all []goroutine
	for block := range strings.SplitSeq(dump, "\n\n") {
		block = strings.Trim(block, "\n")
		head, rest, _ := strings.Cut(block, "\n")
		m := goroutineLine.FindStringSubmatch(head)
		if m == nil {
			continue
		}
		state, _, _ := strings.Cut(m[1], ",")
		durable := strings.Contains(state, "(durable)")
		state, _, _ = strings.Cut(state, " (")
		all = append(all, goroutine{
			state: state, durable: durable, bubbled: strings.Contains(m[1], ", synctest bubble "),
			frames: parseFrames(rest), text: block,
		})
	}
	return all
}

func parseFrames(text string) []frame {
	var frames []frame
	function := ""
	for line := range strings.SplitSeq(text, "\n") {
		m := fileLine.FindStringSubmatch(line)
		switch {
		case m == nil:
			function = line
		case function != "" && !strings.HasPrefix(function, "created by "):
			if open := strings.LastIndexByte(function, '('); open > 0 {
				function = function[:open]
			}
			n, err := strconv.Atoi(m[2])
			if err != nil {
				n = 0
			}
			frames = append(frames, frame{function: function, file: m[1], line: n})
			function = ""
		}
	}
	return frames
}

// culprit returns the innermost frame that is not of Go itself, and the
// function of Go that it called, "" if none. ok is false where there is none.
func (g *goroutine) culprit() (f frame, called string, ok bool) {
	for _, f := range g.frames {
		if !f.standard() {
			return f, called, true
		}
		if f.function != "runtime.goexit" {
			called = f.function
		}
	}
	return frame{}, called, false
}

// where names the place of a goroutine within a sentence.
func (g *goroutine) where() string {
	f, called, ok := g.culprit()
	switch {
	case ok:
		return f.String()
	case called != "":
		return called
	}
	return "an unknown place"
}

// standard reports whether the frame is of Go itself. Where the binary was
// built with -trimpath, files are named by import path, and only Go's have no
// dot in the first element.
func (f frame) standard() bool {
	if strings.HasPrefix(f.function, "main.") {
		return false
	}
	if root := standardRoot(); root != "" {
		return strings.HasPrefix(f.file, root)
	}
	first, _, _ := strings.Cut(f.file, "/")
	return first != "" && !strings.Contains(first, ".")
}

// standardRoot is the directory that Go's own packages were built from, with
// its last slash.
func standardRoot() string {
	pc := reflect.ValueOf(runtime.GC).Pointer()
	file, _ := runtime.FuncForPC(pc).FileLine(pc)
	root, _, _ := strings.Cut(file, "runtime/mgc.go")
	return root
}
